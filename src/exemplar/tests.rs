mod delivery;
mod sampling;
mod series;
mod spans;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, InstrumentationScope, Key};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{ManualReader, Pipeline, Temporality};

use super::*;
use crate::views::Aggregation;

/// A reader that the test keeps when the provider takes it.
#[derive(Clone, Debug)]
struct Reader(Arc<ManualReader>);

/// The data points of a collection, as text: by metric and sorted attributes.
type Points = BTreeMap<(String, String), String>;

/// A provider with exemplars, its reservoirs, and two readers.
struct Setup {
    exemplars: Exemplars,
    provider: super::MeterProvider,
    readers: [Reader; 2],
}

impl Reader {
    fn new(temporality: Temporality) -> Self {
        Self(Arc::new(ManualReader::builder().with_temporality(temporality).build()))
    }

    fn collect(&self) -> ResourceMetrics {
        let mut metrics = ResourceMetrics::default();
        self.0.collect(&mut metrics).unwrap();
        metrics
    }

    fn points(&self) -> Points {
        let mut points = Points::new();
        for metric in self.collect().scope_metrics().flat_map(|scope| scope.metrics()) {
            each_point(metric.data(), |attributes, values| {
                points.insert((metric.name().to_owned(), text(attributes)), values);
            });
        }
        points
    }
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

impl Setup {
    fn new(filter: Filter, streams: impl IntoIterator<Item = (&'static str, Stream)>) -> Self {
        let views = Arc::new(Views::of(streams));
        let readers = [Reader::new(Temporality::Cumulative), Reader::new(Temporality::Delta)];
        let sdk = sdk(&views, &readers);
        let exemplars = Exemplars::new(filter, views);
        Self { provider: exemplars.wrap(sdk), exemplars, readers }
    }

    fn meter(&self) -> Meter {
        self.provider.meter("test")
    }

    fn stream(&self, name: &str) -> Arc<StreamReservoirs> {
        self.exemplars.stream(&InstrumentationScope::builder("test").build(), name).unwrap()
    }

    /// The exemplars of a series, with their places.
    fn held(&self, name: &str, attributes: &[KeyValue]) -> Vec<(usize, Exemplar)> {
        let mut held = Vec::new();
        let series = self.stream(name).series(attributes.iter());
        if let Some(series) = series {
            series.each(|place, exemplar| held.push((place, exemplar.clone())));
            assert_eq!(series.is_empty(), held.is_empty());
        }
        held
    }

    fn values(&self, name: &str, attributes: &[KeyValue]) -> Vec<f64> {
        self.held(name, attributes).into_iter().map(|(_, exemplar)| exemplar.value).collect()
    }
}

fn sdk(views: &Arc<Views>, readers: &[Reader; 2]) -> SdkMeterProvider {
    let [one, two] = readers.clone();
    let builder = SdkMeterProvider::builder().with_reader(one).with_reader(two);
    views.add_to(builder).build()
}

fn stream(name: &'static str, aggregation: Aggregation) -> (&'static str, Stream) {
    (
        name,
        Stream { name: name.into(), aggregation, keys: None, cardinality_limit: 100, description: None, filter: None },
    )
}

fn with_keys((name, stream): (&'static str, Stream), keys: &[&'static str]) -> (&'static str, Stream) {
    let keys = keys.iter().map(|key| Key::from_static_str(key)).collect();
    (name, Stream { keys: Some(keys), ..stream })
}

fn with_limit((name, stream): (&'static str, Stream), cardinality_limit: usize) -> (&'static str, Stream) {
    (name, Stream { cardinality_limit, ..stream })
}

fn overflow() -> [KeyValue; 1] {
    [KeyValue::new("otel.metric.overflow", true)]
}

/// Runs `f` inside a span that is sampled, or not.
fn inside<R>(sampled: bool, id: u64, f: impl FnOnce() -> R) -> R {
    let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let span = SpanContext::new(id.into_trace(), SpanId::from(id), flags, false, TraceState::default());
    let _guard = Context::new().with_remote_span_context(span).attach();
    f()
}

trait IntoTrace {
    fn into_trace(self) -> TraceId;
}

impl IntoTrace for u64 {
    fn into_trace(self) -> TraceId {
        TraceId::from(u128::from(self) << 64 | 7)
    }
}

fn text<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> String {
    let mut attributes: Vec<_> = attributes.map(|kept| format!("{}={:?}", kept.key, kept.value)).collect();
    attributes.sort();
    attributes.join(",")
}

fn each_point(data: &AggregatedMetrics, f: impl FnMut(&mut dyn Iterator<Item = &KeyValue>, String)) {
    match data {
        AggregatedMetrics::F64(data) => each_point_of(data, f),
        AggregatedMetrics::U64(data) => each_point_of(data, f),
        AggregatedMetrics::I64(data) => each_point_of(data, f),
    }
}

fn each_point_of<T: fmt::Debug + Copy>(
    data: &MetricData<T>,
    mut f: impl FnMut(&mut dyn Iterator<Item = &KeyValue>, String),
) {
    match data {
        MetricData::Gauge(gauge) => {
            gauge.data_points().for_each(|point| f(&mut point.attributes(), format!("{:?}", point.value())));
        }
        MetricData::Sum(sum) => {
            sum.data_points().for_each(|point| f(&mut point.attributes(), format!("{:?}", point.value())));
        }
        MetricData::Histogram(histogram) => histogram.data_points().for_each(|point| {
            let bounds: Vec<_> = point.bounds().collect();
            let counts: Vec<_> = point.bucket_counts().collect();
            f(&mut point.attributes(), format!("{bounds:?} {counts:?} {:?} {:?}", point.sum(), point.max()));
        }),
        MetricData::ExponentialHistogram(histogram) => histogram.data_points().for_each(|point| {
            f(&mut point.attributes(), format!("{:?} {:?} {:?}", point.count(), point.sum(), point.scale()));
        }),
    }
}
