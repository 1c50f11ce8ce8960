//! Which renditions to make of a video.

use super::probe::{Media, Video};

/// One output of a ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    /// Its name, for people and labels: `720p`. `source` is one of a source that is smaller than every
    /// step.
    pub name: String,
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Bits per second of video.
    pub bitrate: u64,
}

/// A step of a ladder: its name, its longer and its shorter side, bits per second.
struct Step(&'static str, u32, u32, u64);

const STEPS: [Step; 3] =
    [Step("360p", 640, 360, 800_000), Step("720p", 1280, 720, 2_800_000), Step("1080p", 1920, 1080, 5_000_000)];

/// The renditions of a source: 360p, 720p and 1080p as far as it is large enough, none larger than it.
///
/// A step is a frame of 16:9, upright for a portrait source, that the picture is fitted into with its
/// proportions kept. A source that fills no step gets one rendition of its own size, named `source`.
/// Empty where there is no video.
#[must_use]
pub fn ladder(media: &Media) -> Vec<Rendition> {
    let Some(video) = &media.video else { return Vec::new() };
    let (long, short) = (video.width.max(video.height), video.width.min(video.height));
    let steps: Vec<_> = STEPS
        .iter()
        .filter(|Step(_, width, height, _)| long >= *width || short >= *height)
        .map(|Step(name, width, height, bitrate)| Rendition::fit(*name, video, (*width, *height), *bitrate))
        .collect();
    if steps.is_empty() {
        return vec![Rendition::fit("source", video, (long, short), STEPS[0].3)];
    }
    steps
}

impl Rendition {
    /// Fits a video into a frame of these longer and shorter sides: never larger than it is.
    #[must_use]
    pub fn fit(name: impl Into<String>, video: &Video, (long, short): (u32, u32), bitrate: u64) -> Self {
        let (width, height) = if video.is_portrait() { (short, long) } else { (long, short) };
        let scale = (f64::from(width) / f64::from(video.width.max(1)))
            .min(f64::from(height) / f64::from(video.height.max(1)))
            .min(1.0);
        let even = |side: u32| ((f64::from(side) * scale / 2.0 + 1e-6).floor() as u32 * 2).max(2);
        Self { name: name.into(), width: even(video.width), height: even(video.height), bitrate }
    }
}
