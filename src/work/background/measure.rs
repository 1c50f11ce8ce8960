//! What is measured of a run.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::catalog::{attribute, background as definitions};
use crate::operation::{
    self, Counter, End, ErrorType, Guard, Histogram, Instruments, Labels, Measured, Observed, Outcome, Span,
};

#[derive(Clone, Debug)]
pub(in crate::work) struct Metrics {
    instruments: Instruments,
    duration: Histogram,
    errors: Counter,
}

/// One task's own series.
pub(super) struct Task {
    metrics: Metrics,
    labels: Labels,
    succeeded: Succeeded,
    _observed: Observed,
}

/// When a run last succeeded.
#[derive(Clone, Debug, Default)]
struct Succeeded(Arc<Mutex<Option<SystemTime>>>);

/// A run.
#[derive(Debug)]
pub(super) struct Active {
    metrics: Metrics,
    labels: Labels,
    succeeded: Succeeded,
}

impl Metrics {
    pub(in crate::work) fn new(instruments: &Instruments) -> Self {
        Self {
            instruments: instruments.clone(),
            duration: instruments.histogram(&definitions::DURATION),
            errors: instruments.counter(&definitions::ERRORS),
        }
    }

    pub(super) fn task(&self, task: &str) -> Task {
        let labels = self.instruments.labels().set(&attribute::TASK, task);
        for outcome in [Outcome::Success, Outcome::Failure, Outcome::Timeout] {
            self.duration.publish(&labels.clone().set(&attribute::OUTCOME, outcome.as_str()));
        }
        let succeeded = Succeeded::default();
        let (last, observed) = (succeeded.clone(), labels.clone());
        let observed = self.instruments.observe(&definitions::LAST_SUCCESS, move |observer| {
            if let Some(time) = last.get().and_then(|time| time.duration_since(UNIX_EPOCH).ok()) {
                observer.observe(time.as_secs_f64(), &observed);
            }
        });
        Task { metrics: self.clone(), labels, succeeded, _observed: observed }
    }
}

impl Task {
    pub(super) fn start(&self, name: &str) -> Guard<Active> {
        let span = operation::open!(root "background", "media.task" = name);
        #[cfg(not(feature = "telemetry"))]
        let _ = name;
        let Self { metrics, labels, succeeded, _observed } = self;
        let active = Active { metrics: metrics.clone(), labels: labels.clone(), succeeded: succeeded.clone() };
        Guard::new(active, span, metrics.instruments.classifiers())
    }
}

impl Succeeded {
    fn get(&self) -> Option<SystemTime> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(SystemTime::now());
    }
}

impl Measured for Active {
    fn end(&mut self, end: &End, _: &Span) {
        let labels = self.labels.clone().set(&attribute::OUTCOME, end.outcome.as_str());
        self.metrics.duration.record(end.duration.as_secs_f64(), &labels);
        if end.outcome == Outcome::Success {
            self.succeeded.now();
        }
        if end.outcome.is_error() {
            let error_type = end.error_type.map(ErrorType::as_str);
            self.metrics.errors.add(1, &self.labels.clone().set_some(&attribute::ERROR_TYPE, error_type));
        }
    }
}
