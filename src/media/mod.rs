//! Measuring media work, whoever does it: a step, a transcode, a package, an upload, a
//! transcription, a conversion, a playback.
//!
//! [`Media`] makes the operations; [`operation`](crate::operation) says how one is run. telecine's own
//! [`ffmpeg`](crate::ffmpeg) feeds them, and so does a program's own code:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # let media = telecine::media::Media::new(&telecine::operation::Instruments::noop());
//! let transcode = media.transcode("720p").codec("h264").start();
//! let progress = transcode.recorder();
//! transcode
//!     .run(async {
//!         // Your own encoder runs here.
//!         progress.frames(250);
//!         progress.media_time(std::time::Duration::from_secs(10));
//!         Ok::<_, std::io::Error>(())
//!     })
//!     .await?;
//! # Ok(()) })
//! # }
//! ```

pub mod conversion;
pub mod diarization;
pub mod model;
pub mod package;
pub mod playback;
pub mod sessions;
pub mod stage;
pub mod transcode;
pub mod transcription;
pub mod upload;

use std::sync::Arc;

use crate::operation::Instruments;

pub use conversion::Conversion;
pub use diarization::Diarization;
pub use model::ModelLoad;
pub use package::Package;
pub use playback::Playback;
pub use sessions::Sessions;
pub use stage::{Stage, Step};
pub use transcode::Transcode;
pub use transcription::Transcription;
pub use upload::{FileType, RetryReason, Upload};

/// Makes media operations. A clone is the same.
#[derive(Clone, Debug)]
pub struct Media {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    instruments: Instruments,
    conversion: conversion::Metrics,
    diarization: diarization::Metrics,
    model: model::Metrics,
    package: package::Metrics,
    playback: playback::Metrics,
    stage: stage::Metrics,
    transcode: transcode::Metrics,
    transcription: transcription::Metrics,
    upload: upload::Metrics,
}

impl Media {
    /// Operations that are measured by these instruments.
    pub fn new(instruments: &Instruments) -> Self {
        Self {
            shared: Arc::new(Shared {
                conversion: conversion::Metrics::new(instruments),
                diarization: diarization::Metrics::new(instruments),
                model: model::Metrics::new(instruments),
                package: package::Metrics::new(instruments),
                playback: playback::Metrics::new(instruments),
                stage: stage::Metrics::new(instruments),
                transcode: transcode::Metrics::new(instruments),
                transcription: transcription::Metrics::new(instruments),
                upload: upload::Metrics::new(instruments),
                instruments: instruments.clone(),
            }),
        }
    }

    /// A step of a job.
    pub fn stage(&self, stage: Stage) -> Step {
        Step::new(&self.shared.instruments, &self.shared.stage, stage)
    }

    /// A transcode of one rendition, by its name on the ladder: `720p`.
    pub fn transcode(&self, rendition: impl AsRef<str>) -> Transcode {
        Transcode::new(&self.shared.instruments, &self.shared.transcode, rendition.as_ref())
    }

    /// Packaging into a form: `hls`, `dash`, `cmaf` or `mp4`.
    pub fn package(&self, format: impl AsRef<str>) -> Package {
        Package::new(&self.shared.instruments, &self.shared.package, format.as_ref())
    }

    /// An upload of one object.
    pub fn upload(&self, file_type: FileType) -> Upload {
        Upload::new(&self.shared.instruments, &self.shared.upload, file_type)
    }

    /// A transcription by a model: `small.en`, `en-us`.
    pub fn transcription(&self, model: impl AsRef<str>) -> Transcription {
        Transcription::new(&self.shared.instruments, &self.shared.transcription, model.as_ref())
    }

    /// Telling the speakers of one media apart, by a model.
    pub fn diarization(&self, model: impl AsRef<str>) -> Diarization {
        Diarization::new(&self.shared.instruments, &self.shared.diarization, model.as_ref())
    }

    /// Loading a model.
    pub fn model_load(&self, model: impl AsRef<str>) -> ModelLoad {
        ModelLoad::new(&self.shared.instruments, &self.shared.model, model.as_ref())
    }

    /// The conversion of one episode of a data set, by the data set's name.
    pub fn conversion(&self, dataset: impl AsRef<str>) -> Conversion {
        Conversion::new(&self.shared.instruments, &self.shared.conversion, dataset.as_ref())
    }

    /// A player that is about to play one media.
    pub fn playback(&self) -> Playback {
        Playback::new(&self.shared.instruments, &self.shared.playback)
    }

    /// Sessions of players that are heard of by requests, none yet.
    pub fn sessions(&self) -> Sessions {
        Sessions::new()
    }
}
