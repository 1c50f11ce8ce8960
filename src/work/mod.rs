//! Measuring jobs, and those who do them.
//!
//! [`Work`] makes jobs. A job is accepted, waits, and is attempted once or several times:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # let work = telecine::work::Work::new(
//! #     &telecine::operation::Instruments::noop(),
//! #     &telecine::media::Media::new(&telecine::operation::Instruments::noop()),
//! # );
//! let job = work.job("transcode").id("a1b2").max_attempts(2).create();
//! // The job waits in your queue; then a worker takes it.
//! loop {
//!     let result = job.attempt().run(async { Ok::<_, std::io::Error>(()) }).await;
//!     if job.is_over() {
//!         break result?;
//!     }
//! }
//! # Ok(()) })
//! # }
//! ```

pub mod job;
mod place;

use std::sync::Arc;

use crate::media::Media;
use crate::operation::Instruments;

pub use job::{Attempt, Job, JobBuilder, Steps};

/// Makes jobs. A clone is the same.
#[derive(Clone, Debug)]
pub struct Work {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    instruments: Instruments,
    media: Media,
    job: job::Metrics,
}

impl Work {
    /// Jobs that are measured by these instruments, and whose steps are those of `media`.
    pub fn new(instruments: &Instruments, media: &Media) -> Self {
        Self {
            shared: Arc::new(Shared {
                instruments: instruments.clone(),
                media: media.clone(),
                job: job::Metrics::new(instruments),
            }),
        }
    }

    /// A job of a type that the program names: `transcode`, `clip`.
    pub fn job(&self, job_type: impl AsRef<str>) -> JobBuilder {
        JobBuilder::new(self, job_type.as_ref())
    }

    /// Publishes the counters of these job types as zeros, so that the first job of each is seen by
    /// `increase()`.
    pub fn declare<S: AsRef<str>>(&self, job_types: impl IntoIterator<Item = S>) {
        for job_type in job_types {
            self.shared.job.declare(&self.shared.instruments, job_type.as_ref());
        }
    }
}
