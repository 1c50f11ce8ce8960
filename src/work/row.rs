//! What travels with a job that another process goes on with.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::operation::{ErrorType, Parent};

/// When the job was accepted, as Unix time in seconds.
const CREATED: &str = "job-created";
/// When its first attempt started, likewise.
const STARTED: &str = "job-started";
/// How many attempts were started.
const ATTEMPTS: &str = "job-attempts";
/// The `traceparent` of the first attempt.
const FIRST: &str = "job-first-attempt";
/// Why the latest attempt failed.
const FAILED: &str = "job-error";

/// What is known of a job that was created elsewhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Carried {
    /// Whoever asked for the job.
    pub(super) parent: Parent,
    pub(super) accepted: Option<Since>,
    pub(super) started: Option<Since>,
    pub(super) attempts: u32,
    /// The trace of the first attempt.
    pub(super) first: Parent,
    pub(super) failed: Option<ErrorType>,
}

/// A point in time that another process may have seen: its clock says how long ago that was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since {
    known: Instant,
    before: Duration,
}

impl Carried {
    /// Anything that cannot be read is not known.
    pub(super) fn read(row: &HashMap<String, String>) -> Self {
        let text = |key| row.get(key).map(String::as_str);
        Self {
            parent: Parent::extract(row),
            accepted: text(CREATED).and_then(Since::parse),
            started: text(STARTED).and_then(Since::parse),
            attempts: text(ATTEMPTS).and_then(|attempts| attempts.parse().ok()).unwrap_or(0),
            first: text(FIRST).map(Parent::from_traceparent).unwrap_or_default(),
            failed: text(FAILED).and_then(ErrorType::parse),
        }
    }

    /// Writes all of it; what is not known is not left from before either.
    pub(super) fn write(&self, row: &mut HashMap<String, String>) {
        let Self { parent, accepted, started, attempts, first, failed } = self;
        parent.inject(row);
        let mut write = |key: &str, value: Option<String>| match value {
            Some(value) => row.insert(key.to_owned(), value),
            None => row.remove(key),
        };
        write(CREATED, accepted.map(Since::to_unix));
        write(STARTED, started.map(Since::to_unix));
        write(ATTEMPTS, (*attempts > 0).then(|| attempts.to_string()));
        write(FIRST, first.traceparent());
        write(FAILED, failed.map(|failed| failed.as_str().to_owned()));
    }
}

impl Since {
    pub(super) fn now() -> Self {
        Self::ago(Duration::ZERO)
    }

    pub(super) fn ago(before: Duration) -> Self {
        Self { known: Instant::now(), before }
    }

    /// By the clock of the day, which two machines read differently: what lies ahead is now.
    pub(super) fn at(time: SystemTime) -> Self {
        Self::ago(SystemTime::now().duration_since(time).unwrap_or_default())
    }

    pub(super) fn elapsed(self) -> Duration {
        self.before.saturating_add(self.known.elapsed())
    }

    fn parse(said: &str) -> Option<Self> {
        let since_epoch = Duration::try_from_secs_f64(said.parse().ok()?).ok()?;
        UNIX_EPOCH.checked_add(since_epoch).map(Self::at)
    }

    fn to_unix(self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        format!("{:.6}", now.saturating_sub(self.elapsed()).as_secs_f64())
    }
}
