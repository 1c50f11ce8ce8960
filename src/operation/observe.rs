//! Values that are asked for when they are collected.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use super::Labels;
use crate::catalog::{Instrument, Kind, Number};

/// Gives the values of an instrument at a collection.
pub struct Observer<'a> {
    observe: &'a mut dyn FnMut(f64, &[KeyValue]),
}

/// Values that are asked for at each collection until this is dropped. Then their series are gone. Several
/// can be collected into one.
#[must_use = "values are asked for until this is dropped"]
pub struct Observed {
    values: Vec<Arc<Values>>,
}

/// The instruments that are observed, each made once however many give values to it.
#[derive(Default)]
pub(super) struct Sources(Mutex<HashMap<&'static str, Arc<Source>>>);

type Values = dyn Fn(&mut Observer<'_>) + Send + Sync;

/// Those who give the values of one instrument. The SDK never forgets a callback: it is given one for
/// the instrument, and those who have gone are left out of it.
#[derive(Default)]
struct Source(Mutex<Vec<Weak<Values>>>);

impl Observer<'_> {
    /// The value of the series of these labels. Where two say it in one collection, the last one counts.
    pub fn observe(&mut self, value: f64, labels: &Labels) {
        (self.observe)(value, labels.as_slice());
    }
}

impl Sources {
    /// `values` is called at each collection, in no one's span, and must not wait for anything.
    pub(super) fn observe(&self, meter: &Meter, definition: &'static Instrument, values: Arc<Values>) -> Observed {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(definition.name()).cloned();
        let source = known.unwrap_or_else(|| self.make(meter, definition));
        let mut asked = source.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|values| values.strong_count() > 0);
        asked.push(Arc::downgrade(&values));
        Observed { values: vec![values] }
    }

    fn make(&self, meter: &Meter, definition: &'static Instrument) -> Arc<Source> {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = sources.get(definition.name()) {
            return Arc::clone(known);
        }
        let source = Arc::<Source>::default();
        sources.insert(definition.name(), Arc::clone(&source));
        drop(sources);
        register(meter, definition, Arc::clone(&source));
        source
    }
}

impl Source {
    fn ask(&self, mut observe: impl FnMut(f64, &[KeyValue])) {
        // Asked outside of the lock: they may come and go meanwhile.
        let asked: Vec<_> = {
            let asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            asked.iter().filter_map(Weak::upgrade).collect()
        };
        for values in asked {
            values(&mut Observer { observe: &mut observe });
        }
    }
}

macro_rules! build {
    ($meter:ident, $definition:ident, $source:ident, $method:ident, $number:ty) => {{
        $meter
            .$method($definition.name())
            .with_unit($definition.unit())
            .with_description($definition.description())
            .with_callback(move |observer| $source.ask(|value, labels| observer.observe(value as $number, labels)))
            .build();
    }};
}

fn register(meter: &Meter, definition: &'static Instrument, source: Arc<Source>) {
    match (definition.kind(), definition.number()) {
        (Kind::Counter, Number::U64) => build!(meter, definition, source, u64_observable_counter, u64),
        (Kind::Counter, _) => build!(meter, definition, source, f64_observable_counter, f64),
        (Kind::UpDownCounter, _) => build!(meter, definition, source, i64_observable_up_down_counter, i64),
        (Kind::Gauge, _) => build!(meter, definition, source, f64_observable_gauge, f64),
        (Kind::Histogram, _) => tracing::error!(
            target: "telecine",
            instrument = definition.name(),
            "a histogram cannot be observed: it records nothing",
        ),
    }
}

impl Observed {
    /// Nothing is asked for.
    pub fn nothing() -> Self {
        Self { values: Vec::new() }
    }
}

impl FromIterator<Observed> for Observed {
    fn from_iter<I: IntoIterator<Item = Self>>(all: I) -> Self {
        Self { values: all.into_iter().flat_map(|one| one.values).collect() }
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observed")
    }
}

impl fmt::Debug for Observer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources")
    }
}
