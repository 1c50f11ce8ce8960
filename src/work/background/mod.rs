//! Supervised tasks that run again and again.
//!
//! This module does work, beside measuring it: with the feature `background` a task runs also in a program
//! that was built without telemetry. A program that switches telemetry off by a feature of its own keeps
//! `background` on for itself:
//!
//! ```toml
//! [dependencies]
//! telecine = { version = "0.1", default-features = false, features = ["background"] }
//!
//! [features]
//! telemetry = ["telecine/default"]
//! ```

mod backoff;
mod measure;
mod schedule;
mod supervise;

use std::fmt;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use backoff::Backoff;
pub(super) use measure::Metrics;
use schedule::Schedule;
use supervise::Supervised;

use super::Work;
use crate::operation::AsError;

/// A task that is about to be started. [`Work::background`] makes it.
///
/// ```
/// use std::time::Duration;
/// use telecine::work::Backoff;
/// # async fn reconcile() -> std::io::Result<()> { Ok(()) }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let work = telecine::work::Work::new(
/// #     &telecine::operation::Instruments::noop(),
/// #     &telecine::media::Media::new(&telecine::operation::Instruments::noop()),
/// # );
///
/// let task = work
///     .background("reconcile")
///     .every(Duration::from_secs(6 * 3600))
///     .jitter(Duration::from_secs(60))
///     .timeout(Duration::from_secs(1800))
///     .retry(Backoff { retries: 3, first: Duration::from_secs(10), ..Backoff::default() })
///     .run(|| async { reconcile().await })?;
///
/// // At the program's end: the run that is under way is waited for.
/// task.stop().await;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing runs before `run`"]
#[derive(Clone, Debug)]
pub struct BackgroundBuilder {
    work: Work,
    task: String,
    schedule: Schedule,
    timeout: Option<Duration>,
    backoff: Option<Backoff>,
}

/// A task that runs in the background. It is aborted when this is dropped; [`stop`](Self::stop) ends it
/// between two runs.
#[must_use = "the task is aborted when this is dropped"]
pub struct Background {
    task: String,
    /// Nothing where there is nothing to run.
    running: Option<Running>,
}

struct Running {
    stop: Option<oneshot::Sender<()>>,
    handle: JoinHandle<()>,
}

/// Why a background task cannot run.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackgroundError {
    /// It was not said how often it runs, or without any pause.
    #[error("background task `{task}`: no interval was given; `every` takes one that is longer than 0")]
    NoInterval {
        /// The task.
        task: String,
    },
    /// It was started outside of a tokio runtime.
    #[error("background task `{task}`: there is no tokio runtime here to run it on")]
    NoRuntime {
        /// The task.
        task: String,
    },
}

impl BackgroundBuilder {
    pub(super) fn new(work: &Work, task: &str) -> Self {
        Self { work: work.clone(), task: task.to_owned(), schedule: Schedule::default(), timeout: None, backoff: None }
    }

    /// How often it runs: from the start of one run to the start of the next. A run that takes longer is not
    /// overtaken: the starts that it misses are skipped.
    pub fn every(mut self, interval: Duration) -> Self {
        self.schedule.every = interval;
        self
    }

    /// How long after its time a run may start: a random time up to this, so that many processes do not all do
    /// the same at once. None, unless said; the interval is the most.
    pub fn jitter(mut self, jitter: Duration) -> Self {
        self.schedule.jitter = jitter;
        self
    }

    /// How long after the start of the task the first run is; at once, unless said.
    pub fn first_after(mut self, delay: Duration) -> Self {
        self.schedule.first_after = delay;
        self
    }

    /// How long a run may take. One that takes longer is dropped, and has failed with `error.type=timeout`. Without
    /// a timeout, a run that hangs is the last.
    ///
    /// A function that blocks its thread cannot be stopped: let it do so in `spawn_blocking`.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Whether and when a run that failed is tried again; only at its next time, unless said.
    pub fn retry(mut self, backoff: Backoff) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// Starts the task on the current tokio runtime: `function` is called for each run. Two runs never overlap.
    ///
    /// A run that returns an error, runs out of time or panics is counted in `media.background.errors`, and the
    /// task goes on. With the feature `telemetry` it is logged as a warning, too. Each run is a trace of its own.
    ///
    /// # Errors
    /// Where no interval was given, or there is no tokio runtime.
    pub fn run<F, Fut, T, E, Kind>(self, function: F) -> Result<Background, BackgroundError>
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: 'static,
        E: AsError<Kind> + 'static,
        Kind: 'static,
    {
        let runtime = self.check()?;
        let Self { work, task, schedule, timeout, backoff } = self;
        let (stop, stopped) = oneshot::channel();
        let supervised = Supervised::new(&work, &task, schedule, timeout, backoff);
        let handle = runtime.spawn(supervised.run(function, stopped));
        Ok(Background { task, running: Some(Running { stop: Some(stop), handle }) })
    }

    /// What [`run`](Self::run) refuses is refused.
    fn check(&self) -> Result<Handle, BackgroundError> {
        if self.schedule.every.is_zero() {
            return Err(BackgroundError::NoInterval { task: self.task.clone() });
        }
        Handle::try_current().map_err(|_| BackgroundError::NoRuntime { task: self.task.clone() })
    }

    /// A task that has nothing to do.
    #[cfg(not(feature = "telemetry"))]
    pub(super) fn idle(self) -> Result<Background, BackgroundError> {
        self.check()?;
        Ok(Background { task: self.task, running: None })
    }

    /// A run takes no longer than the interval, unless more was allowed.
    #[cfg(feature = "telemetry")]
    pub(super) fn timeout_by_default(mut self) -> Self {
        self.timeout.get_or_insert(self.schedule.every);
        self
    }
}

impl Background {
    /// The task's name.
    pub fn name(&self) -> &str {
        &self.task
    }

    /// Ends the task: no run starts any more, and the one that is under way is waited for. Where what is given
    /// back is dropped before its end, by a timeout of one's own, that run is cancelled.
    pub async fn stop(mut self) {
        if let Some(running) = &mut self.running {
            drop(running.stop.take());
            // What fails in a run ends there: this is a runtime that shuts down.
            let _ = (&mut running.handle).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Background").field(&self.task).finish()
    }
}
