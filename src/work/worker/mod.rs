//! Those who do the jobs: what they do now, and whether they are still there.

#[cfg(feature = "telemetry")]
mod entry;
#[cfg(feature = "telemetry")]
mod registry;
#[cfg(not(feature = "telemetry"))]
#[path = "off.rs"]
mod registry;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(super) use registry::Registry;

use super::Job;
use super::job::Attempt;
use crate::operation::{Guard, Outcome};

/// The workers that a program knows. A clone is the same registry; a [`Work`](super::Work) has one.
///
/// A coordinator hears of workers on other machines, by name:
///
/// ```
/// use std::time::Duration;
/// use telecine::operation::Outcome;
/// use telecine::work::Heartbeat;
/// # let work = telecine::work::Work::new(
/// #     &telecine::operation::Instruments::noop(),
/// #     &telecine::media::Media::new(&telecine::operation::Instruments::noop()),
/// # );
///
/// let workers = work.workers();
/// workers.lost_after(Duration::from_secs(90)).gone_after(Duration::from_secs(600));
/// // A request says that one lives, and how it does.
/// workers.hear("encoder-7", &Heartbeat::new().running(1).capacity(2).load("gpu", 0.8));
/// // Another one says that a job is done.
/// workers.done("encoder-7", Outcome::Success);
/// // It says goodbye.
/// workers.leave("encoder-7");
/// ```
///
/// A program that is a worker itself joins, and is there until it drops what it was given:
/// [`Work::worker`](super::Work::worker).
///
/// Ages are told from memory when they are collected. A worker whose heartbeats stay away is `lost`; one that is
/// not heard of for longer is gone, and its series with it. What places its name took among the label's values
/// is free two minutes later, when slower exits have noticed too. Workers whose names find no place are counted
/// together as `other`; they get a place of their own when one becomes free.
#[derive(Clone)]
pub struct Workers {
    registry: Arc<Registry>,
}

/// What a worker says of itself with a sign of life. What it does not say stays as it was.
///
/// ```
/// use telecine::work::Heartbeat;
///
/// let heartbeat = Heartbeat::new().running(3).capacity(4).load("cpu", 0.9).load("memory", 0.4);
/// # let _ = heartbeat;
/// ```
#[must_use = "it says nothing until it is heard"]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heartbeat {
    running: Option<u64>,
    capacity: Option<u64>,
    load: Vec<(String, f64)>,
}

/// A worker of this process. A clone is the same worker; it leaves when the last one is dropped.
///
/// ```
/// # use telecine::operation::ErrorType;
/// # let work = telecine::work::Work::new(
/// #     &telecine::operation::Instruments::noop(),
/// #     &telecine::media::Media::new(&telecine::operation::Instruments::noop()),
/// # );
/// let worker = work.worker("encoder-7");
/// worker.capacity(2);
///
/// // Where the process looks after itself, in a background task:
/// worker.heartbeat();
/// worker.load("gpu", 0.8);
///
/// // The worker is busy until the attempt ends, and its outcome is counted as the worker's.
/// let job = work.job("transcode").create();
/// worker.attempt(&job).success();
/// ```
///
/// One that never gave a heartbeat is not expected to, and is never `lost`.
#[must_use = "the worker leaves when this is dropped"]
#[derive(Clone)]
pub struct Worker {
    held: Arc<Held>,
}

/// A worker's name in the registry, held.
struct Held {
    registry: Arc<Registry>,
    name: String,
}

/// An attempt that a worker makes: it is busy until this is dropped.
pub(super) struct Doing {
    held: Arc<Held>,
}

/// A worker is lost after three heartbeats, one of which comes every 30 s as a rule, stayed away.
pub const DEFAULT_LOST_AFTER: Duration = Duration::from_secs(90);

/// A worker is gone when it was not heard of for ten minutes.
pub const DEFAULT_GONE_AFTER: Duration = Duration::from_secs(600);

/// How many workers a registry knows at most. Of others it counts the heartbeats, and nothing else.
pub const MAX_WORKERS: usize = 10_000;

impl Workers {
    pub(super) fn new(registry: &Arc<Registry>) -> Self {
        Self { registry: Arc::clone(registry) }
    }

    /// How long a heartbeat may stay away before the worker is lost; [`DEFAULT_LOST_AFTER`] if not said.
    pub fn lost_after(&self, after: Duration) -> &Self {
        self.registry.set_lost_after(after);
        self
    }

    /// How long a worker of another process may not be heard of before it is gone;
    /// [`DEFAULT_GONE_AFTER`] if not said.
    pub fn gone_after(&self, after: Duration) -> &Self {
        self.registry.set_gone_after(after);
        self
    }

    /// A worker gave a sign of life, and said no more. One that is not known yet is from now on.
    pub fn heartbeat(&self, name: impl AsRef<str>) {
        self.hear(name, &Heartbeat::new());
    }

    /// A worker gave a sign of life and said how it does. One that is not known yet is from now on.
    pub fn hear(&self, name: impl AsRef<str>, heartbeat: &Heartbeat) {
        self.registry.hear(name.as_ref(), heartbeat);
    }

    /// A worker is done with a job. That is a sign of life too, if not a heartbeat.
    pub fn done(&self, name: impl AsRef<str>, outcome: Outcome) {
        self.registry.done(name.as_ref(), outcome);
    }

    /// A worker says goodbye: it is gone at once.
    pub fn leave(&self, name: impl AsRef<str>) {
        self.registry.leave(name.as_ref());
    }

    pub(super) fn join(&self, name: &str) -> Worker {
        self.registry.hold(name);
        Worker { held: Arc::new(Held { registry: Arc::clone(&self.registry), name: name.to_owned() }) }
    }
}

impl Heartbeat {
    /// Of a worker that says no more than that it lives.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many jobs it runs now; 0 is idle.
    pub fn running(mut self, jobs: u64) -> Self {
        self.running = Some(jobs);
        self
    }

    /// How many jobs it can run at once.
    pub fn capacity(mut self, jobs: u64) -> Self {
        self.capacity = Some(jobs);
        self
    }

    /// The demand on a resource over what there is of it: 1 is full, and it may be more. A value that is no
    /// number is left out.
    pub fn load(mut self, resource: impl Into<String>, load: f64) -> Self {
        self.load.push((resource.into(), load));
        self
    }
}

impl Worker {
    /// The worker's name.
    pub fn name(&self) -> &str {
        &self.held.name
    }

    /// A sign of life.
    pub fn heartbeat(&self) {
        self.held.registry.hear(&self.held.name, &Heartbeat::new());
    }

    /// How many jobs it can run at once.
    pub fn capacity(&self, jobs: u64) {
        self.held.registry.tell(&self.held.name, &Heartbeat::new().capacity(jobs));
    }

    /// The demand on a resource over what there is of it: 1 is full, and it may be more. A value that is no
    /// number is left out.
    pub fn load(&self, resource: impl Into<String>, load: f64) {
        self.held.registry.tell(&self.held.name, &Heartbeat::new().load(resource, load));
    }

    /// Starts the next attempt at a job, as [`Job::attempt`] does, on behalf of this worker. It is busy until
    /// the attempt ends, and the outcome is counted as its own.
    pub fn attempt(&self, job: &Job) -> Guard<Attempt> {
        job.attempt_by(Some(Doing::new(&self.held)))
    }
}

impl Doing {
    fn new(held: &Arc<Held>) -> Self {
        held.registry.begin(&held.name);
        Self { held: Arc::clone(held) }
    }

    pub(super) fn done(self, outcome: Outcome) {
        self.held.registry.done(&self.held.name, outcome);
    }
}

impl Drop for Doing {
    fn drop(&mut self) {
        self.held.registry.end(&self.held.name);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.registry.let_go(&self.name);
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Workers")
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Worker").field(&self.held.name).finish()
    }
}

impl fmt::Debug for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Doing").field(&self.held.name).finish()
    }
}
