//! The end: every signal is tried, whatever the others did.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::counted::Handed;
use super::exits::Exits;
use crate::logs;

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

/// How much was lost since the start, the end included. What goes to several collectors counts for each that did not take
/// it.
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

/// What is to be ended, once.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) tracers: SdkTracerProvider,
    pub(super) loggers: SdkLoggerProvider,
    pub(super) meters: SdkMeterProvider,
    pub(super) exits: Exits,
    /// What was handed over to be pushed, by exporter.
    pub(super) spans: Vec<Handed>,
    pub(super) records: Vec<Handed>,
    pub(super) log_guards: Mutex<Vec<logs::Guard>>,
    pub(super) result: OnceLock<Result<(), ShutdownError>>,
}

/// A signal's name and what went wrong with it.
type Failure = (&'static str, String);

/// A signal's name and its last steps.
type Last = (&'static str, Box<dyn FnOnce(Duration) -> OTelSdkResult + Send>);

/// The longest that is waited at all: a deadline past it would overflow the clock.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What the end of the exits may take past the deadline, so that what took too long does not leave the
/// rest running.
const GRACE: Duration = Duration::from_millis(100);

/// The longest that the SDK's periodic reader waits for its last export, whatever it is told.
const READER_LIMIT: Duration = Duration::from_secs(5);

impl Ending {
    /// Ends everything, or waits until another call has. Blocks.
    pub(super) fn run(&self, deadline: Duration) -> Result<(), ShutdownError> {
        self.result
            .get_or_init(|| {
                let failures = self.end(deadline.min(LONGEST));
                let totals = |handed: &[Handed]| handed.iter().map(Handed::total).collect::<Vec<_>>();
                let lost = self.exits.lost(&totals(&self.spans), &totals(&self.records));
                match failures.is_empty() && lost.is_none() {
                    true => Ok(()),
                    false => Err(ShutdownError { failures, lost }),
                }
            })
            .clone()
    }

    fn end(&self, deadline: Duration) -> Vec<Failure> {
        let start = Instant::now();
        let until = start + deadline;
        let left = || until.saturating_duration_since(Instant::now()).max(GRACE);
        // Exports end a little before the providers give up waiting for them: at the same moment, a
        // provider would often report a timeout of an export that has just ended.
        self.exits.finish_by(start + deadline.mul_f64(0.9));
        let (tracers, loggers, meters) = (self.tracers.clone(), self.loggers.clone(), self.meters.clone());
        let mut failures = all(
            vec![
                ("traces", Box::new(move |deadline| tracers.shutdown_with_timeout(deadline))),
                ("metrics", Box::new(move |deadline| end_meters(&meters, deadline))),
                ("logs", Box::new(move |deadline| loggers.shutdown_with_timeout(deadline))),
            ],
            deadline,
            until,
        );
        failures.extend(self.exits.stop_push(left()).map(|failure| ("push", failure)));
        failures.extend(self.exits.stop_pull(left()).map(|failure| ("pull", failure)));
        for guard in self.log_guards.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            failures.extend(guard.flush(left()).err().map(|error| ("log file", error.to_string())));
        }
        failures
    }
}

fn end_meters(meters: &SdkMeterProvider, deadline: Duration) -> OTelSdkResult {
    let flushed = if deadline > READER_LIMIT { meters.force_flush() } else { Ok(()) };
    meters.shutdown_with_timeout(deadline).and(flushed)
}

/// Runs every signal's last steps side by side, each on a thread of its own: some of them wait without
/// a deadline, or on the thread that calls them. Those that are not done in time are left.
fn all(signals: Vec<Last>, deadline: Duration, until: Instant) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut waiting = Vec::new();
    for (signal, shutdown) in signals {
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
