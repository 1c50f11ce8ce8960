//! Reads what ffprobe writes.

use std::io;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::{Audio, Media, Video, invalid};
use crate::ffmpeg::failure::Failure;

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Default, Deserialize)]
struct Format {
    #[serde(default)]
    format_name: String,
    duration: Option<String>,
    bit_rate: Option<String>,
}

#[derive(Deserialize)]
struct Stream {
    index: usize,
    #[serde(default)]
    codec_type: String,
    #[serde(default)]
    codec_name: String,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
    sample_aspect_ratio: Option<String>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    pix_fmt: Option<String>,
    color_transfer: Option<String>,
    color_primaries: Option<String>,
    #[serde(default)]
    channels: u32,
    sample_rate: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Default, Deserialize)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
}

#[derive(Default, Deserialize)]
struct Tags {
    rotate: Option<String>,
}

#[derive(Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

pub(super) fn parse(path: &Path, output: &[u8]) -> Result<Media, Failure> {
    let report: Report = serde_json::from_slice(output).map_err(|error| Failure::Read {
        program: "ffprobe",
        input: path.display().to_string(),
        source: io::Error::from(error),
    })?;
    let streams = &report.streams;
    let video = streams.iter().find(|stream| stream.codec_type == "video" && stream.disposition.attached_pic == 0);
    let audio = streams.iter().find(|stream| stream.codec_type == "audio");
    if video.is_none() && audio.is_none() {
        return Err(invalid(path, "has neither video nor audio"));
    }
    Ok(Media {
        path: path.to_owned(),
        format: report.format.format_name,
        duration: report.format.duration.as_deref().and_then(seconds),
        size: path.metadata().map_or(0, |found| found.len()),
        bit_rate: report.format.bit_rate.and_then(|rate| rate.parse().ok()),
        video: video.map(Stream::video),
        audio: audio.map(Stream::audio),
        streams: streams.len(),
    })
}

impl Stream {
    fn video(&self) -> Video {
        let rotation = self.rotation();
        // Pixels that are not square are stretched sideways, as ffmpeg's players do.
        let aspect = self.sample_aspect_ratio.as_deref().and_then(|text| ratio(text, ':')).unwrap_or(1.0);
        let width = (f64::from(self.width) * aspect).round() as u32;
        let (width, height) = if rotation % 180 == 0 { (width, self.height) } else { (self.height, width) };
        Video {
            index: self.index,
            codec: self.codec_name.clone(),
            width,
            height,
            stored: (self.width, self.height),
            rotation,
            frame_rate: self.avg_frame_rate.as_deref().and_then(|text| ratio(text, '/')),
            base_frame_rate: self.r_frame_rate.as_deref().and_then(|text| ratio(text, '/')),
            pixel_format: self.pix_fmt.clone(),
            color_transfer: self.color_transfer.clone(),
            color_primaries: self.color_primaries.clone(),
        }
    }

    fn audio(&self) -> Audio {
        Audio {
            index: self.index,
            codec: self.codec_name.clone(),
            channels: self.channels,
            sample_rate: self.sample_rate.as_deref().and_then(|rate| rate.parse().ok()),
        }
    }

    /// The display matrix counts counter-clockwise, the tag that older versions have clockwise.
    fn rotation(&self) -> u32 {
        let matrix = self.side_data_list.iter().find_map(|data| data.rotation).map(|degrees| -degrees);
        let tag = || self.tags.rotate.as_deref()?.parse().ok();
        let degrees: f64 = matrix.or_else(tag).filter(|degrees: &f64| degrees.is_finite()).unwrap_or(0.0);
        ((degrees / 90.0).round().rem_euclid(4.0) as u32) * 90
    }
}

/// A quotient of two positive numbers.
fn ratio(text: &str, sign: char) -> Option<f64> {
    let (over, under) = text.split_once(sign)?;
    let quotient = over.parse::<f64>().ok()? / under.parse::<f64>().ok()?;
    (quotient.is_finite() && quotient > 0.0).then_some(quotient)
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}
