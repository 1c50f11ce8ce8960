//! Look at a media file: ffprobe.

mod parse;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::Options;
use super::command::file;
use super::failure::{Failure, Messages};
use super::process::Child;
use crate::operation::ErrorType;

/// How much ffprobe may write. A file of a thousand streams stays below.
const LONGEST_OUTPUT: u64 = 8 * 1024 * 1024;

/// What is in a media file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Media {
    /// The file.
    pub path: PathBuf,
    /// ffmpeg's name for its format; several where it cannot tell them apart: `mov,mp4,m4a,3gp,3g2,mj2`.
    pub format: String,
    /// How long it plays. Unknown for pictures and for files without an index.
    pub duration: Option<Duration>,
    /// Its size, in bytes.
    pub size: u64,
    /// Bits per second, of everything.
    pub bit_rate: Option<u64>,
    /// The first video stream that is no cover picture.
    pub video: Option<Video>,
    /// The first audio stream.
    pub audio: Option<Audio>,
    /// How many streams there are, of any kind.
    pub streams: usize,
}

/// A video stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Video {
    /// Its number in the file.
    pub index: usize,
    /// Its codec: `h264`, `hevc`.
    pub codec: String,
    /// Width as it is to be shown, in pixels: rotated, with square pixels.
    pub width: u32,
    /// Height as it is to be shown, in pixels.
    pub height: u32,
    /// Width and height as they are stored.
    pub stored: (u32, u32),
    /// How far the picture is to be turned clockwise before it is shown, in degrees: 0, 90, 180 or 270.
    pub rotation: u32,
    /// Frames per second, on average.
    pub frame_rate: Option<f64>,
    /// The lowest frame rate that all timestamps fit.
    pub base_frame_rate: Option<f64>,
    /// Pixel format: `yuv420p`, `yuv420p10le`.
    pub pixel_format: Option<String>,
    /// Transfer characteristics: `bt709`, `smpte2084` (HDR10), `arib-std-b67` (HLG).
    pub color_transfer: Option<String>,
    /// Colour primaries: `bt709`, `bt2020`.
    pub color_primaries: Option<String>,
}

/// An audio stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Audio {
    /// Its number in the file.
    pub index: usize,
    /// Its codec: `aac`, `opus`.
    pub codec: String,
    /// How many channels.
    pub channels: u32,
    /// Samples per second.
    pub sample_rate: Option<u32>,
}

impl Media {
    /// A tenth of its duration: a time for a thumbnail.
    #[must_use]
    pub fn tenth(&self) -> Duration {
        self.duration.unwrap_or_default() / 10
    }

    /// The video.
    ///
    /// # Errors
    /// `error.type` is `input_invalid` where there is none, or only a still picture.
    pub fn require_video(&self) -> Result<&Video, Failure> {
        let failed = |reason| invalid(&self.path, reason);
        if self.format.ends_with("_pipe") || self.format == "image2" || self.format == "tty" {
            return Err(failed("no video: it is a picture or a text"));
        }
        self.video.as_ref().ok_or_else(|| failed("no video: it has none that is not a cover picture"))
    }
}

impl Video {
    /// Whether it is taller than wide.
    #[must_use]
    pub fn is_portrait(&self) -> bool {
        self.height > self.width
    }

    /// Whether its brightness goes beyond what SDR can show: PQ or HLG.
    #[must_use]
    pub fn is_hdr(&self) -> bool {
        matches!(self.color_transfer.as_deref(), Some("smpte2084" | "arib-std-b67"))
    }

    /// Whether its frame rate varies, as far as that shows without reading it all: the average is more
    /// than one percent below the rate that all timestamps fit.
    #[must_use]
    pub fn is_variable_frame_rate(&self) -> bool {
        match (self.frame_rate, self.base_frame_rate) {
            (Some(average), Some(base)) => average < base * 0.99,
            _ => false,
        }
    }
}

/// Looks at a file.
///
/// The file is opened as a file whatever its name looks like, and cannot make ffprobe open the network.
///
/// # Errors
/// `error.type` is `input_missing` where the file is not there; `input_invalid` where it is a directory,
/// empty, no media, or has neither video nor audio; `permission`; `timeout` after
/// [`Options::probe_within`].
pub async fn probe(path: impl AsRef<Path>, options: &Options) -> Result<Media, Failure> {
    let path = path.as_ref();
    check(path)?;
    let output = ask(path, options).await?;
    parse::parse(path, &output)
}

/// What can be said without ffprobe is said better without it.
fn check(path: &Path) -> Result<(), Failure> {
    let failed = |reason, error_type| Failure::Input { input: path.display().to_string(), reason, error_type };
    match path.metadata() {
        Ok(found) if found.is_dir() => Err(invalid(path, "is a directory")),
        Ok(found) if found.is_file() && found.len() == 0 => Err(invalid(path, "is empty")),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err(failed("permission denied", ErrorType::Permission))
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(failed("no such file", ErrorType::InputMissing))
        }
        Err(_) => Err(invalid(path, "its name leads to no file")),
    }
}

async fn ask(path: &Path, options: &Options) -> Result<Vec<u8>, Failure> {
    let input = path.display().to_string();
    let argument = file(path);
    let mut command = process::Command::new(&options.ffprobe);
    command
        .args(["-hide_banner", "-loglevel", "repeat+level+error", "-protocol_whitelist", "file,crypto,data"])
        .args(["-of", "json", "-show_format", "-show_streams"])
        .arg(&argument)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let start = |source| Failure::Start { program: options.ffprobe.clone(), source };
    let (mut child, streams) = Child::spawn(&mut command, options.stop_within).map_err(start)?;
    let asked = async {
        let mut output = Vec::new();
        let mut messages = Messages::new(vec![argument.to_string_lossy().into_owned()]);
        let stdout = async {
            let Some(stdout) = streams.stdout else { return Ok(()) };
            let stdout = tokio::process::ChildStdout::from_std(stdout)?;
            // Past the limit the pipe is closed, which ends ffprobe.
            stdout.take(LONGEST_OUTPUT).read_to_end(&mut output).await.map(drop)
        };
        let stderr = async {
            let Some(stderr) = streams.stderr else { return Ok(()) };
            let mut stderr = tokio::process::ChildStderr::from_std(stderr)?;
            let mut buffer = [0; 4096];
            loop {
                match stderr.read(&mut buffer).await? {
                    0 => return io::Result::Ok(()),
                    length => messages.feed(&buffer[..length]),
                }
            }
        };
        let (stdout, stderr) = tokio::join!(stdout, stderr);
        let status = child.exit().await;
        messages.finish();
        let read = |source| Failure::Read { program: "ffprobe", input: input.clone(), source };
        stdout.and(stderr).map_err(read)?;
        let status = status.map_err(read)?;
        if status.success() { Ok(output) } else { Err(Failure::ended("ffprobe", &input, status, messages)) }
    };
    // Dropped when the time is over, the child is ended.
    tokio::time::timeout(options.probe_within, asked).await.unwrap_or_else(|_| {
        Err(Failure::Timeout { program: "ffprobe", input: input.clone(), limit: options.probe_within })
    })
}

fn invalid(path: &Path, reason: &'static str) -> Failure {
    Failure::Input { input: path.display().to_string(), reason, error_type: ErrorType::InputInvalid }
}
