use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::metrics::InstrumentKind;

use super::reservoir::{SeriesReservoir, Shape};
use crate::views::{Aggregation, KeyFilter, Stream, default_boundaries};

/// The most exemplars that one series of an exponential histogram holds (metrics SDK, "Exemplar defaults").
const EXPONENTIAL_SIZE: u32 = 20;

/// The reservoirs of a stream: one for each series that the SDK makes of it.
///
/// A series is known by the attributes that the views leave, as the data points of the SDK carry them.
#[derive(Debug)]
pub struct StreamReservoirs {
    shape: Shape,
    keys: Option<Arc<[Key]>>,
    filter: Option<Arc<KeyFilter>>,
    limit: usize,
    /// The series without attributes. The limit does not count it.
    bare: Arc<SeriesReservoir>,
    series: RwLock<Series>,
    admission: Mutex<()>,
}

/// The series with attributes, by their attributes, which are sorted by key, each key once.
#[derive(Debug, Default)]
struct Series {
    reservoirs: HashMap<Box<[KeyValue]>, Arc<SeriesReservoir>>,
    /// How many count towards the limit: all but the overflow.
    admitted: usize,
}

/// Where the measurements of an attribute set go.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) series: Arc<SeriesReservoir>,
    /// Whether the set came past the cardinality limit.
    pub(super) overflow: bool,
}

impl StreamReservoirs {
    /// `None` if the views drop the stream.
    pub(super) fn new(stream: &Stream, kind: InstrumentKind, unit: &str) -> Option<Self> {
        let shape = shape(&stream.aggregation, kind, unit)?;
        Some(Self {
            bare: Arc::new(SeriesReservoir::new(&shape)),
            shape,
            keys: stream.keys.clone(),
            filter: stream.filter.clone(),
            limit: stream.cardinality_limit,
            series: RwLock::default(),
            admission: Mutex::default(),
        })
    }

    /// Whether another definition of the same stream would have the same series and places.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.shape == other.shape && self.keys == other.keys && self.filter == other.filter
    }

    pub(super) fn keys(&self) -> Option<&Arc<[Key]>> {
        self.keys.as_ref()
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether the views leave this attribute.
    pub(super) fn allows(&self, attribute: &KeyValue) -> bool {
        self.keys.as_ref().is_none_or(|keys| keys.contains(&attribute.key))
            && self.filter.as_ref().is_none_or(|filter| filter.keeps(attribute.key.as_str()))
    }

    /// The attributes that the views drop from a set.
    pub(super) fn filtered(&self, attributes: &[KeyValue]) -> Vec<KeyValue> {
        // Collecting nothing does not allocate.
        attributes.iter().filter(|attribute| !self.allows(attribute)).cloned().collect()
    }

    /// The reservoir of a series. `attributes` are those of its data point, in any order.
    pub fn series<'a>(&self, attributes: impl Iterator<Item = &'a KeyValue>) -> Option<Arc<SeriesReservoir>> {
        let key = key(attributes);
        if key.is_empty() {
            return Some(self.bare.clone());
        }
        self.read().reservoirs.get(key.as_slice()).cloned()
    }

    /// The place of an attribute set, if no series has to be made for it.
    pub(super) fn known(&self, attributes: &[KeyValue]) -> Option<Place> {
        let key = self.key(attributes);
        if key.is_empty() {
            return Some(Place { series: self.bare.clone(), overflow: false });
        }
        let series = self.read();
        if let Some(reservoir) = series.reservoirs.get(key.as_slice()) {
            return Some(Place { series: reservoir.clone(), overflow: false });
        }
        if series.admitted < self.limit {
            return None;
        }
        let reservoir = series.reservoirs.get(&overflow_key())?;
        Some(Place { series: reservoir.clone(), overflow: true })
    }

    /// The place of an attribute set, made if there is none.
    ///
    /// It follows the SDK: sets are admitted in the order in which they come until the limit is
    /// reached; from then on new ones share the overflow series. So each set passes here before the SDK
    /// sees it, and under the [admission](Self::admission) until it has, so that two do so in one order.
    pub(super) fn place(&self, attributes: &[KeyValue]) -> Place {
        if let Some(place) = self.known(attributes) {
            return place;
        }
        let mut series = self.write();
        let overflow = series.admitted >= self.limit;
        let key = if overflow { overflow_key() } else { self.key(attributes).into() };
        let reservoirs = series.reservoirs.len();
        let new = || Arc::new(SeriesReservoir::new(&self.shape));
        let reservoir = series.reservoirs.entry(key).or_insert_with(new).clone();
        // Another thread may have made it meanwhile.
        if !overflow && series.reservoirs.len() > reservoirs {
            series.admitted += 1;
        }
        Place { series: reservoir, overflow }
    }

    pub(super) fn admission(&self) -> MutexGuard<'_, ()> {
        self.admission.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn key(&self, attributes: &[KeyValue]) -> Vec<KeyValue> {
        key(attributes.iter().filter(|attribute| self.allows(attribute)))
    }

    fn read(&self) -> RwLockReadGuard<'_, Series> {
        self.series.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Series> {
        self.series.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A set as the SDK knows it: sorted by key, of equal keys the first.
fn key<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> Vec<KeyValue> {
    let mut key: Vec<KeyValue> = attributes.cloned().collect();
    key.sort_by(|a, b| a.key.cmp(&b.key));
    key.dedup_by(|a, b| a.key == b.key);
    key
}

/// The attributes of the series that sets past the limit share (metrics SDK, "Overflow attribute").
fn overflow_key() -> Box<[KeyValue]> {
    Box::new([KeyValue::new("otel.metric.overflow", true)])
}

fn shape(aggregation: &Aggregation, kind: InstrumentKind, unit: &str) -> Option<Shape> {
    match aggregation {
        Aggregation::Drop => None,
        Aggregation::Default if kind == InstrumentKind::Histogram => Some(Shape::aligned(default_boundaries(unit))),
        Aggregation::Default | Aggregation::Sum | Aggregation::LastValue => Some(Shape::fixed(1)),
        Aggregation::Explicit { boundaries, .. } => Some(Shape::aligned(boundaries)),
        Aggregation::Exponential { max_size, .. } => Some(Shape::fixed(EXPONENTIAL_SIZE.min(*max_size) as usize)),
    }
}
