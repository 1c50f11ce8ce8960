//! Random rules, given to the real SDK: what it collects is what the views say it does. Exemplars are
//! joined with series by what the views say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use opentelemetry::{InstrumentationScope, Key, KeyValue, metrics::MeterProvider as _};
use opentelemetry_sdk::metrics::{
    InstrumentKind, SdkMeterProvider,
    data::{AggregatedMetrics, MetricData, ResourceMetrics},
    reader::MetricReader as _,
};
use telecine::{
    catalog::{Attribute, Catalog, Family, Instrument},
    exemplar::{Exemplars, Filter},
    pull::Reader,
    views::{
        Aggregation, CardinalityLimits, HistogramAggregation, KeyFilter, Rule, Selector, Stream, StreamRule, Views,
    },
};

use crate::random::Random;

const A: Attribute = Attribute::one_of("a.one", "One", &["0", "1", "2", "3"]);
const B: Attribute = Attribute::one_of("a.two", "Two", &["0", "1", "2", "3"]);
const DECLARED: &[Instrument] = &[
    Instrument::counter("test.declared.counter", "{thing}", "Things").attributes(&[A, B]),
    Instrument::up_down_counter("test.declared.updown", "{thing}", "Things").attributes(&[A]),
    Instrument::histogram("test.declared.histogram", "s", "Time").buckets(Family::Query).attributes(&[A, B]),
    Instrument::histogram("test.declared.bare", "s", "Time").buckets(Family::Work),
    Instrument::gauge("test.declared.gauge", "1", "Level").attributes(&[A, B]),
];

type Record = Box<dyn Fn(&[KeyValue])>;

/// What is recorded: with keys that definitions have, and one that none has.
const SETS: u64 = 12;

fn attributes(set: u64) -> [KeyValue; 3] {
    [
        KeyValue::new("a.one", (set % 2).to_string()),
        KeyValue::new("a.two", (set % 3).to_string()),
        KeyValue::new("b.three", (set % 4).to_string()),
    ]
}

/// What is seen of a stream: its description, what it holds, and the attribute sets of its points.
#[derive(Debug, PartialEq)]
struct Seen {
    description: Option<String>,
    form: String,
    sets: BTreeSet<Vec<(String, String)>>,
}

fn chance<T>(random: &mut Random, options: &[T]) -> Option<T>
where
    T: Clone,
{
    let place = random.below(options.len() as u64 + 1) as usize;
    options.get(place).cloned()
}

fn rule(random: &mut Random) -> Rule {
    let name = chance(
        random,
        &["*", "test.*", "*.histogram", "test.declared.*", "test.loose.counter", "test.declared.bare", "test.loose.h*"],
    );
    let exact = name.is_some_and(|name| !name.contains('*'));
    let patterns = |random: &mut Random| {
        let count = random.below(3);
        (0..count)
            .filter_map(|_| chance(random, &["a.*", "a.one", "b.three", "*", "?.two"]))
            .map(str::to_owned)
            .collect()
    };
    let aggregation = chance(
        random,
        &[
            Aggregation::Default,
            Aggregation::Drop,
            Aggregation::Sum,
            Aggregation::LastValue,
            Aggregation::Explicit { boundaries: vec![1.0, 2.0, 5.0], record_min_max: false },
            Aggregation::Explicit { boundaries: vec![], record_min_max: true },
            Aggregation::Exponential { max_size: 20, max_scale: 3, record_min_max: true },
        ],
    );
    // Of names that are the same but for their case the first is made.
    let renamed = chance(random, &["renamed", "Renamed", "other"]).filter(|_| exact);
    Rule {
        selector: Selector {
            instrument_name: name.map(str::to_owned),
            instrument_type: chance(random, &[InstrumentKind::Counter, InstrumentKind::Histogram])
                .filter(|_| random.below(3) == 0),
            unit: chance(random, &["s"]).filter(|_| random.below(3) == 0).map(str::to_owned),
            ..Selector::default()
        },
        stream: StreamRule {
            name: renamed.map(str::to_owned),
            description: chance(random, &["Described"]).map(str::to_owned),
            aggregation,
            cardinality_limit: chance(random, &[1, 3, 100]),
            attribute_keys: (random.below(2) == 0).then(|| KeyFilter {
                included: (random.below(2) == 0).then(|| patterns(random)),
                excluded: patterns(random),
            }),
        },
    }
}

/// What the SDK should collect of a stream.
fn expected(stream: &Stream, kind: InstrumentKind) -> Option<Seen> {
    let form = match (&stream.aggregation, kind) {
        (Aggregation::Drop, _) => return None,
        (Aggregation::Default, InstrumentKind::Gauge) | (Aggregation::LastValue, _) => "gauge".to_owned(),
        (Aggregation::Default | Aggregation::Sum, InstrumentKind::UpDownCounter) => "sum".to_owned(),
        (Aggregation::Default | Aggregation::Sum, _) => "counter".to_owned(),
        (Aggregation::Explicit { boundaries, record_min_max }, _) => format!("{boundaries:?} {record_min_max}"),
        (Aggregation::Exponential { max_scale, record_min_max, .. }, _) => {
            format!("exponential {max_scale} {record_min_max}")
        }
    };
    let keeps = |key: &Key| {
        stream.keys.as_ref().is_none_or(|keys| keys.contains(key))
            && stream.filter.as_ref().is_none_or(|filter| filter.keeps(key.as_str()))
    };
    let mut sets = BTreeSet::new();
    for set in 0..SETS {
        let kept = attributes(set).into_iter().filter(|attribute| keeps(&attribute.key));
        let set: Vec<_> = kept.map(|kept| (kept.key.to_string(), kept.value.to_string())).collect();
        // The set without attributes counts for nothing.
        if sets.iter().filter(|set: &&Vec<_>| !set.is_empty()).count() < stream.cardinality_limit
            || set.is_empty()
            || sets.contains(&set)
        {
            sets.insert(set);
        } else {
            sets.insert(vec![("otel.metric.overflow".to_owned(), "true".to_owned())]);
            // What comes later and is known still goes where it belongs.
        }
    }
    Some(Seen { description: stream.description.as_ref().map(|text| text.to_string()), form, sets })
}

fn collected(metrics: &ResourceMetrics) -> BTreeMap<String, Seen> {
    fn of<'a>(points: impl Iterator<Item = Vec<&'a KeyValue>>) -> BTreeSet<Vec<(String, String)>> {
        let pairs = |set: Vec<&KeyValue>| {
            let mut set: Vec<_> = set.iter().map(|kv| (kv.key.to_string(), kv.value.to_string())).collect();
            set.sort();
            set
        };
        points.map(pairs).collect()
    }
    fn typed<T: Copy>(data: &MetricData<T>) -> (String, BTreeSet<Vec<(String, String)>>) {
        match data {
            MetricData::Gauge(data) => {
                ("gauge".to_owned(), of(data.data_points().map(|point| point.attributes().collect())))
            }
            MetricData::Sum(data) => {
                let form = if data.is_monotonic() { "counter" } else { "sum" };
                (form.to_owned(), of(data.data_points().map(|point| point.attributes().collect())))
            }
            MetricData::Histogram(data) => {
                let point = data.data_points().next().unwrap();
                let bounds: Vec<f64> = point.bounds().collect();
                let form = format!("{bounds:?} {}", point.min().is_some());
                (form, of(data.data_points().map(|point| point.attributes().collect())))
            }
            MetricData::ExponentialHistogram(data) => {
                let point = data.data_points().next().unwrap();
                let form = format!("exponential {} {}", point.scale(), point.min().is_some());
                (form, of(data.data_points().map(|point| point.attributes().collect())))
            }
        }
    }
    let mut found = BTreeMap::new();
    for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
        let (form, sets) = match metric.data() {
            AggregatedMetrics::F64(data) => typed(data),
            AggregatedMetrics::U64(data) => typed(data),
            AggregatedMetrics::I64(data) => typed(data),
        };
        let description = (metric.description() != "Plain").then(|| metric.description().to_owned());
        let former = found.insert(metric.name().to_owned(), Seen { description, form, sets });
        assert_eq!(former, None, "two streams of one name: {}", metric.name());
    }
    found
}

#[test]
fn random_rules_make_the_streams_that_the_views_say() {
    let mut random = Random::new(4);
    let (mut made, mut several) = (0, 0);
    for round in 0..400 {
        let rules: Vec<Rule> = (0..random.below(5)).map(|_| rule(&mut random)).collect();
        let histograms =
            if random.below(4) == 0 { HistogramAggregation::Exponential } else { HistogramAggregation::Explicit };
        let limits = CardinalityLimits { default: chance(&mut random, &[2, 50]), ..CardinalityLimits::default() };
        let catalog = Catalog::empty().with("test", DECLARED);
        // Rules that are refused are not of interest here.
        let Ok(views) = Views::with_rules(&catalog, rules.clone(), histograms, limits) else { continue };
        made += 1;
        let views = Arc::new(views);
        let scope = InstrumentationScope::builder("scope").build();
        for (name, kind, unit, bounds) in [
            ("test.declared.counter", InstrumentKind::Counter, "{thing}", None),
            ("test.declared.updown", InstrumentKind::UpDownCounter, "{thing}", None),
            ("test.declared.histogram", InstrumentKind::Histogram, "s", None),
            ("test.declared.bare", InstrumentKind::Histogram, "s", Some(vec![7.0])),
            ("test.declared.gauge", InstrumentKind::Gauge, "1", None),
            ("test.loose.counter", InstrumentKind::Counter, "s", None),
            ("test.loose.histogram", InstrumentKind::Histogram, "s", None),
            ("test.loose.hinted", InstrumentKind::Histogram, "By", Some(vec![3.0, 4.0])),
            ("test.loose.gauge", InstrumentKind::Gauge, "", None),
        ] {
            let streams = views.resolve(&scope, name, kind, unit, bounds.as_deref());
            several += u32::from(streams.len() > 1);
            let reader = Reader::new();
            let sdk = views.add_to(SdkMeterProvider::builder().with_reader(reader.clone())).build();
            let is_on = random.below(4) > 0;
            let filter = if is_on { Filter::AlwaysOn } else { Filter::AlwaysOff };
            let exemplars = Exemplars::new(filter, Arc::clone(&views));
            let meter = exemplars.wrap(sdk.clone()).meter_with_scope(scope.clone());
            let record: Record = match kind {
                InstrumentKind::Counter => {
                    let counter = meter.u64_counter(name).with_unit(unit).with_description("Plain").build();
                    Box::new(move |set| counter.add(4, set))
                }
                InstrumentKind::UpDownCounter => {
                    let counter = meter.i64_up_down_counter(name).with_unit(unit).with_description("Plain").build();
                    Box::new(move |set| counter.add(4, set))
                }
                InstrumentKind::Gauge => {
                    let gauge = meter.f64_gauge(name).with_unit(unit).with_description("Plain").build();
                    Box::new(move |set| gauge.record(4.0, set))
                }
                _ => {
                    let histogram = meter.f64_histogram(name).with_unit(unit).with_description("Plain");
                    let histogram = match bounds {
                        Some(bounds) => histogram.with_boundaries(bounds).build(),
                        None => histogram.build(),
                    };
                    Box::new(move |set| histogram.record(4.0, set))
                }
            };
            (0..SETS).for_each(|set| record(&attributes(set)));
            let mut metrics = ResourceMetrics::default();
            reader.collect(&mut metrics).unwrap();
            let wanted: BTreeMap<_, _> =
                streams.iter().filter_map(|stream| Some((stream.name.to_string(), expected(stream, kind)?))).collect();
            let found = collected(&metrics);
            assert_eq!(found, wanted, "round {round}, {name}: {rules:#?}\n{streams:#?}");

            // Every series has its exemplar, which is what the join is for.
            for (stream, seen) in found.iter().filter(|_| is_on) {
                let reservoirs = exemplars.stream(&scope, stream).unwrap();
                for set in &seen.sets {
                    let key: Vec<_> = set.iter().map(|(key, value)| point(key, value)).collect();
                    let series =
                        reservoirs.series(key.iter()).unwrap_or_else(|| panic!("{stream} {set:?}: {rules:#?}"));
                    assert!(!series.is_empty(), "{stream} {set:?}: {rules:#?}");
                }
            }
            sdk.shutdown().unwrap();
        }
    }
    assert!(made > 300 && several > 40, "{made} {several}");
}

fn point(key: &str, value: &str) -> KeyValue {
    match key {
        "otel.metric.overflow" => KeyValue::new(key.to_owned(), true),
        _ => KeyValue::new(key.to_owned(), value.to_owned()),
    }
}

#[test]
fn patterns_choose_the_keys_of_what_is_observed_too() {
    let filter = KeyFilter { included: None, excluded: vec!["b.*".to_owned()] };
    let rule = Rule {
        selector: Selector { instrument_name: Some("loose.*".to_owned()), ..Selector::default() },
        stream: StreamRule { attribute_keys: Some(filter), ..StreamRule::default() },
    };
    let (histograms, limits) = (HistogramAggregation::default(), CardinalityLimits::default());
    let views = Arc::new(Views::with_rules(&Catalog::own(), vec![rule], histograms, limits).unwrap());
    let reader = Reader::new();
    let sdk = views.add_to(SdkMeterProvider::builder().with_reader(reader.clone())).build();
    let provider = Exemplars::new(Filter::AlwaysOff, views).wrap(sdk);
    let _gauge = provider
        .meter("scope")
        .u64_observable_gauge("loose.gauge")
        .with_callback(|observer| observer.observe(7, &attributes(5)))
        .build();
    provider.meter("scope").u64_counter("loose.counter").build().bind(&attributes(5)).add(3);
    let mut metrics = ResourceMetrics::default();
    reader.collect(&mut metrics).unwrap();
    let kept = vec![("a.one".to_owned(), "1".to_owned()), ("a.two".to_owned(), "2".to_owned())];
    for (name, seen) in collected(&metrics) {
        assert_eq!(seen.sets, BTreeSet::from([kept.clone()]), "{name}");
    }
}
