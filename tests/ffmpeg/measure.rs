//! What the instruments show.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Temporality};
use telecine::media::Media;
use telecine::operation::Instruments;

/// Media operations, and what they recorded.
pub(crate) struct Measured {
    pub(crate) media: Media,
    reader: Reader,
    _provider: SdkMeterProvider,
}

/// Values of one instrument by its attributes, written `key=value,key=value`: sums, and counts of
/// histograms.
pub(crate) type Series = BTreeMap<String, f64>;

#[derive(Clone, Debug, Default)]
struct Reader(Arc<ManualReader>);

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

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}
