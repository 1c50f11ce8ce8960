//! Instruments whose series can be read, and spans that are kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use telecine::catalog::Catalog;
use telecine::data::Data;
use telecine::media::Media;
use telecine::opentelemetry::metrics::MeterProvider as _;
use telecine::opentelemetry::trace::TracerProvider as _;
use telecine::opentelemetry_sdk::error::OTelSdkResult;
use telecine::opentelemetry_sdk::metrics::SdkMeterProvider;
use telecine::opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use telecine::opentelemetry_sdk::metrics::reader::MetricReader;
use telecine::opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use telecine::operation::Instruments;
use telecine::pull::Reader;
use telecine::views::Views;
use telecine::work::Work;
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;

pub(crate) struct Bench {
    pub(crate) instruments: Instruments,
    pub(crate) data: Data,
    pub(crate) media: Media,
    pub(crate) work: Work,
    reader: Reader,
    _meters: SdkMeterProvider,
    tracers: SdkTracerProvider,
    spans: Spans,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Sum(f64),
    Histogram { count: u64, sum: f64 },
}

impl Bench {
    pub(crate) fn new() -> Self {
        // A callsite that is seen for the first time while another test sets its subscriber may miss that
        // one; it does not where somebody listens everywhere.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        let reader = Reader::default();
        let views = Arc::new(Views::new(&Catalog::own()));
        let meters = views.add_to(SdkMeterProvider::builder().with_reader(reader.clone())).build();
        let instruments = Instruments::new(meters.meter("test"));
        let spans = Spans::default();
        let media = Media::new(&instruments);
        Self {
            data: Data::new(&instruments),
            work: Work::new(&instruments, &media),
            media,
            instruments,
            reader,
            _meters: meters,
            tracers: SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build(),
            spans,
        }
    }

    /// A subscriber that keeps spans.
    pub(crate) fn dispatch(&self) -> Dispatch {
        let layer = tracing_opentelemetry::layer().with_tracer(self.tracers.tracer("test"));
        tracing_subscriber::registry().with(layer).into()
    }

    pub(crate) fn spans(&self) -> Vec<SpanData> {
        self.spans.0.lock().unwrap().clone()
    }

    pub(crate) fn series(&self, name: &str) -> Vec<Series> {
        let mut metrics = ResourceMetrics::default();
        self.reader.collect(&mut metrics).unwrap();
        let metrics = metrics.scope_metrics().flat_map(|scope| scope.metrics());
        metrics.filter(|metric| metric.name() == name).flat_map(|metric| series(metric.data())).collect()
    }

    /// The only series of an instrument.
    #[track_caller]
    pub(crate) fn one(&self, name: &str) -> Series {
        let mut all = self.series(name);
        assert_eq!(all.len(), 1, "{name}: {all:?}");
        all.remove(0)
    }

    /// The sum over all series.
    pub(crate) fn total(&self, name: &str) -> f64 {
        self.series(name)
            .iter()
            .map(|series| match series.value {
                Value::Sum(sum) | Value::Histogram { sum, .. } => sum,
            })
            .sum()
    }
}

impl Series {
    pub(crate) fn count(&self) -> u64 {
        match self.value {
            Value::Histogram { count, .. } => count,
            Value::Sum(_) => panic!("not a histogram: {self:?}"),
        }
    }

    pub(crate) fn label(&self, key: &str) -> &str {
        self.labels.get(key).map_or("", String::as_str)
    }
}

fn series(data: &AggregatedMetrics) -> Vec<Series> {
    match data {
        AggregatedMetrics::F64(data) => of_data(data, |value| value),
        AggregatedMetrics::U64(data) => of_data(data, |value| value as f64),
        AggregatedMetrics::I64(data) => of_data(data, |value| value as f64),
    }
}

fn of_data<T: Copy>(data: &MetricData<T>, number: impl Fn(T) -> f64) -> Vec<Series> {
    match data {
        MetricData::Sum(sum) => sum
            .data_points()
            .map(|point| Series { labels: labels(point.attributes()), value: Value::Sum(number(point.value())) })
            .collect(),
        MetricData::Gauge(gauge) => gauge
            .data_points()
            .map(|point| Series { labels: labels(point.attributes()), value: Value::Sum(number(point.value())) })
            .collect(),
        MetricData::Histogram(histogram) => histogram
            .data_points()
            .map(|point| Series {
                labels: labels(point.attributes()),
                value: Value::Histogram { count: point.count(), sum: number(point.sum()) },
            })
            .collect(),
        MetricData::ExponentialHistogram(_) => panic!("no view asks for one"),
    }
}

fn labels<'a>(attributes: impl Iterator<Item = &'a telecine::opentelemetry::KeyValue>) -> BTreeMap<String, String> {
    attributes.map(|attribute| (attribute.key.to_string(), attribute.value.to_string())).collect()
}

#[derive(Clone, Debug, Default)]
struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Spans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}
