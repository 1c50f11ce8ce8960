//! Parse anyone's `-progress` stream.
//!
//! ffmpeg writes a block of `key=value` lines about every half second, and a last one that says
//! `progress=end`. [`Parser`] turns bytes into [`Progress`] blocks, [`Tracker`] turns blocks into
//! increments, and [`Reader`] does both and feeds a recorder.
//!
//! # With your own ffmpeg call
//! Give ffmpeg a `-progress` target that nothing else writes to, and read it to its end:
//!
//! ```
//! use std::process::Stdio;
//! use telecine::ffmpeg::progress::Reader;
//!
//! # async fn example(recorder: telecine::media::transcode::Recorder) -> std::io::Result<()> {
//! let mut ffmpeg = tokio::process::Command::new("ffmpeg")
//!     .args(["-nostdin", "-nostats", "-loglevel", "error", "-progress", "pipe:1"])
//!     .args(["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2"])
//!     .args(["-f", "null", "-"])
//!     .stdout(Stdio::piped())
//!     .kill_on_drop(true)
//!     .spawn()?;
//! if let Some(progress) = ffmpeg.stdout.take() {
//!     let done = Reader::new(recorder).video_size(320, 180).read(progress).await?;
//!     assert_eq!(done.frames, 50);
//! }
//! assert!(ffmpeg.wait().await?.success());
//! # Ok(())
//! # }
//! # let media = telecine::media::Media::new(&telecine::operation::Instruments::noop());
//! # let recorder = media.transcode("180p").start().recorder();
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example(recorder)).unwrap();
//! ```
//!
//! # What the figures are worth
//! `fps`, `bitrate` and `speed` are averages since the start. `total_size` is the first output's, and
//! missing for HLS. `drop_frames` of a one-frame output counts every frame that it did not want. With
//! several outputs `frame` is the first video stream's. Count frames and media time; take bytes from
//! the files.

mod parser;
mod reader;
mod tracker;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use parser::Parser;
pub(crate) use reader::Counter;
pub use reader::{Reader, read};
pub use tracker::{Increment, Tracker};

/// One block of a `-progress` stream. What ffmpeg did not say, or said was `N/A`, is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Frames encoded since the start, of the first video stream.
    pub frame: Option<u64>,
    /// Frames per second, an average since the start.
    pub fps: Option<f64>,
    /// Frames repeated since the start.
    pub dup_frames: Option<u64>,
    /// Frames left out since the start.
    pub drop_frames: Option<u64>,
    /// Where the output is, in microseconds of media time. Negative at the start of a stream whose
    /// encoder has delay.
    pub out_time_us: Option<i64>,
    /// Size of the first output, in bytes.
    pub total_size: Option<u64>,
    /// Times real time, an average since the start.
    pub speed: Option<f64>,
    /// Bits per second, an average since the start.
    pub bitrate: Option<f64>,
    /// The last block of the stream.
    pub end: bool,
}

impl Progress {
    /// Where the output is, in media time: zero before the start.
    #[must_use]
    pub fn out_time(&self) -> Option<Duration> {
        self.out_time_us.map(|us| Duration::from_micros(us.max(0).unsigned_abs()))
    }
}
