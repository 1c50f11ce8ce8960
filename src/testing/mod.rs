//! For tests of a program's own instrumentation: telemetry of its own for each test, whose exits lie in memory.
//!
//! ```
//! use telecine::testing::{Bench, assert_metric};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bench = Bench::new()?;
//! bench.in_scope(|| bench.work().job("clip").id("a1b2").start().success());
//!
//! assert_metric!(bench, "media.job.created" { "media.job.type" = "clip" } == 1);
//! assert_metric!(bench, "media.job.duration" { "media.outcome" = "success" } == 1); // one value
//! assert_metric!(bench, "media.job.duration" { "media.outcome" = "failure" } == 0);
//! assert_eq!(bench.span("job")?.attribute("job_id").as_deref(), Some("a1b2"));
//! # Ok(()) }
//! ```
//!
//! Nothing is global, so tests run side by side, and nothing is read from the process environment. A
//! [`Bench`] dereferences to [`Telemetry`]: hand `bench.media()` and `bench.work()` to the code under test.
//!
//! What is measured is seen as soon as it was measured, and a span as soon as it has ended: nothing waits
//! for an interval.

mod metrics;
mod spans;

#[cfg(test)]
mod tests;

use std::io;
use std::ops::Deref;
use std::sync::{Arc, Mutex, Once, PoisonError};

use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;

pub use crate::assert_metric;
pub use metrics::{Metrics, Selection, Series, Value};
pub use spans::{NoSuchSpan, Span};

use crate::logs::{Format, Writer};
use crate::pull::{self, Exporter, Options, Reader};
use crate::telemetry::{Builder, Environment, Error, Telemetry};

/// Telemetry of one test.
#[derive(Debug)]
pub struct Bench {
    telemetry: Telemetry,
    dispatch: Dispatch,
    reader: Reader,
    exporter: Exporter,
    spans: spans::Kept,
    lines: Lines,
}

/// What was logged, line by line.
type Lines = Arc<Mutex<Vec<String>>>;

/// Nothing leaves the process.
const ENVIRONMENT: [(&str, &str); 3] =
    [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")];

/// Of the tests of one process, the first one does what is for all.
static LISTEN: Once = Once::new();

/// A callsite that is seen for the first time while another test sets its subscriber may miss that one; it
/// does not where somebody listens everywhere.
fn listen_everywhere() {
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    // Tests make and drop subscribers side by side, and `tracing` may drop the last handle to one while it holds
    // the lock under which a callsite is registered. In it is a tracer provider, which says that it is dropped:
    // by a callsite that must have been registered before, or that thread waits for itself.
    let provider = SdkTracerProvider::builder().build();
    let _ = provider.shutdown();
}

impl Bench {
    /// Telemetry with telecine's own catalogue.
    ///
    /// # Errors
    /// As [`with`](Self::with).
    pub fn new() -> Result<Self, Error> {
        Self::with(|builder| builder)
    }

    /// Telemetry as the program sets it up: with its catalogue, its classifiers, its job types. What it says
    /// of exits, the environment and log lines is replaced.
    ///
    /// # Errors
    /// What [`Builder::build`] reports: a catalogue with faults, for one.
    pub fn with(set_up: impl FnOnce(Builder) -> Builder) -> Result<Self, Error> {
        LISTEN.call_once(listen_everywhere);
        let (reader, spans, lines) = (Reader::new(), spans::Kept::default(), Lines::default());
        let telemetry = set_up(Telemetry::builder())
            .environment(Environment::from_iter(ENVIRONMENT))
            .reader(reader.clone())
            .span_processor(spans.clone())
            .log_format(Format::Json)
            .log_writer(keep(&lines))
            .build()?;
        let dispatch = telemetry.dispatch()?;
        let exporter = Exporter::new(reader.clone(), telemetry.exemplars().clone(), Options::default());
        Ok(Self { telemetry, dispatch, reader, exporter, spans, lines })
    }

    /// Runs a function whose spans and events are kept.
    pub fn in_scope<T>(&self, f: impl FnOnce() -> T) -> T {
        tracing::dispatcher::with_default(&self.dispatch, f)
    }

    /// Runs a future whose spans and events are kept. What it spawns is not part of it, unless it is run by
    /// this too.
    pub async fn run<F: Future>(&self, future: F) -> F::Output {
        future.with_subscriber(self.dispatch.clone()).await
    }

    /// What was measured so far.
    pub fn metrics(&self) -> Metrics {
        let mut collected = ResourceMetrics::default();
        // It fails after a shutdown, when there is nothing to be read any more.
        let _ = self.reader.collect(&mut collected);
        Metrics::of(&collected)
    }

    /// The scrape of this moment, as OpenMetrics with exemplars.
    ///
    /// # Errors
    /// [`pull::Error`] after a shutdown.
    pub fn scrape(&self) -> Result<String, pull::Error> {
        let text = self.exporter.scrape(pull::Format::OPENMETRICS)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// The spans that have ended, in that order.
    pub fn spans(&self) -> Vec<Span> {
        self.spans.all()
    }

    /// The only span of this name that has ended.
    ///
    /// # Errors
    /// [`NoSuchSpan`] if there is none, or more than one; it names those that there are.
    pub fn span(&self, name: &str) -> Result<Span, NoSuchSpan> {
        self.spans.one(name)
    }

    /// The log lines so far, as JSON ([`logs`](crate::logs) has their fields).
    pub fn log_lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Deref for Bench {
    type Target = Telemetry;

    fn deref(&self) -> &Telemetry {
        &self.telemetry
    }
}

fn keep(lines: &Lines) -> Writer {
    let lines = Arc::clone(lines);
    Writer::new(move |line| {
        let line = String::from_utf8_lossy(line).trim_end().to_owned();
        lines.lock().map_err(|_| io::Error::other("a test panicked meanwhile"))?.push(line);
        Ok(())
    })
}

/// Asserts what a metric says: the sum of its series whose labels include those that are given, or of a
/// histogram the number of their values. A metric without such a series says 0.
///
/// ```
/// # use telecine::testing::{Bench, assert_metric};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bench = Bench::new()?;
/// drop(bench.work().job("clip").create());
/// assert_metric!(bench, "media.job.created" == 1);
/// assert_metric!(bench, "media.job.created" { "media.job.type" = "clip" } > 0);
/// # Ok(()) }
/// ```
///
/// # Panics
/// If it does not hold. The message has every series of the metric, or the names of those there are.
#[macro_export]
macro_rules! assert_metric {
    ($bench:expr, $name:literal { $($key:literal = $value:expr),+ $(,)? } $relation:tt $wanted:expr $(,)?) => {
        $crate::assert_metric!(@ $bench, $name, [$(($key, $value)),+], $relation, $wanted)
    };
    ($bench:expr, $name:literal $relation:tt $wanted:expr $(,)?) => {
        $crate::assert_metric!(@ $bench, $name, [], $relation, $wanted)
    };
    (@ $bench:expr, $name:literal, $labels:expr, $relation:tt, $wanted:expr) => {{
        let metrics = $bench.metrics();
        let found = metrics.select($name, &$labels);
        let (number, wanted) = (found.number(), f64::from($wanted));
        let holds = number $relation wanted;
        if !holds {
            let (relation, there_is) = (::std::stringify!($relation), metrics.of_name($name));
            ::std::panic!("{found} is {number}, not {relation} {wanted}; there is\n{there_is}");
        }
    }};
}
