//! Ready-made commands: a rendition, an HLS package, a thumbnail.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Command, Piece, Target};
use crate::ffmpeg::encoder::Encoder;
use crate::ffmpeg::probe::{Media, Video};
use crate::ffmpeg::rendition::Rendition;

/// Seconds between key frames, so that segments of every rendition begin at the same times.
const KEY_FRAMES: &str = "expr:gte(t,n_forced*2)";
/// Seconds of a segment.
const SEGMENT: &str = "6";

/// How video is encoded, whichever encoder does it.
#[derive(Debug)]
pub(super) struct Encode {
    filters: Vec<String>,
    bitrate: u64,
}

impl Encode {
    pub(super) fn arguments(&self, encoder: &Encoder) -> Vec<OsString> {
        let mut filters = self.filters.clone();
        filters.push(encoder.upload().to_owned());
        let mut arguments = vec!["-vf".into(), filters.join(",").into()];
        arguments.extend(encoder.options(self.bitrate));
        arguments
    }
}

impl Command {
    /// Makes one rendition, an MP4 that can be played while it is loaded: H.264 (or what
    /// [`encoder`](Self::encoder) says), AAC where there is sound, key frames every two seconds, the
    /// picture upright with square pixels. HDR is mapped to SDR (BT.709), which every player shows; that
    /// needs an ffmpeg with zimg.
    pub fn rendition(media: &Media, rendition: &Rendition, output: impl Into<PathBuf>) -> Self {
        let mut filters = scale(media.video.as_ref(), rendition.width, rendition.height);
        filters.push("setsar=1".to_owned());
        let mut command = Self::new(&media.path).map_streams(media);
        command.push_piece(Piece::Encode(Encode { filters, bitrate: rendition.bitrate }));
        command = command.encoder(Encoder::new("libx264")).args(["-force_key_frames", KEY_FRAMES]);
        if media.audio.is_some() {
            command = command.args(["-c:a", "aac", "-b:a", "128k", "-ac", "2"]);
        }
        command
            .args(["-movflags", "+faststart", "-f", "mp4"])
            .video_size(rendition.width, rendition.height)
            .output(output)
    }

    /// Encodes the video with this encoder, of a command from [`rendition`](Self::rendition). Where it is
    /// a hardware encoder that cannot be opened, the one for the same codec in software is used, and the
    /// recorder is told.
    pub fn encoder(mut self, encoder: Encoder) -> Self {
        self.encoder = Some(encoder);
        self
    }

    /// Encodes as it comes, at no particular rate, and falls back to nothing.
    pub(crate) fn encode_plainly(mut self, encoder: Encoder) -> Self {
        self.push_piece(Piece::Encode(Encode { filters: Vec::new(), bitrate: 500_000 }));
        self.encoder(encoder).no_fallback()
    }

    /// Packages a file as HLS, without encoding: `index.m3u8` and MPEG-TS segments of about six seconds
    /// in `directory`. The directory appears when it is whole, and replaces one that is there.
    pub fn hls(input: impl AsRef<Path>, directory: impl Into<PathBuf>) -> Self {
        // ffmpeg runs in the directory: it takes a percent sign in a path for the place of a number.
        let input = std::path::absolute(&input).unwrap_or_else(|_| input.as_ref().to_owned());
        let mut command = Self::new(input)
            .args(["-map", "0:v:0?", "-map", "0:a:0?", "-c", "copy", "-f", "hls", "-hls_time", SEGMENT])
            .args(["-hls_playlist_type", "vod", "-hls_segment_filename", "segment_%05d.ts", "index.m3u8"]);
        command.targets.push(Target::Directory(directory.into()));
        command
    }

    /// Takes one picture at a time of the video, scaled to fit `width` pixels; the format is chosen by
    /// the extension of `output` (`.jpg`, `.png`). A tenth of the duration is a good time where the
    /// first picture is often black: [`Media::tenth`].
    pub fn thumbnail(media: &Media, at: Duration, width: u32, output: impl Into<PathBuf>) -> Self {
        let video = media.video.as_ref();
        let rendition = video.map(|video| Rendition::fit("thumbnail", video, (width, width), 0));
        let (width, height) = rendition.map_or((width, width), |rendition| (rendition.width, rendition.height));
        let mut filters = scale(video, width, height);
        filters.push("setsar=1".to_owned());
        Self::new(&media.path)
            .input_args(["-ss", &format!("{:.6}", at.as_secs_f64())])
            .map_streams(media)
            .args(["-vf", &filters.join(","), "-an", "-frames:v", "1", "-q:v", "3", "-f", "image2", "-update", "1"])
            .video_size(width, height)
            .ignore_dropped()
            .output(output)
    }

    /// The video that the probe chose, which is no cover picture, and the first sound if there is any.
    fn map_streams(self, media: &Media) -> Self {
        let video = media.video.as_ref().map_or_else(|| "0:v:0".to_owned(), |video| format!("0:{}", video.index));
        self.args(["-map", &video, "-map", "0:a:0?", "-sn", "-dn"])
    }
}

/// Filters that scale a video, and make SDR of HDR.
fn scale(video: Option<&Video>, width: u32, height: u32) -> Vec<String> {
    let mut filters = vec![format!("scale={width}:{height}")];
    if let Some(video) = video.filter(|video| video.is_hdr()) {
        let transfer = video.color_transfer.as_deref().unwrap_or("smpte2084");
        filters.push(format!("zscale=tin={transfer}:pin=bt2020:min=bt2020nc:t=linear:npl=100"));
        filters.push("format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv".to_owned());
    }
    filters
}
