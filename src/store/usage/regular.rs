//! Scans again and again, by one process among those that share a store.

use super::{super::Error, Lease, Source, Usage};
use crate::work::{Background, BackgroundError, Backoff, Work};
use std::time::Duration;
use tokio::{runtime::Handle, sync::oneshot, task::JoinHandle, time};

/// How often a store is scanned unless [`Reconciliation::every`] says otherwise: each 6 hours.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(6 * 3600);

/// A scan that failed is tried again: the store may have been away for a moment.
const BACKOFF: Backoff = Backoff { retries: 3, first: Duration::from_secs(60), max: Duration::from_secs(900) };

/// Scans of a store, at once and then at an interval: a background task, with that one's measurements
/// (`media.background.*`: duration, last success, errors).
///
/// Where several processes share a store, give each a [`Lease`]: the one that has it scans and shows the usage; in the
/// others nothing is shown, neither usage nor limits, and nothing is remembered. When it ends, or cannot keep the
/// lease, another takes over with a scan of its own. What the others write is found by the next scan; where that is
/// too late, tell it to the one by [`Usage::added`].
///
/// ```
/// use std::time::Duration;
/// use telecine::store::{Lease, Reconciliation, Source, Usage};
///
/// # let instruments = telecine::operation::Instruments::noop();
/// # let work = telecine::work::Work::new(&instruments, &telecine::media::Media::new(&instruments));
/// # let folder = tempfile::tempdir().unwrap();
/// # let videos = folder.path();
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let usage = Usage::builder("videos").build(&instruments);
/// let reconciler = Reconciliation::new(&usage, Source::directory(videos).timeout(Duration::from_secs(300)))
///     .every(Duration::from_secs(3600))
///     .lease(Lease::file(videos.join("usage.lock")))
///     .start(&work)?;
/// // At the program's end: another process may take over at once.
/// reconciler.stop().await;
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[must_use = "nothing is scanned before `start`"]
#[derive(Debug)]
pub struct Reconciliation {
    usage: Usage,
    source: Source,
    every: Duration,
    task: String,
    lease: Option<Lease>,
}

/// Scans that go on until this is dropped.
#[must_use = "the scans end when this is dropped"]
#[derive(Debug)]
pub struct Reconciler(Scans);

#[derive(Debug)]
enum Scans {
    Alone(Background),
    AmongOthers(Keeper),
}

/// The task that keeps the lease. Dropped, it is aborted.
#[derive(Debug)]
struct Keeper {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// Shown until dropped.
struct Shown<'a>(&'a Usage);

impl Reconciliation {
    /// Scans of what `source` gives, for this tracker.
    pub fn new(usage: &Usage, source: Source) -> Self {
        let task = format!("reconcile_{}", usage.store);
        Self { usage: usage.clone(), source, every: DEFAULT_INTERVAL, task, lease: None }
    }

    /// How often; [`DEFAULT_INTERVAL`] by default. How long each may take is the [`Source`]'s.
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// The name of the background task; `reconcile_` and the store's name by default.
    pub fn task(mut self, name: impl Into<String>) -> Self {
        self.task = name.into();
        self
    }

    /// What the processes that share the store agree by; by default, this is the only one. A lease that lies in what is
    /// scanned is no part of it.
    pub fn lease(mut self, lease: Lease) -> Self {
        self.lease = Some(lease);
        self
    }

    /// Starts on the current tokio runtime.
    ///
    /// # Errors
    /// Where the interval is 0, or there is no tokio runtime.
    pub fn start(mut self, work: &Work) -> Result<Reconciler, BackgroundError> {
        let Some(lease) = self.lease.take() else { return Ok(Reconciler(Scans::Alone(self.scans(work)?))) };
        if self.every.is_zero() {
            return Err(BackgroundError::NoInterval { task: self.task });
        }
        if Handle::try_current().is_err() {
            return Err(BackgroundError::NoRuntime { task: self.task });
        }
        self.usage.hide();
        if let Some(key) = lease.key(self.source.root()) {
            // A second one for the same tracker has the same.
            let _ = self.usage.shared.lease.set(key);
        }
        let (stop, stopped) = oneshot::channel();
        let work = work.clone();
        let task = tokio::spawn(async move { self.among_others(&work, &lease, stopped).await });
        Ok(Reconciler(Scans::AmongOthers(Keeper { stop: Some(stop), task })))
    }

    fn scans(&self, work: &Work) -> Result<Background, BackgroundError> {
        let (usage, source) = (self.usage.clone(), self.source.clone());
        work.background(&self.task).every(self.every).retry(BACKOFF).run(move || {
            let (usage, source) = (usage.clone(), source.clone());
            async move { usage.reconcile(&source).await }
        })
    }

    async fn among_others(&self, work: &Work, lease: &Lease, stopped: oneshot::Receiver<()>) {
        tokio::select! {
            _ = stopped => {}
            () = self.take_turns(work, lease) => {}
        }
        // Hidden by now.
        if let Err(error) = lease.release().await {
            say(&error);
        }
    }

    async fn take_turns(&self, work: &Work, lease: &Lease) {
        loop {
            until_held(lease).await;
            let shown = Shown::new(&self.usage);
            // That they can be started was seen to before.
            let scans = self.scans(work);
            until_lost(lease).await;
            drop(scans);
            drop(shown);
        }
    }
}

async fn until_held(lease: &Lease) {
    loop {
        match lease.take().await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => say(&error),
        }
        time::sleep(lease.pause()).await;
    }
}

async fn until_lost(lease: &Lease) {
    while let Some(left) = lease.left() {
        time::sleep(lease.pause().min(left)).await;
        let Some(left) = lease.left() else { return };
        // One that is not answered in time is lost.
        if let Ok(Err(error)) = time::timeout(left, lease.take()).await {
            say(&error);
        }
    }
}

#[cfg(feature = "telemetry")]
fn say(error: &Error) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::warn!(target: "telecine", error, "the lease of a store's usage is tried again");
}

#[cfg(not(feature = "telemetry"))]
fn say(_: &Error) {}

impl Reconciler {
    /// Ends the scans. One that runs changes nothing any more. A lease is given back, so that another process may take
    /// it at once.
    pub async fn stop(self) {
        match self.0 {
            Scans::Alone(scans) => drop(scans),
            Scans::AmongOthers(mut keeper) => {
                drop(keeper.stop.take());
                // It ends early only where the runtime does.
                let _ = (&mut keeper.task).await;
            }
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<'a> Shown<'a> {
    fn new(usage: &'a Usage) -> Self {
        usage.show();
        Self(usage)
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.hide();
    }
}
