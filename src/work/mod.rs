//! Jobs, the queues in which they wait, the workers who do them, and the tasks in the background.
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
//!
//! Around a job are
//!
//! - the [`Queue`] in which it waits: how many do, and for how long the oldest has;
//! - its way from one process to another: [`Job::hand_over`] writes its trace and its course so far into a map of
//!   strings that the program stores with it, and [`JobBuilder::received`] reads them;
//! - the [`Worker`] that does it, and the [`Workers`] that a coordinator hears of;
//! - what goes on beside the jobs: `Work::background` runs a task again and again, with the feature `background`.

#[cfg(feature = "background")]
pub mod background;
mod clock;
pub mod job;
mod place;
pub mod queue;
mod row;
pub mod worker;

use std::sync::Arc;

use crate::media::Media;
use crate::operation::Instruments;

#[cfg(feature = "background")]
pub use background::{Background, BackgroundBuilder, BackgroundError, Backoff};
pub use clock::Clock;
pub use job::{Attempt, Job, JobBuilder, Steps};
pub use queue::{Depth, Queue, Waiting};
pub use worker::{Heartbeat, Worker, Workers};

/// Makes jobs, and what is around them. A clone is the same.
#[derive(Clone, Debug)]
pub struct Work {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    instruments: Instruments,
    media: Media,
    job: job::Metrics,
    queues: Arc<queue::Queues>,
    workers: Arc<worker::Registry>,
    #[cfg(feature = "background")]
    background: background::Metrics,
}

impl Work {
    /// Jobs that are measured by these instruments, and whose steps are those of `media`.
    pub fn new(instruments: &Instruments, media: &Media) -> Self {
        Self::by(instruments, media, &Clock::default())
    }

    fn by(instruments: &Instruments, media: &Media, clock: &Clock) -> Self {
        Self {
            shared: Arc::new(Shared {
                instruments: instruments.clone(),
                media: media.clone(),
                job: job::Metrics::new(instruments),
                queues: Arc::new(queue::Queues::new(instruments, clock)),
                workers: Arc::new(worker::Registry::new(instruments, clock)),
                #[cfg(feature = "background")]
                background: background::Metrics::new(instruments),
            }),
        }
    }

    /// The same, with queues and workers of its own, of which this clock tells the ages; for tests.
    #[must_use]
    pub fn with_clock(&self, clock: Clock) -> Self {
        Self::by(&self.shared.instruments, &self.shared.media, &clock)
    }

    /// A job of a type that the program names: `transcode`, `clip`.
    pub fn job(&self, job_type: impl AsRef<str>) -> JobBuilder {
        JobBuilder::new(self, job_type.as_ref())
    }

    /// The queue of that name.
    pub fn queue(&self, name: impl AsRef<str>) -> Queue {
        Queue::new(&self.shared.queues, name.as_ref())
    }

    /// The workers that are known.
    pub fn workers(&self) -> Workers {
        Workers::new(&self.shared.workers)
    }

    /// A worker of this process: it joins the [workers](Self::workers).
    pub fn worker(&self, name: impl AsRef<str>) -> Worker {
        self.workers().join(name.as_ref())
    }

    /// A task that runs again and again, by a name that the program gives: `reconcile`. Two of one name share
    /// their series.
    #[cfg(feature = "background")]
    pub fn background(&self, task: impl AsRef<str>) -> BackgroundBuilder {
        BackgroundBuilder::new(self, task.as_ref())
    }

    /// Publishes the counters of these job types as zeros, so that the first job of each is seen by
    /// `increase()`.
    pub fn declare<S: AsRef<str>>(&self, job_types: impl IntoIterator<Item = S>) {
        for job_type in job_types {
            self.shared.job.declare(&self.shared.instruments, job_type.as_ref());
        }
    }
}
