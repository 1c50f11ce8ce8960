use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use super::link::Outcome;

/// What became of one signal's items. Shared between its exporter and whoever reports it; all totals since the start.
#[derive(Default)]
pub struct Counts {
    sent: AtomicU64,
    refused: AtomicU64,
    lost: AtomicU64,
    retries: AtomicU64,
    exports: AtomicU64,
    consecutive_failures: AtomicU64,
    last_duration_nanos: AtomicU64,
    last: Mutex<Last>,
    watcher: OnceLock<Box<Watch>>,
}

/// Told how long an export took, and how it ended.
type Watch = dyn Fn(Duration, Ended) + Send + Sync;

/// How an export ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The server took it.
    Sent,
    /// The server refused it.
    Refused,
    /// It could not be delivered in time.
    Lost,
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counts").field(&self.stats()).finish()
    }
}

#[derive(Debug, Default)]
struct Last {
    success: Option<SystemTime>,
    error: Option<String>,
}

/// [`Counts`] at one moment. Items are spans, data points or log records.
///
/// Items that a full queue of the SDK dropped never came here and are not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Items that the server took.
    pub sent: u64,
    /// Items that the server refused: those that a partial success says were rejected, and all of a request that was
    /// answered by a status that must not be retried.
    pub refused: u64,
    /// Items that could not be delivered before the export's timeout or the end of the program.
    pub lost: u64,
    /// Attempts beyond the first of an export.
    pub retries: u64,
    /// Exports that came to an end, whatever their outcome.
    pub exports: u64,
    /// Exports that failed since the last one that succeeded.
    pub consecutive_failures: u64,
    /// How long the last export took, retries included; zero before the first.
    pub last_duration: Duration,
    /// When the last successful export ended.
    pub last_success: Option<SystemTime>,
    /// Why the last failed export failed. It stays after a success.
    pub last_error: Option<String>,
}

impl Counts {
    /// The counts at this moment.
    pub fn stats(&self) -> Stats {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        Stats {
            sent: self.sent.load(Relaxed),
            refused: self.refused.load(Relaxed),
            lost: self.lost.load(Relaxed),
            retries: self.retries.load(Relaxed),
            exports: self.exports.load(Relaxed),
            consecutive_failures: self.consecutive_failures.load(Relaxed),
            last_duration: Duration::from_nanos(self.last_duration_nanos.load(Relaxed)),
            last_success: last.success,
            last_error: last.error.clone(),
        }
    }

    /// From now on `watch` is told of each export that ends. The first that asks is heard.
    pub fn watch(&self, watch: impl Fn(Duration, Ended) + Send + Sync + 'static) {
        let _ = self.watcher.set(Box::new(watch));
    }

    pub(crate) fn retried(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(crate) fn failing(&self) -> bool {
        self.consecutive_failures.load(Relaxed) > 0
    }

    pub(crate) fn settle(&self, items: u64, took: Duration, outcome: &Outcome) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        self.exports.fetch_add(1, Relaxed);
        self.last_duration_nanos.store(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Relaxed);
        let ended = match outcome {
            Ok(accepted) => {
                let rejected = accepted.rejected.min(items);
                self.sent.fetch_add(items - rejected, Relaxed);
                self.refused.fetch_add(rejected, Relaxed);
                self.consecutive_failures.store(0, Relaxed);
                last.success = Some(SystemTime::now());
                Ended::Sent
            }
            Err(failure) => {
                let total = if failure.refused { &self.refused } else { &self.lost };
                total.fetch_add(items, Relaxed);
                self.consecutive_failures.fetch_add(1, Relaxed);
                last.error = Some(failure.cause.clone());
                if failure.refused { Ended::Refused } else { Ended::Lost }
            }
        };
        drop(last);
        if let Some(watch) = self.watcher.get() {
            watch(took, ended);
        }
    }
}
