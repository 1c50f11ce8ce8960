use std::borrow::Cow;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::metrics::{
    AsyncInstrument, AsyncInstrumentBuilder, Callback, Counter, Gauge, Histogram, HistogramBuilder, InstrumentBuilder,
    InstrumentProvider, Meter, ObservableCounter, ObservableGauge, ObservableUpDownCounter, UpDownCounter,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::metrics::{InstrumentKind, SdkMeterProvider};

use super::Exemplars;
use super::instrument::kept;
use crate::views::{Aggregation, KeyFilter, default_boundaries};

/// A meter provider whose synchronous instruments keep exemplars.
///
/// Observable instruments are the SDK's own: their callbacks run at collection, in no one's span. One
/// that panics takes no other along.
#[derive(Clone, Debug)]
pub struct MeterProvider {
    inner: SdkMeterProvider,
    exemplars: Exemplars,
}

/// The instruments of one scope. Each method of the trait is here, since those that are left out
/// would make instruments that record nothing.
struct Instruments {
    inner: Meter,
    scope: InstrumentationScope,
    exemplars: Exemplars,
}

impl MeterProvider {
    pub(super) fn new(inner: SdkMeterProvider, exemplars: Exemplars) -> Self {
        Self { inner, exemplars }
    }
}

impl opentelemetry::metrics::MeterProvider for MeterProvider {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        Meter::new(Arc::new(Instruments {
            inner: self.inner.meter_with_scope(scope.clone()),
            scope,
            exemplars: self.exemplars.clone(),
        }))
    }
}

macro_rules! synchronous {
    ($method:ident, $instrument:ident, $number:ty) => {
        fn $method(&self, builder: InstrumentBuilder<'_, $instrument<$number>>) -> $instrument<$number> {
            let kind = InstrumentKind::$instrument;
            let unit = builder.unit.clone().unwrap_or_default();
            let streams = self.exemplars.resolve(&self.scope, &builder.name, kind, &unit, None);
            let mut inner = self.inner.$method(builder.name);
            inner.description = builder.description;
            inner.unit = builder.unit;
            let inner = inner.build();
            match self.exemplars.instrument(&self.scope, kind, &unit, &streams, inner.clone()) {
                Some(instrument) => $instrument::new(instrument),
                None => inner,
            }
        }
    };
}

macro_rules! observable {
    ($method:ident, $instrument:ident, $number:ty) => {
        fn $method(&self, builder: AsyncInstrumentBuilder<'_, $instrument<$number>, $number>) -> $instrument<$number> {
            let unit = builder.unit.as_deref().unwrap_or_default();
            let streams = self.exemplars.resolve(&self.scope, &builder.name, InstrumentKind::$instrument, unit, None);
            // The SDK would log an error.
            if streams.iter().all(|stream| stream.aggregation == Aggregation::Drop) {
                return $instrument::new();
            }
            let shown = streams.iter().find_map(|stream| stream.filter.clone());
            let callbacks = builder.callbacks.into_iter();
            let callbacks = callbacks.map(|callback| guarded(builder.name.clone(), filtered(&shown, callback)));
            let callbacks = callbacks.collect();
            let mut inner = self.inner.$method(builder.name);
            inner.description = builder.description;
            inner.unit = builder.unit;
            inner.callbacks = callbacks;
            inner.build()
        }
    };
}

macro_rules! histogram {
    ($method:ident, $number:ty) => {
        fn $method(&self, builder: HistogramBuilder<'_, Histogram<$number>>) -> Histogram<$number> {
            let kind = InstrumentKind::Histogram;
            let unit = builder.unit.clone().unwrap_or_default();
            let streams =
                self.exemplars.resolve(&self.scope, &builder.name, kind, &unit, builder.boundaries.as_deref());
            let mut inner = self.inner.$method(builder.name);
            inner.description = builder.description;
            inner.unit = builder.unit;
            // The SDK asks for them where no view gives any, and would give every unit those of milliseconds.
            inner.boundaries = builder.boundaries.or_else(|| Some(default_boundaries(&unit).to_vec()));
            let inner = inner.build();
            match self.exemplars.instrument(&self.scope, kind, &unit, &streams, inner.clone()) {
                Some(instrument) => Histogram::new(instrument),
                None => inner,
            }
        }
    };
}

impl InstrumentProvider for Instruments {
    synchronous!(u64_counter, Counter, u64);
    synchronous!(f64_counter, Counter, f64);
    synchronous!(i64_up_down_counter, UpDownCounter, i64);
    synchronous!(f64_up_down_counter, UpDownCounter, f64);
    synchronous!(u64_gauge, Gauge, u64);
    synchronous!(i64_gauge, Gauge, i64);
    synchronous!(f64_gauge, Gauge, f64);
    histogram!(u64_histogram, u64);
    histogram!(f64_histogram, f64);
    observable!(u64_observable_counter, ObservableCounter, u64);
    observable!(f64_observable_counter, ObservableCounter, f64);
    observable!(i64_observable_up_down_counter, ObservableUpDownCounter, i64);
    observable!(f64_observable_up_down_counter, ObservableUpDownCounter, f64);
    observable!(u64_observable_gauge, ObservableGauge, u64);
    observable!(i64_observable_gauge, ObservableGauge, i64);
    observable!(f64_observable_gauge, ObservableGauge, f64);
}

/// An observer that is shown all attributes, and shows the SDK those that a filter keeps.
struct Filtered<'a, T> {
    inner: &'a dyn AsyncInstrument<T>,
    filter: &'a KeyFilter,
}

impl<T> AsyncInstrument<T> for Filtered<'_, T> {
    fn observe(&self, measurement: T, attributes: &[KeyValue]) {
        self.inner.observe(measurement, &kept(Some(self.filter), attributes));
    }
}

/// A callback whose observer leaves attributes out, if there is a filter.
fn filtered<T: 'static>(filter: &Option<Arc<KeyFilter>>, callback: Callback<T>) -> Callback<T> {
    match filter.clone() {
        Some(filter) => Box::new(move |inner| callback(&Filtered { inner, filter: &filter })),
        None => callback,
    }
}

/// A callback whose panic ends nothing but itself. The SDK runs callbacks under a lock that the panic
/// would poison: no exit could collect any more.
fn guarded<T: 'static>(name: Cow<'static, str>, callback: Callback<T>) -> Callback<T> {
    let said = AtomicBool::new(false);
    Box::new(move |observer| {
        let called = panic::catch_unwind(AssertUnwindSafe(|| callback(observer)));
        if called.is_err() && !said.swap(true, Ordering::Relaxed) {
            tracing::error!(
                target: "telecine",
                instrument = %name,
                "a callback panicked: its instrument is not observed; this is said once",
            );
        }
    })
}
