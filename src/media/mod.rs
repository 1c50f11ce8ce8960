//! Measuring media work, whoever does it: a step, a transcode, a package, an upload.
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

pub mod package;
pub mod stage;
pub mod transcode;
pub mod upload;

use std::sync::Arc;

use crate::operation::Instruments;

pub use package::Package;
pub use stage::{Stage, Step};
pub use transcode::Transcode;
pub use upload::{FileType, RetryReason, Upload};

/// Makes media operations. A clone is the same.
#[derive(Clone, Debug)]
pub struct Media {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    instruments: Instruments,
    package: package::Metrics,
    stage: stage::Metrics,
    transcode: transcode::Metrics,
    upload: upload::Metrics,
}

impl Media {
    /// Operations that are measured by these instruments.
    pub fn new(instruments: &Instruments) -> Self {
        Self {
            shared: Arc::new(Shared {
                package: package::Metrics::new(instruments),
                stage: stage::Metrics::new(instruments),
                transcode: transcode::Metrics::new(instruments),
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
}
