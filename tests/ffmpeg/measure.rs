//! What the instruments show.

use std::collections::BTreeMap;

use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::reader::MetricReader;
use telecine::media::Media;
use telecine::operation::Instruments;
use telecine::pull::Reader;

/// Media operations, and what they recorded.
pub(crate) struct Measured {
    pub(crate) media: Media,
    reader: Reader,
    _provider: SdkMeterProvider,
}

/// Values of one instrument by its attributes, written `key=value,key=value`: sums, and counts of
/// histograms.
pub(crate) type Series = BTreeMap<String, f64>;

impl Measured {
    pub(crate) fn new() -> Self {
        let reader = Reader::default();
        let provider = SdkMeterProvider::builder().with_reader(reader.clone()).build();
        let instruments = Instruments::new(provider.meter("test")).with_classifiers([telecine::ffmpeg::classify as _]);
        Self { media: Media::new(&instruments), reader, _provider: provider }
    }

    pub(crate) fn series(&self, name: &str) -> Series {
        let mut all = ResourceMetrics::default();
        self.reader.collect(&mut all).unwrap();
        let metric = all.scope_metrics().flat_map(|scope| scope.metrics()).find(|metric| metric.name() == name);
        metric.map(values).unwrap_or_default()
    }

    /// An instrument of one series, or none.
    pub(crate) fn value(&self, name: &str) -> f64 {
        self.series(name).values().sum()
    }
}

fn values(metric: &Metric) -> Series {
    match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => {
            sum.data_points().map(|point| (labels(point.attributes()), point.value() as f64)).collect()
        }
        AggregatedMetrics::I64(MetricData::Sum(sum)) => {
            sum.data_points().map(|point| (labels(point.attributes()), point.value() as f64)).collect()
        }
        AggregatedMetrics::F64(MetricData::Sum(sum)) => {
            sum.data_points().map(|point| (labels(point.attributes()), point.value())).collect()
        }
        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
            histogram.data_points().map(|point| (labels(point.attributes()), point.count() as f64)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn labels<'a>(attributes: impl Iterator<Item = &'a opentelemetry::KeyValue>) -> String {
    let mut labels: Vec<_> = attributes.map(|pair| format!("{}={}", pair.key, pair.value)).collect();
    labels.sort();
    labels.join(",")
}
