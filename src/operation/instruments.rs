//! The catalogue's instruments at run time, and handles to their series.

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "http")]
use std::sync::LazyLock;

use opentelemetry::metrics::{self, Meter};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::{Context, KeyValue};
#[cfg(feature = "http")]
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::budget::Budgets;
use super::observe::{Observed, Observer, Sources};
use super::{Classifier, Classifiers};
use crate::catalog::{Attribute, Instrument, Kind, Number, OTHER};

/// Makes the instruments that the catalogue defines, and keeps the values of their labels in bounds.
/// A clone is the same.
#[derive(Clone)]
pub struct Instruments {
    meter: Meter,
    budgets: Arc<Budgets>,
    observed: Arc<Sources>,
    classifiers: Classifiers,
    /// What carries context between processes; W3C Trace Context where none is set.
    propagator: Option<Arc<dyn TextMapPropagator + Send + Sync>>,
}

/// The attributes of a series. Each value is one that the attribute allows, whatever was set.
#[derive(Clone, Debug)]
pub struct Labels {
    pairs: Vec<KeyValue>,
    budgets: Arc<Budgets>,
}

impl fmt::Debug for Instruments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instruments").finish_non_exhaustive()
    }
}

impl Instruments {
    /// Makes instruments by a meter of OpenTelemetry.
    pub fn new(meter: Meter) -> Self {
        Self {
            meter,
            budgets: Arc::default(),
            observed: Arc::default(),
            classifiers: Classifiers::default(),
            propagator: None,
        }
    }

    /// Instruments that record nothing.
    pub fn noop() -> Self {
        Self::new(metrics::MeterProvider::meter(&metrics::NoopMeterProvider::new(), ""))
    }

    /// Asks these classifiers why an operation failed, in this order and before telecine's own.
    #[must_use]
    pub fn with_classifiers(mut self, classifiers: impl IntoIterator<Item = Classifier>) -> Self {
        self.classifiers = classifiers.into_iter().collect();
        self
    }

    /// Carries context between processes by this, in place of W3C Trace Context: in the headers of HTTP.
    #[must_use]
    pub fn with_propagator(mut self, propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        self.propagator = Some(Arc::new(propagator));
        self
    }

    /// What carries context between processes.
    #[cfg(feature = "http")]
    pub(crate) fn propagator(&self) -> &dyn TextMapPropagator {
        static TRACE_CONTEXT: LazyLock<TraceContextPropagator> = LazyLock::new(TraceContextPropagator::new);
        match &self.propagator {
            Some(propagator) => &**propagator,
            None => &*TRACE_CONTEXT,
        }
    }

    /// The meter that makes the instruments.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Labels, none set.
    pub fn labels(&self) -> Labels {
        Labels { pairs: Vec::new(), budgets: Arc::clone(&self.budgets) }
    }

    /// How often the value of a label was refused, since it was not allowed or came past the budget,
    /// by attribute key.
    pub fn refused_labels(&self) -> Vec<(&'static str, u64)> {
        self.budgets.refused()
    }

    /// Gives the place that a value took in the budget of its attribute back, once what it stood for is
    /// gone: a worker that left.
    pub fn release_label(&self, attribute: &Attribute, value: impl AsRef<str>) {
        self.budgets.release(attribute, value.as_ref());
    }

    /// Asks for the values of a counter, an up-down counter or a gauge at each collection, until what is
    /// given back is dropped. A series that is not observed in a collection is gone from it.
    ///
    /// `values` is called by the thread that collects: it reads what is known already, and waits for
    /// nothing. Integers are given as floating point too, exact up to 2⁵³.
    pub fn observe(
        &self,
        definition: &'static Instrument,
        values: impl Fn(&mut Observer<'_>) + Send + Sync + 'static,
    ) -> Observed {
        self.observed.observe(&self.meter, definition, Arc::new(values))
    }

    /// The meter, or one that records nothing where the definition is of another kind: what it made would
    /// not be what the catalogue says.
    fn meter_for(&self, definition: &Instrument, kind: Kind, number: Number) -> Meter {
        if (definition.kind(), definition.number()) == (kind, number) {
            return self.meter.clone();
        }
        tracing::error!(
            target: "telecine",
            instrument = definition.name(),
            "a {} of {:?} is asked for a {} of {number:?}: it records nothing",
            definition.kind().as_str(),
            definition.number(),
            kind.as_str(),
        );
        Self::noop().meter
    }

    pub(crate) fn classifiers(&self) -> Classifiers {
        self.classifiers.clone()
    }

    /// A counter of things or bytes. Of a definition of another kind this, like the others here, makes an
    /// instrument that records nothing, and logs an error.
    pub fn counter(&self, definition: &'static Instrument) -> Counter {
        Counter(
            self.meter_for(definition, Kind::Counter, Number::U64)
                .u64_counter(definition.name())
                .with_unit(definition.unit())
                .with_description(definition.description())
                .build(),
        )
    }

    /// A counter of seconds.
    pub fn time_counter(&self, definition: &'static Instrument) -> TimeCounter {
        TimeCounter(
            self.meter_for(definition, Kind::Counter, Number::F64)
                .f64_counter(definition.name())
                .with_unit(definition.unit())
                .with_description(definition.description())
                .build(),
        )
    }

    /// An up-down counter.
    pub fn up_down_counter(&self, definition: &'static Instrument) -> UpDownCounter {
        UpDownCounter(
            self.meter_for(definition, Kind::UpDownCounter, Number::I64)
                .i64_up_down_counter(definition.name())
                .with_unit(definition.unit())
                .with_description(definition.description())
                .build(),
        )
    }

    /// A histogram.
    pub fn histogram(&self, definition: &'static Instrument) -> Histogram {
        Histogram(
            self.meter_for(definition, Kind::Histogram, Number::F64)
                .f64_histogram(definition.name())
                .with_unit(definition.unit())
                .with_description(definition.description())
                .build(),
        )
    }

    /// A gauge.
    pub fn gauge(&self, definition: &'static Instrument) -> Gauge {
        Gauge(
            self.meter_for(definition, Kind::Gauge, Number::F64)
                .f64_gauge(definition.name())
                .with_unit(definition.unit())
                .with_description(definition.description())
                .build(),
        )
    }
}

impl Labels {
    /// Sets a label. What the attribute does not allow becomes `other`, and is counted.
    #[must_use]
    pub fn set(mut self, attribute: &Attribute, value: impl AsRef<str>) -> Self {
        let value = self.budgets.value(attribute, value.as_ref());
        // In order of keys: the SDK keeps a second entry for attributes that come in another order.
        match self.pairs.binary_search_by(|pair| pair.key.as_str().cmp(attribute.key())) {
            Ok(at) => self.pairs[at].value = value,
            Err(at) => self.pairs.insert(at, KeyValue::new(attribute.key(), value)),
        }
        self
    }

    /// Sets a label if there is something to say.
    #[must_use]
    pub fn set_some(self, attribute: &Attribute, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.set(attribute, value),
            None => self,
        }
    }

    /// Whether one of them says `other`: what it was set to is not among the values that are told apart.
    pub(crate) fn is_other(&self) -> bool {
        self.pairs.iter().any(|pair| pair.value.as_str() == OTHER)
    }

    /// What a label says: what was set, or what stands in its place.
    #[cfg(feature = "object-store")]
    pub(crate) fn value(&self, attribute: &Attribute) -> Option<String> {
        let pair = self.pairs.iter().find(|pair| pair.key.as_str() == attribute.key())?;
        Some(pair.value.as_str().into_owned())
    }

    /// The labels as OpenTelemetry has them, ordered by key.
    pub fn as_slice(&self) -> &[KeyValue] {
        &self.pairs
    }
}

/// Publishes a zero: it is nobody's measurement, and no span's exemplar.
fn outside_of_any_span(publish: impl FnOnce()) {
    let _outside = Context::new().attach();
    publish();
}

/// A counter of things or bytes.
#[derive(Clone, Debug)]
pub struct Counter(metrics::Counter<u64>);

/// A counter of seconds.
#[derive(Clone, Debug)]
pub struct TimeCounter(metrics::Counter<f64>);

/// An up-down counter.
#[derive(Clone, Debug)]
pub struct UpDownCounter(metrics::UpDownCounter<i64>);

/// A histogram.
#[derive(Clone, Debug)]
pub struct Histogram(metrics::Histogram<f64>);

/// A gauge.
#[derive(Clone, Debug)]
pub struct Gauge(metrics::Gauge<f64>);

/// One series of a counter: adding to it is one atomic addition.
#[derive(Debug)]
pub struct BoundCounter(metrics::BoundCounter<u64>);

/// One series of a counter of seconds.
#[derive(Debug)]
pub struct BoundTimeCounter(metrics::BoundCounter<f64>);

/// One series of an up-down counter.
#[derive(Debug)]
pub struct BoundUpDownCounter(metrics::BoundUpDownCounter<i64>);

/// One series of a histogram.
#[derive(Debug)]
pub struct BoundHistogram(metrics::BoundHistogram<f64>);

/// Counts as one of an up-down counter until it is dropped.
#[must_use = "it stops to count when it is dropped"]
#[derive(Debug)]
pub struct InFlight(BoundUpDownCounter);

impl Counter {
    /// Adds to the series of these labels.
    pub fn add(&self, value: u64, labels: &Labels) {
        self.0.add(value, labels.as_slice());
    }

    /// Publishes the series of these labels as 0: a counter that is born at 1 is invisible to `increase()`.
    pub fn publish(&self, labels: &Labels) {
        drop(self.bind(labels));
    }

    /// A handle to the series of these labels, published as 0 at once.
    pub fn bind(&self, labels: &Labels) -> BoundCounter {
        let bound = BoundCounter(self.0.bind(labels.as_slice()));
        outside_of_any_span(|| bound.add(0));
        bound
    }
}

impl BoundCounter {
    /// Adds.
    #[inline]
    pub fn add(&self, value: u64) {
        self.0.add(value);
    }
}

impl TimeCounter {
    /// Adds seconds to the series of these labels.
    pub fn add(&self, seconds: f64, labels: &Labels) {
        self.0.add(seconds, labels.as_slice());
    }

    /// A handle to the series of these labels, published as 0 at once.
    pub fn bind(&self, labels: &Labels) -> BoundTimeCounter {
        let bound = BoundTimeCounter(self.0.bind(labels.as_slice()));
        outside_of_any_span(|| bound.add(0.0));
        bound
    }
}

impl BoundTimeCounter {
    /// Adds seconds.
    #[inline]
    pub fn add(&self, seconds: f64) {
        self.0.add(seconds);
    }
}

impl UpDownCounter {
    /// Adds to, or takes from, the series of these labels.
    pub fn add(&self, value: i64, labels: &Labels) {
        self.0.add(value, labels.as_slice());
    }

    /// A handle to the series of these labels, published as 0 at once.
    pub fn bind(&self, labels: &Labels) -> BoundUpDownCounter {
        let bound = BoundUpDownCounter(self.0.bind(labels.as_slice()));
        outside_of_any_span(|| bound.add(0));
        bound
    }

    /// Counts one more until the guard is dropped.
    pub fn hold(&self, labels: &Labels) -> InFlight {
        let bound = BoundUpDownCounter(self.0.bind(labels.as_slice()));
        bound.add(1);
        InFlight(bound)
    }
}

impl BoundUpDownCounter {
    /// Adds or takes.
    #[inline]
    pub fn add(&self, value: i64) {
        self.0.add(value);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

impl Histogram {
    /// Records a value in the series of these labels.
    pub fn record(&self, value: f64, labels: &Labels) {
        self.0.record(value, labels.as_slice());
    }

    /// Publishes the series of these labels as empty: a series that is born with a value is invisible to
    /// `increase()`.
    pub fn publish(&self, labels: &Labels) {
        drop(self.0.bind(labels.as_slice()));
    }

    /// A handle to the series of these labels, published as empty at once.
    pub fn bind(&self, labels: &Labels) -> BoundHistogram {
        BoundHistogram(self.0.bind(labels.as_slice()))
    }
}

impl BoundHistogram {
    /// Records a value.
    #[inline]
    pub fn record(&self, value: f64) {
        self.0.record(value);
    }
}

impl Gauge {
    /// Sets the series of these labels.
    pub fn set(&self, value: f64, labels: &Labels) {
        self.0.record(value, labels.as_slice());
    }
}
