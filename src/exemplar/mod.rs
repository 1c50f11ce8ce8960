//! Exemplars: measurements that were kept as they were made, each with the span it was made in.
//!
//! The SDK's aggregations hold none yet, so [`Exemplars::wrap`] puts a provider around the SDK's. Each
//! measurement through it goes on to the SDK and, if the [`Filter`] admits it, is offered to the
//! [reservoir](SeriesReservoir) of its series: the series after views, which is how the exits find it
//! for a data point ([`Exemplars::stream`], [`StreamReservoirs::series`]).
//!
//! A reservoir holds a uniform sample of the offers since the last collection. Reading it empties
//! nothing, so that several exits can read the same one; an exit says that it has collected
//! ([`Exemplars::collected`]), and from then on each lane of a reservoir keeps the next offer.
//!
//! Names and defaults are those of the specification (metrics SDK, "Exemplar").

mod filter;
mod handle;
mod instrument;
mod lookup;
mod number;
mod provider;
mod reservoir;
mod stream;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::SystemTime;

use opentelemetry::metrics::SyncInstrument;
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::metrics::{InstrumentKind, SdkMeterProvider};

use crate::views::{Stream, Views};
use instrument::{Inner, Instrument, Sweep};
use number::Number;
use reservoir::Sampling;

pub use filter::Filter;
pub use provider::MeterProvider;
pub use reservoir::SeriesReservoir;
pub use stream::StreamReservoirs;

/// After how many collections the handles that were not in use meanwhile are given back.
///
/// A handle keeps the SDK from forgetting its series, as it does under delta temporality.
const SWEEP_EVERY: u64 = 16;

/// A measurement that was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// The value, in the unit of its instrument.
    pub value: f64,
    /// When it was measured.
    pub time: SystemTime,
    /// The trace it was measured in; [`TraceId::INVALID`] outside of any span.
    pub trace_id: TraceId,
    /// The span it was measured in; [`SpanId::INVALID`] outside of any span.
    pub span_id: SpanId,
    /// The attributes that the views dropped.
    pub filtered: Vec<KeyValue>,
}

/// What went through the reservoirs of a provider since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Measurements that the filter admitted. Those that were skipped count when their lane keeps one
    /// again, so this may trail by what came since the last collection.
    pub offered: u64,
    /// Measurements that were kept.
    pub kept: u64,
}

/// What can be wrong with a setting.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A filter of this name does not exist.
    #[error("unknown exemplar filter `{0}`: expected `trace_based`, `always_on` or `always_off`")]
    Filter(String),
}

/// The reservoirs of one meter provider. Clones share them.
#[derive(Clone)]
pub struct Exemplars {
    shared: Arc<Shared>,
}

struct Shared {
    filter: Filter,
    views: Arc<Views>,
    sampling: Arc<Sampling>,
    streams: RwLock<HashMap<InstrumentationScope, HashMap<String, Arc<StreamReservoirs>>>>,
    instruments: Mutex<Vec<Weak<dyn Sweep>>>,
}

impl Exemplars {
    /// Reservoirs for the streams that `views` make. Give the same views to the SDK's provider.
    pub fn new(filter: Filter, views: Arc<Views>) -> Self {
        Self {
            shared: Arc::new(Shared {
                filter,
                views,
                sampling: Arc::new(Sampling::new()),
                streams: RwLock::default(),
                instruments: Mutex::default(),
            }),
        }
    }

    /// No reservoirs, no views.
    pub fn off() -> Self {
        Self::new(Filter::AlwaysOff, Arc::default())
    }

    /// A provider whose instruments offer what they measure. With [`Filter::AlwaysOff`] they are the
    /// SDK's own instruments and cost what those cost.
    ///
    /// Measure through this provider only: what another provider around the same `inner` measures is
    /// counted, but the reservoirs do not learn which series it makes.
    pub fn wrap(&self, inner: SdkMeterProvider) -> MeterProvider {
        MeterProvider::new(inner, self.clone())
    }

    /// Says that an exit has collected: each lane keeps the next offer and samples anew. What is held
    /// stays readable until another exemplar replaces it.
    pub fn collected(&self) {
        if self.shared.sampling.advance() % SWEEP_EVERY != 0 {
            return;
        }
        let live: Vec<_> = {
            let mut instruments = self.shared.instruments.lock().unwrap_or_else(PoisonError::into_inner);
            instruments.retain(|instrument| instrument.strong_count() > 0);
            instruments.iter().filter_map(Weak::upgrade).collect()
        };
        for instrument in live {
            instrument.sweep();
        }
    }

    /// The reservoirs of a stream, by the name that the views gave it. `None` if no instrument made it yet.
    pub fn stream(&self, scope: &InstrumentationScope, name: &str) -> Option<Arc<StreamReservoirs>> {
        let streams = self.shared.streams.read().unwrap_or_else(PoisonError::into_inner);
        streams.get(scope)?.get(name.to_ascii_lowercase().as_str()).cloned()
    }

    /// Which measurements are offered.
    pub fn filter(&self) -> Filter {
        self.shared.filter
    }

    /// What went through the reservoirs.
    pub fn counts(&self) -> Counts {
        self.shared.sampling.counts()
    }

    fn resolve(
        &self,
        scope: &InstrumentationScope,
        name: &str,
        kind: InstrumentKind,
        unit: &str,
        boundaries: Option<&[f64]>,
    ) -> Vec<Stream> {
        self.shared.views.resolve(scope, name, kind, unit, boundaries)
    }

    /// An instrument around the SDK's, or `None` if the SDK's will do.
    fn instrument<I: Inner<T>, T: Number>(
        &self,
        scope: &InstrumentationScope,
        kind: InstrumentKind,
        unit: &str,
        streams: &[Stream],
        inner: I,
    ) -> Option<Arc<dyn SyncInstrument<T> + Send + Sync>> {
        let shared = &self.shared;
        let shown = streams.iter().find_map(|stream| stream.filter.clone());
        if shared.filter == Filter::AlwaysOff && shown.is_none() {
            return None;
        }
        let mut reservoirs: Vec<Arc<StreamReservoirs>> = Vec::new();
        for stream in streams {
            let Some(found) = self.reservoirs(scope, kind, unit, stream) else { continue };
            // The SDK too makes one stream of two that are the same.
            if !reservoirs.iter().any(|other| Arc::ptr_eq(other, &found)) {
                reservoirs.push(found);
            }
        }
        if reservoirs.is_empty() {
            return None;
        }
        reservoirs.sort_by_key(Arc::as_ptr);
        let instrument = Arc::new(Instrument::new(inner, shared.filter, shown, shared.sampling.clone(), reservoirs));
        let sweep: Weak<dyn Sweep> = Arc::downgrade(&instrument) as Weak<Instrument<I, T>>;
        let mut instruments = shared.instruments.lock().unwrap_or_else(PoisonError::into_inner);
        if instruments.len() == instruments.capacity() {
            instruments.retain(|instrument| instrument.strong_count() > 0);
        }
        instruments.push(sweep);
        Some(instrument)
    }

    /// The reservoirs of a stream, made if there are none. `None` for a stream that the views drop, and
    /// for one that has another's name but neither its places nor its series: the first one has them.
    fn reservoirs(
        &self,
        scope: &InstrumentationScope,
        kind: InstrumentKind,
        unit: &str,
        stream: &Stream,
    ) -> Option<Arc<StreamReservoirs>> {
        let new = Arc::new(StreamReservoirs::new(stream, kind, unit)?);
        let mut streams = self.shared.streams.write().unwrap_or_else(PoisonError::into_inner);
        // Names that differ in case only are one stream, as they are to the SDK.
        let named = streams.entry(scope.clone()).or_default().entry(stream.name.to_ascii_lowercase());
        let first = named.or_insert_with(|| new.clone());
        first.is_like(&new).then(|| first.clone())
    }
}

impl fmt::Debug for Exemplars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exemplars").field("filter", &self.shared.filter).finish_non_exhaustive()
    }
}
