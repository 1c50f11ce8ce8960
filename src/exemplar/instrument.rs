use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use opentelemetry::metrics::{
    BoundCounter, BoundGauge, BoundHistogram, BoundSyncInstrument, BoundUpDownCounter, Counter, Gauge, Histogram,
    SyncInstrument, UpDownCounter,
};
use opentelemetry::{Key, KeyValue};

use super::filter::Filter;
use super::handle::{Target, handle};
use super::lookup::{Found, Lookup, Selection};
use super::number::Number;
use super::reservoir::{Sampling, SeriesReservoir};
use super::stream::{Place, StreamReservoirs};
use crate::views::KeyFilter;

/// The SDK's instruments, each of which measures by a method of its own name.
pub(super) trait Inner<T>: Send + Sync + 'static {
    type Bound: Send + Sync + 'static;
    fn measure(&self, value: T, attributes: &[KeyValue]);
    fn bind(&self, attributes: &[KeyValue]) -> Self::Bound;
    fn measure_bound(bound: &Self::Bound, value: T);
}

macro_rules! inner {
    ($instrument:ident, $bound:ident, $method:ident) => {
        impl<T: Number> Inner<T> for $instrument<T> {
            type Bound = $bound<T>;

            fn measure(&self, value: T, attributes: &[KeyValue]) {
                self.$method(value, attributes);
            }

            fn bind(&self, attributes: &[KeyValue]) -> Self::Bound {
                self.bind(attributes)
            }

            #[inline]
            fn measure_bound(bound: &Self::Bound, value: T) {
                bound.$method(value);
            }
        }
    };
}

inner!(Counter, BoundCounter, add);
inner!(UpDownCounter, BoundUpDownCounter, add);
inner!(Gauge, BoundGauge, record);
inner!(Histogram, BoundHistogram, record);

/// An instrument of the SDK with the reservoirs of its streams.
///
/// A measurement without a handle goes through a handle that is remembered for its attribute set:
/// that is cheaper than the SDK's own search, and shows every set to the streams before the SDK sees
/// it. Sets past a cardinality limit are not remembered, so that the SDK decides about them each time.
pub(super) struct Instrument<I: Inner<T>, T> {
    inner: I,
    filter: Filter,
    /// Which attributes the SDK is shown, if not all.
    shown: Option<Arc<KeyFilter>>,
    sampling: Arc<Sampling>,
    streams: Box<[Arc<StreamReservoirs>]>,
    bare: OnceLock<Remembered<I::Bound>>,
    lookup: Lookup<Remembered<I::Bound>>,
}

/// What an instrument remembers for an attribute set.
struct Remembered<B> {
    bound: B,
    /// One for each stream.
    series: Box<[Arc<SeriesReservoir>]>,
}

/// What forgets the handles that are not in use.
pub(super) trait Sweep: Send + Sync {
    fn sweep(&self);
}

impl<I: Inner<T>, T: Number> Instrument<I, T> {
    /// `streams` are in one order for all instruments, since several are locked at once.
    pub(super) fn new(
        inner: I,
        filter: Filter,
        shown: Option<Arc<KeyFilter>>,
        sampling: Arc<Sampling>,
        streams: Vec<Arc<StreamReservoirs>>,
    ) -> Self {
        // Every key that a stream keeps, or all if one keeps all.
        let keys: Option<Vec<&[Key]>> = streams.iter().map(|stream| stream.keys().map(AsRef::as_ref)).collect();
        let limit = streams.iter().fold(0_usize, |sum, stream| sum.saturating_add(stream.limit()));
        Self {
            inner,
            filter,
            shown,
            sampling,
            lookup: Lookup::new(keys.map(|keys| keys.concat()).as_deref(), limit),
            streams: streams.into(),
            bare: OnceLock::new(),
        }
    }

    #[inline]
    fn measure_remembered(&self, remembered: &Remembered<I::Bound>, value: T, attributes: &[KeyValue]) {
        I::measure_bound(&remembered.bound, value);
        if self.filter.admits() {
            for (stream, series) in self.streams.iter().zip(&remembered.series) {
                series.offer(&self.sampling, value, || stream.filtered(attributes));
            }
        }
    }

    /// Measures with a set that is not remembered, and remembers it if it may be.
    #[cold]
    fn measure_unknown(&self, value: T, attributes: &[KeyValue], selection: Option<Selection>) {
        let selection = selection.filter(|selection| self.lookup.accepts(attributes, *selection));
        let (places, bound) = self.admit(attributes, |places| {
            if selection.is_some() && !places.iter().any(|place| place.overflow) {
                Some(self.inner.bind(&kept(self.shown.as_deref(), attributes)))
            } else {
                self.inner.measure(value, &kept(self.shown.as_deref(), attributes));
                None
            }
        });
        let series: Box<[_]> = places.into_iter().map(|place| place.series).collect();
        match (bound, selection) {
            (Some(bound), Some(selection)) => {
                let remembered = Remembered { bound, series };
                self.measure_remembered(&remembered, value, attributes);
                self.lookup.remember(attributes, selection, remembered);
            }
            _ if self.filter.admits() => {
                for (stream, series) in self.streams.iter().zip(&series) {
                    series.offer(&self.sampling, value, || stream.filtered(attributes));
                }
            }
            _ => {}
        }
    }

    /// Finds or makes a place for the set in every stream, then shows it to the SDK.
    fn admit<R>(&self, attributes: &[KeyValue], show: impl FnOnce(&[Place]) -> R) -> (Vec<Place>, R) {
        let known: Option<Vec<_>> = self.streams.iter().map(|stream| stream.known(attributes)).collect();
        if let Some(places) = known {
            let shown = show(&places);
            return (places, shown);
        }
        let _admissions: Vec<_> = self.streams.iter().map(|stream| stream.admission()).collect();
        let places: Vec<_> = self.streams.iter().map(|stream| stream.place(attributes)).collect();
        let shown = show(&places);
        (places, shown)
    }

    fn bind_bare(&self) -> Remembered<I::Bound> {
        let (places, bound) = self.admit(&[], |_| self.inner.bind(&[]));
        Remembered { bound, series: places.into_iter().map(|place| place.series).collect() }
    }
}

impl<I: Inner<T>, T: Number> SyncInstrument<T> for Instrument<I, T> {
    fn measure(&self, value: T, attributes: &[KeyValue]) {
        if !value.is_recorded() {
            return;
        }
        if attributes.is_empty() {
            let bare = self.bare.get_or_init(|| self.bind_bare());
            return self.measure_remembered(bare, value, attributes);
        }
        match self.lookup.find(attributes, |found| self.measure_remembered(found, value, attributes)) {
            Found::Known(()) => {}
            Found::Unknown(selection) => self.measure_unknown(value, attributes, Some(selection)),
            Found::Busy => self.measure_unknown(value, attributes, None),
        }
    }

    fn bind(&self, attributes: &[KeyValue]) -> Box<dyn BoundSyncInstrument<T> + Send + Sync> {
        let (places, bound) = self.admit(attributes, |_| self.inner.bind(&kept(self.shown.as_deref(), attributes)));
        let targets = self.streams.iter().zip(places).map(|(stream, place)| {
            let filtered = stream.filtered(attributes).into();
            Target { series: place.series, filtered }
        });
        handle::<I, T>(bound, self.filter, self.sampling.clone(), targets.collect())
    }
}

/// The attributes that a filter keeps.
pub(super) fn kept<'a>(filter: Option<&KeyFilter>, attributes: &'a [KeyValue]) -> Cow<'a, [KeyValue]> {
    match filter {
        None => Cow::Borrowed(attributes),
        Some(filter) => attributes.iter().filter(|attribute| filter.keeps(attribute.key.as_str())).cloned().collect(),
    }
}

impl<I: Inner<T>, T: Number> Sweep for Instrument<I, T> {
    fn sweep(&self) {
        self.lookup.sweep();
    }
}
