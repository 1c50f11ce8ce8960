//! Packaging: HLS, DASH and their like.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::catalog::{attribute, package as definitions};
use crate::operation::{
    self, AsError, Counter, End, Guard, Histogram, Instruments, Labels, Measured, Outcome, Run, Span,
};

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    duration: Histogram,
    segments: Counter,
    output: Counter,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self {
            duration: instruments.histogram(&definitions::DURATION),
            segments: instruments.counter(&definitions::SEGMENTS),
            output: instruments.counter(&definitions::OUTPUT),
        }
    }
}

/// Packaging of one asset, to be run.
#[must_use = "packaging that is not started is not measured"]
#[derive(Debug)]
pub struct Package {
    instruments: Instruments,
    metrics: Metrics,
    format: String,
}

/// Packaging that runs.
#[derive(Debug)]
pub struct Active {
    metrics: Metrics,
    labels: Labels,
    written: Recorder,
}

/// What packaging wrote. A clone is the same. It counts where the packaging succeeds.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    written: Arc<Written>,
}

#[derive(Debug, Default)]
struct Written {
    segments: AtomicU64,
    bytes: AtomicU64,
}

impl Package {
    pub(super) fn new(instruments: &Instruments, metrics: &Metrics, format: &str) -> Self {
        Self { instruments: instruments.clone(), metrics: metrics.clone(), format: format.to_owned() }
    }

    /// Starts it.
    pub fn start(self) -> Guard<Active> {
        let span = operation::open!("package", "media.package.format" = self.format);
        let labels = self.instruments.labels().set(&attribute::PACKAGE_FORMAT, &self.format);
        self.metrics.segments.publish(&labels);
        self.metrics.output.publish(&labels);
        let active = Active { metrics: self.metrics, labels, written: Recorder::default() };
        Guard::new(active, span, self.instruments.classifiers())
    }

    /// Runs a future as this operation.
    pub fn run<F, T, E, Kind>(self, future: F) -> Run<Active, F, Kind>
    where
        F: Future<Output = Result<T, E>>,
        E: AsError<Kind>,
    {
        self.start().run(future)
    }
}

impl Active {
    /// What records the work while it runs.
    pub fn recorder(&self) -> Recorder {
        self.written.clone()
    }
}

impl Recorder {
    /// Segments were written.
    pub fn segments(&self, count: u64) {
        self.written.segments.fetch_add(count, Ordering::Relaxed);
    }

    /// Bytes were written, manifests included.
    pub fn output_bytes(&self, bytes: u64) {
        self.written.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Measured for Active {
    fn end(&mut self, end: &End, _: &Span) {
        self.metrics.duration.record(end.duration.as_secs_f64(), &end.label(&self.labels));
        if end.outcome == Outcome::Success {
            let written = &self.written.written;
            self.metrics.segments.add(written.segments.load(Ordering::Relaxed), &self.labels);
            self.metrics.output.add(written.bytes.load(Ordering::Relaxed), &self.labels);
        }
    }
}
