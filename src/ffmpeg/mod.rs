//! Run ffmpeg and ffprobe, read their progress, and say why they failed.
//!
//! - [`Command`] puts together what ffmpeg is to do, or takes it; [`Command::run`] does it, and feeds a
//!   [`Transcode`](crate::media::Transcode).
//! - [`progress`] parses anyone's `-progress` stream, for an ffmpeg that your own code runs.
//! - [`probe()`] looks at a file; [`ladder`] says which renditions to make of it.
//! - [`Encoder`] finds out which encoders work here.
//! - [`Failure`] says why it failed; [`classify`] says so to operations.
//!
//! ```no_run
//! use telecine::ffmpeg::{self, Command, Options};
//!
//! # async fn example(media: telecine::media::Media) -> Result<(), ffmpeg::Failure> {
//! let options = Options::default();
//! let source = ffmpeg::probe("in.mp4", &options).await?;
//! for rendition in ffmpeg::ladder(&source) {
//!     let transcode = media.transcode(&rendition.name).codec("h264").encoder("libx264").start();
//!     let command = Command::rendition(&source, &rendition, format!("{}.mp4", rendition.name))
//!         .options(&options)
//!         .record(&transcode.recorder());
//!     transcode.run(command.run()).await?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # When the program ends
//! A run that is dropped asks its ffmpeg to end, kills it after [`Options::stop_within`], reaps it and removes
//! its half-made files, on a thread that dies with the program. So let cancelled runs come to their end before
//! `main` returns, and handle SIGINT and SIGTERM: a program that is killed leaves an ffmpeg that runs on, in a
//! process group of its own, and a file named `.telecine-*` beside the output.
//!
//! ffmpeg 5.1 to 8 on Unix. Everything here is asynchronous and needs a tokio runtime with I/O and time.

pub mod command;
pub mod encoder;
pub mod failure;
mod options;
pub mod probe;
mod process;
pub mod progress;
mod rendition;
mod run;

pub use command::{Command, Output};
pub use encoder::{Encoder, Hardware};
pub use failure::{Failure, classify};
pub use options::Options;
pub use probe::{Audio, Media, Video, probe};
pub use progress::Progress;
pub use rendition::{Rendition, ladder};
pub use run::{Finished, Running, Stopper};
