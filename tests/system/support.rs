//! Instruments whose series can be read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use telecine::catalog::Catalog;
use telecine::opentelemetry::KeyValue;
use telecine::opentelemetry::metrics::MeterProvider as _;
use telecine::opentelemetry_sdk::metrics::SdkMeterProvider;
use telecine::opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use telecine::opentelemetry_sdk::metrics::reader::MetricReader;
use telecine::operation::Instruments;
use telecine::pull::Reader;
use telecine::views::Views;
use telecine_parts::DEADLINE;

pub(crate) struct Bench {
    pub(crate) instruments: Instruments,
    reader: Reader,
    _meters: SdkMeterProvider,
}

/// The series of a collection: by instrument, then by `key=value` pairs between commas.
pub(crate) type Collected = BTreeMap<String, BTreeMap<String, f64>>;

impl Bench {
    pub(crate) fn new() -> Self {
        let reader = Reader::default();
        let views = Arc::new(Views::new(&Catalog::own()));
        let meters = views.add_to(SdkMeterProvider::builder().with_reader(reader.clone())).build();
        Self { instruments: Instruments::new(meters.meter("test")), reader, _meters: meters }
    }

    pub(crate) fn collect(&self) -> Collected {
        let mut metrics = ResourceMetrics::default();
        self.reader.collect(&mut metrics).unwrap();
        let metrics = metrics.scope_metrics().flat_map(|scope| scope.metrics());
        metrics.map(|metric| (metric.name().to_owned(), series(metric.data()))).collect()
    }

    /// The value of one series now, if there is one.
    pub(crate) fn value(&self, name: &str, labels: &str) -> Option<f64> {
        self.collect().get(name)?.get(labels).copied()
    }
}

fn series(data: &AggregatedMetrics) -> BTreeMap<String, f64> {
    match data {
        AggregatedMetrics::F64(data) => of_data(data, |value| value),
        AggregatedMetrics::U64(data) => of_data(data, |value| value as f64),
        AggregatedMetrics::I64(data) => of_data(data, |value| value as f64),
    }
}

fn of_data<T: Copy>(data: &MetricData<T>, number: impl Fn(T) -> f64) -> BTreeMap<String, f64> {
    match data {
        MetricData::Sum(sum) => {
            sum.data_points().map(|point| (labels(point.attributes()), number(point.value()))).collect()
        }
        MetricData::Gauge(gauge) => {
            gauge.data_points().map(|point| (labels(point.attributes()), number(point.value()))).collect()
        }
        _ => panic!("no area of this room has a histogram"),
    }
}

fn labels<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> String {
    attributes.map(|attribute| format!("{}={}", attribute.key, attribute.value)).collect::<Vec<_>>().join(",")
}

/// Looks until there is something to see. Until then, what it says is why there is not.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let begun = Instant::now();
    loop {
        match look() {
            Ok(seen) => return seen,
            Err(why) => assert!(begun.elapsed() < DEADLINE, "not in time: {what}: {why}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
