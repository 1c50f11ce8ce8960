//! The end: every signal is tried, whatever the others did.

use std::fmt;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

/// How long a dropped [`Telemetry`](super::Telemetry) takes to shut down at most.
pub const DEFAULT_SHUTDOWN_DEADLINE: Duration = Duration::from_secs(5);

/// What went wrong at the end, and what was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShutdownError {
    /// What failed, by signal.
    pub failures: Vec<(&'static str, String)>,
    /// What was lost.
    pub lost: Lost,
}

/// How much was lost since the start, the end included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Spans that ended and that no collector took.
    pub spans: u64,
    /// Data points of metrics that could not be pushed.
    pub points: u64,
    /// Log records that no collector took.
    pub records: u64,
}

impl Lost {
    /// Whether nothing was.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { spans, points, records } = self;
        write!(f, "{spans} spans, {points} data points and {records} log records")
    }
}

impl fmt::Display for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "telemetry shut down with losses: {} were not delivered", self.lost)?;
        for (signal, failure) in &self.failures {
            write!(f, "; {signal}: {failure}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ShutdownError {}

/// A signal's last steps.
pub(super) struct Last {
    pub(super) signal: &'static str,
    pub(super) shutdown: Box<dyn FnOnce(Duration) -> OTelSdkResult + Send>,
}

/// Runs every signal's last steps side by side, each on a thread of its own: some of them wait without
/// a deadline, or on the thread that calls them. Those that are not done by the deadline are left.
pub(super) fn all(signals: Vec<Last>, deadline: Duration) -> Vec<(&'static str, String)> {
    let until = Instant::now() + deadline;
    let mut failures = Vec::new();
    let mut waiting = Vec::new();
    for Last { signal, shutdown } in signals {
        let (done, result) = mpsc::channel();
        let thread = std::thread::Builder::new().name(format!("telecine-last-{signal}"));
        match thread.spawn(move || {
            // Nobody listens any more once the deadline has passed.
            let _ = done.send(shutdown(deadline));
        }) {
            Ok(_) => waiting.push((signal, result)),
            Err(error) => failures.push((signal, format!("no thread could be started: {error}"))),
        }
    }
    for (signal, result) in waiting {
        match result.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Ok(()) | Err(OTelSdkError::AlreadyShutdown)) => {}
            Ok(Err(error)) => failures.push((signal, error.to_string())),
            Err(mpsc::RecvTimeoutError::Timeout) => failures.push((signal, format!("not done within {deadline:?}"))),
            Err(mpsc::RecvTimeoutError::Disconnected) => failures.push((signal, "it panicked".to_owned())),
        }
    }
    failures
}
