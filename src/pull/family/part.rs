//! The series of one metric of the SDK, remembered from scrape to scrape.

use std::{collections::HashMap, sync::Arc, time::SystemTime};

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData};

use super::{
    Labels, Live, Shape, Value, fingerprint,
    labels::Translator,
    value::{Bounds, Point},
};
use crate::{
    exemplar::{Exemplar, Exemplars, SeriesReservoir, StreamReservoirs},
    pull::number::Number,
};

/// How many series may have gone at one place before the others are looked for by their attributes.
const LOOK_AHEAD: usize = 8;

/// The attribute of the series in which the SDK puts what comes past the cardinality limit.
const OVERFLOW: &str = "otel.metric.overflow";

/// One metric of the SDK.
#[derive(Debug)]
pub(crate) struct Part {
    scope: InstrumentationScope,
    name: String,
    unit: String,
    description: String,
    shape: Shape,
    /// Whether a family has it.
    shown: bool,
    started: SystemTime,
    series: Vec<Series>,
    bounds: Arc<Bounds>,
    stream: Option<Arc<StreamReservoirs>>,
    hidden: usize,
    changed: bool,
}

/// One series. There are many, so each is one cache line.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Series {
    pub(crate) labels: Labels,
    pub(crate) value: Value,
    /// Of the attributes.
    fingerprint: u64,
    kept: Option<Box<Kept>>,
    /// Whether no series that is shown is equal to it, so that it is shown too.
    is_settled: bool,
    /// Whether it stands for all that came past the cardinality limit.
    is_overflow: bool,
}

/// The exemplars of a series.
#[derive(Debug, Default)]
struct Kept {
    /// Where they come from, if not from other series.
    reservoir: Option<Arc<SeriesReservoir>>,
    exemplars: Vec<Exemplar>,
}

/// The series that were not found yet, from where the first one was not at its place.
struct Rest {
    series: Vec<Option<Series>>,
    /// All before it were taken, or passed over.
    next: usize,
    misses: usize,
    index: Option<HashMap<u64, usize>>,
}

impl Part {
    pub(super) fn new(scope: &InstrumentationScope, metric: &Metric) -> Self {
        Self {
            scope: scope.clone(),
            name: metric.name().to_owned(),
            unit: metric.unit().to_owned(),
            description: metric.description().to_owned(),
            shape: Shape::of(metric.data()),
            shown: false,
            started: SystemTime::UNIX_EPOCH,
            series: Vec::new(),
            bounds: Arc::default(),
            stream: None,
            hidden: 0,
            changed: false,
        }
    }

    pub(super) fn is_of(&self, scope: &InstrumentationScope, metric: &Metric) -> bool {
        self.name == metric.name()
            && self.unit == metric.unit()
            && self.shape == Shape::of(metric.data())
            && self.description == metric.description()
            && self.scope == *scope
    }

    pub(super) fn scope(&self) -> &InstrumentationScope {
        &self.scope
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn unit(&self) -> &str {
        &self.unit
    }

    pub(super) fn description(&self) -> &str {
        &self.description
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    pub(super) fn show(&mut self, shown: bool) {
        self.shown = shown;
        // It may have another part beside it now.
        self.changed = true;
    }

    /// Since when its series count.
    pub(super) fn started(&self) -> SystemTime {
        self.started
    }

    /// Every series, also those that are equal to another one.
    pub(super) fn all(&self) -> &[Series] {
        &self.series
    }

    pub(super) fn all_mut(&mut self) -> &mut [Series] {
        &mut self.series
    }

    /// Whether series have come or gone since the last time that this was dealt with.
    pub(super) fn is_changed(&self) -> bool {
        self.changed
    }

    pub(super) fn settle(&mut self) {
        self.changed = false;
    }

    /// How many series are shown.
    pub(super) fn len(&self) -> usize {
        self.series.len() - self.hidden
    }

    /// How many series the SDK keeps of it.
    pub(super) fn live(&self) -> Live {
        let has_overflowed = self.series.iter().any(|series| series.is_overflow);
        Live { metric: self.name.clone(), series: self.series.len(), has_overflowed }
    }

    /// How many of its series are equal to another one.
    pub(super) fn hidden(&self) -> usize {
        self.hidden
    }

    /// Takes over the data points. Says whether series have come or gone since the last time that
    /// equal ones were hidden.
    pub(super) fn update(
        &mut self,
        metric: &Metric,
        scope: Option<&InstrumentationScope>,
        labels: &mut Translator,
        exemplars: Option<&Exemplars>,
    ) -> bool {
        if !self.shown {
            self.series.clear();
            return false;
        }
        let has_exemplars = self.shape != Shape::Gauge && self.shape != Shape::UpDown;
        if let Some(exemplars) = exemplars.filter(|_| has_exemplars && self.stream.is_none()) {
            self.stream = exemplars.stream(&self.scope, &self.name);
        }
        match metric.data() {
            AggregatedMetrics::F64(data) => self.read(data, scope, labels),
            AggregatedMetrics::U64(data) => self.read(data, scope, labels),
            AggregatedMetrics::I64(data) => self.read(data, scope, labels),
        }
        if exemplars.is_some() && self.stream.is_some() {
            for kept in self.series.iter_mut().filter_map(|series| series.kept.as_mut()) {
                kept.read(self.shape);
            }
        }
        self.changed
    }

    fn read<T: Copy + Into<Number>>(
        &mut self,
        data: &MetricData<T>,
        scope: Option<&InstrumentationScope>,
        labels: &mut Translator,
    ) {
        match data {
            MetricData::Gauge(data) => {
                let started = data.start_time().unwrap_or(SystemTime::UNIX_EPOCH);
                self.align(data.data_points(), started, scope, labels);
            }
            MetricData::Sum(data) => self.align(data.data_points(), data.start_time(), scope, labels),
            MetricData::Histogram(data) => self.align(data.data_points(), data.start_time(), scope, labels),
            MetricData::ExponentialHistogram(data) => self.align(data.data_points(), data.start_time(), scope, labels),
        }
    }

    /// Writes each point's value to its series. The SDK hands out points in the same order as before,
    /// with new ones in between and some gone, so a series is nearly always at its place.
    fn align<'a, P: Point + 'a>(
        &mut self,
        points: impl Iterator<Item = &'a P>,
        started: SystemTime,
        scope: Option<&InstrumentationScope>,
        labels: &mut Translator,
    ) {
        self.started = started;
        let mut rest: Option<Rest> = None;
        let mut place = 0;
        for point in points {
            let fingerprint = fingerprint::of(point.attributes());
            if rest.is_none() && self.series.get(place).is_none_or(|series| series.fingerprint != fingerprint) {
                rest = Some(Rest::new(self.series.split_off(place)));
            }
            if let Some(rest) = &mut rest {
                let known = rest.take(fingerprint);
                let new = || Series::new(point, fingerprint, scope, self.shape.has_buckets(), labels);
                self.series.push(known.unwrap_or_else(new));
            }
            let series = &mut self.series[place];
            point.write(&mut series.value, &mut self.bounds);
            if let Some(stream) = &self.stream {
                if series.kept.is_none() {
                    series.kept = Kept::of(stream, point);
                }
            }
            place += 1;
        }
        let gone = self.series.len() > place;
        self.series.truncate(place);
        self.changed |= gone || rest.is_some();
    }
}

impl Series {
    /// Ordered by their values, if there are buckets. Those of the last format that has exemplars.
    pub(crate) fn exemplars(&self) -> &[Exemplar] {
        self.kept.as_ref().map_or(&[], |kept| &kept.exemplars)
    }

    pub(super) fn exemplars_mut(&mut self) -> &mut Vec<Exemplar> {
        &mut self.kept.get_or_insert_default().exemplars
    }

    pub(super) fn clear_exemplars(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.exemplars.clear();
        }
    }

    /// Tells it from the others of its metric.
    pub(super) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    pub(super) fn is_shown(&self) -> bool {
        self.is_settled
    }

    /// A series that a rule makes of others.
    pub(super) fn of_rule(labels: Labels) -> Self {
        Self { labels, value: Value::default(), fingerprint: 0, kept: None, is_settled: true, is_overflow: false }
    }

    fn new<P: Point>(
        point: &P,
        fingerprint: u64,
        scope: Option<&InstrumentationScope>,
        histogram: bool,
        labels: &mut Translator,
    ) -> Self {
        let attributes = point.attributes().map(|attribute| (&attribute.key, &attribute.value));
        Self {
            labels: labels.labels(attributes, scope, histogram),
            value: Value::default(),
            fingerprint,
            kept: None,
            is_settled: false,
            is_overflow: point.attributes().any(|attribute| attribute.key.as_str() == OVERFLOW),
        }
    }
}

impl Kept {
    fn of<P: Point>(stream: &StreamReservoirs, point: &P) -> Option<Box<Self>> {
        let reservoir = Some(stream.series(point.attributes())?);
        Some(Box::new(Self { reservoir, exemplars: Vec::new() }))
    }

    fn read(&mut self, shape: Shape) {
        self.exemplars.clear();
        let Some(reservoir) = &self.reservoir else { return };
        if shape.has_buckets() {
            reservoir.each(|_, exemplar| self.exemplars.push(exemplar.clone()));
            self.exemplars.sort_by(|a, b| a.value.total_cmp(&b.value));
        } else {
            self.exemplars.extend(reservoir.latest());
        }
    }
}

impl Rest {
    fn new(series: Vec<Series>) -> Self {
        Self { series: series.into_iter().map(Some).collect(), next: 0, misses: 0, index: None }
    }

    /// The series of a point. `None` if it is new.
    fn take(&mut self, fingerprint: u64) -> Option<Series> {
        let near = self.series.iter().skip(self.next).take(LOOK_AHEAD);
        let is_meant =
            |series: &Option<Series>| series.as_ref().is_some_and(|series| series.fingerprint == fingerprint);
        if let Some(place) = near.into_iter().position(is_meant) {
            self.next += place + 1;
            return self.series[self.next - 1].take();
        }
        self.misses += 1;
        // Observed instruments are in another order each time. An index is for them, and not worth its
        // making for a few series that are new.
        if self.index.is_none() && self.misses > LOOK_AHEAD.max(self.series.len() / 8) {
            let series = self.series.iter().enumerate();
            self.index =
                Some(series.filter_map(|(place, series)| Some((series.as_ref()?.fingerprint, place))).collect());
        }
        let place = self.index.as_ref()?.get(&fingerprint)?;
        self.series[*place].take()
    }
}

const _: () = assert!(size_of::<Series>() == 64);

/// Tells series apart that Prometheus would take for the same. The one that was there first stays as it is;
/// one of another scope says which scope it is from, for as long as it is there, and one of the same scope is
/// not shown.
pub(super) fn tell_apart(parts: &mut [Part], family: &[usize], labels: &mut Translator) {
    if !family.iter().any(|part| parts[*part].changed) {
        return;
    }
    // By the identity of a series that is shown, the part that has it.
    let mut shown: HashMap<u64, usize> = HashMap::new();
    for index in family {
        let settled = parts[*index].series.iter().filter(|series| series.is_settled);
        shown.extend(settled.map(|series| (series.labels.identity(), *index)));
    }
    for index in family {
        let before = parts[*index].hidden;
        let mut hidden = 0;
        for place in 0..parts[*index].series.len() {
            let part = &parts[*index];
            let series = &part.series[place];
            if series.is_settled {
                continue;
            }
            let mut scoped = None;
            let mut is_free = !shown.contains_key(&series.labels.identity());
            if shown.get(&series.labels.identity()).is_some_and(|other| parts[*other].scope != part.scope) {
                let labels = labels.with_scope(&series.labels, &part.scope);
                is_free = !shown.contains_key(&labels.identity());
                scoped = Some(labels);
            }
            let series = &mut parts[*index].series[place];
            series.is_settled = is_free;
            if is_free {
                if let Some(scoped) = scoped {
                    series.labels = scoped;
                }
                shown.insert(series.labels.identity(), *index);
            }
            hidden += usize::from(!is_free);
        }
        let part = &mut parts[*index];
        part.hidden = hidden;
        if before == 0 && part.hidden > 0 {
            tracing::warn!(
                scope = part.scope.name(),
                metric = part.name,
                series = part.hidden,
                "series are left out of the scrape, since others have the same labels in Prometheus"
            );
        }
        part.changed = false;
    }
}
