use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};

use super::*;
use crate::catalog::Catalog;
use crate::exemplar::{Filter, MeterProvider};
use crate::views::{
    Aggregation, CardinalityLimits, HistogramAggregation, KeyFilter, Rule, Selector, StreamRule, Views,
};

/// Keeps what would be sent.
#[derive(Clone, Debug)]
struct Kept {
    requests: Arc<Mutex<Vec<ExportMetricsServiceRequest>>>,
    exemplars: Exemplars,
    temporality: Temporality,
}

impl PushMetricExporter for Kept {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut request = metrics.into();
        attach(&mut request, metrics, &self.exemplars);
        self.exemplars.collected();
        self.requests.lock().unwrap().push(request);
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

struct Setup {
    kept: Kept,
    sdk: SdkMeterProvider,
    provider: MeterProvider,
}

impl Setup {
    fn new(temporality: Temporality, aggregation: Aggregation) -> Self {
        let rule = Rule {
            selector: Selector { instrument_name: Some("measured".to_owned()), ..Selector::default() },
            stream: StreamRule {
                aggregation: Some(aggregation),
                cardinality_limit: Some(10),
                attribute_keys: Some(KeyFilter { included: Some(vec!["media.codec".to_owned()]), excluded: vec![] }),
                ..StreamRule::default()
            },
        };
        let (catalog, histograms) = (Catalog::empty(), HistogramAggregation::default());
        let views = Views::with_rules(&catalog, vec![rule], histograms, CardinalityLimits::default()).unwrap();
        let views = Arc::new(views);
        let exemplars = Exemplars::new(Filter::TraceBased, views.clone());
        let kept = Kept { requests: Arc::default(), exemplars: exemplars.clone(), temporality };
        let reader = PeriodicReader::builder(kept.clone()).with_interval(Duration::from_secs(3600)).build();
        let sdk = views.add_to(SdkMeterProvider::builder().with_reader(reader)).build();
        Self { kept, provider: exemplars.wrap(sdk.clone()), sdk }
    }

    /// Exports, and returns the exemplars of the only data point.
    fn export(&self) -> Vec<Encoded> {
        self.sdk.force_flush().unwrap();
        let request = self.kept.requests.lock().unwrap().pop().unwrap();
        let metric = &request.resource_metrics[0].scope_metrics[0].metrics[0];
        match metric.data.clone().unwrap() {
            Data::Gauge(gauge) => gauge.data_points[0].exemplars.clone(),
            Data::Sum(sum) => sum.data_points[0].exemplars.clone(),
            Data::Histogram(histogram) => histogram.data_points[0].exemplars.clone(),
            Data::ExponentialHistogram(histogram) => histogram.data_points[0].exemplars.clone(),
            Data::Summary(_) => unreachable!("the SDK has none"),
        }
    }
}

/// Runs `f` inside a sampled span with this id.
fn inside<R>(id: u64, f: impl FnOnce() -> R) -> R {
    let trace = TraceId::from(u128::from(id) << 64 | 7);
    let span = SpanContext::new(trace, SpanId::from(id), TraceFlags::SAMPLED, false, TraceState::default());
    let _entered = Context::new().with_remote_span_context(span).attach();
    f()
}

fn values(exemplars: &[Encoded]) -> Vec<Value> {
    exemplars.iter().map(|exemplar| exemplar.value.unwrap()).collect()
}

fn exponential() -> Aggregation {
    Aggregation::Exponential { max_size: 160, max_scale: 20, record_min_max: true }
}

#[test]
fn with_ids_time_and_what_the_views_dropped() {
    let setup = Setup::new(Temporality::Cumulative, Aggregation::Default);
    let counter = setup.provider.meter("test").u64_counter("measured").build();
    let before = SystemTime::now();
    let attributes = [KeyValue::new("media.codec", "av1"), KeyValue::new("job.id", "7")];
    inside(9, || counter.add(5, &attributes));
    let exemplars = setup.export();
    let [exemplar] = &exemplars[..] else { panic!("{exemplars:?}") };
    assert_eq!(exemplar.value, Some(Value::AsInt(5)));
    assert_eq!(exemplar.span_id, 9_u64.to_be_bytes());
    assert_eq!(exemplar.trace_id, (9_u128 << 64 | 7).to_be_bytes());
    let nanos = before.duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    assert!(exemplar.time_unix_nano >= nanos);
    let keys: Vec<&str> = exemplar.filtered_attributes.iter().map(|pair| pair.key.as_str()).collect();
    assert_eq!(keys, ["job.id"]);
}

#[test]
fn of_each_kind_of_instrument() {
    let counter = Setup::new(Temporality::Cumulative, Aggregation::Default);
    inside(1, || counter.provider.meter("test").f64_counter("measured").build().add(1.5, &[]));
    assert_eq!(values(&counter.export()), [Value::AsDouble(1.5)]);

    let up_down = Setup::new(Temporality::Cumulative, Aggregation::Default);
    inside(1, || up_down.provider.meter("test").i64_up_down_counter("measured").build().add(-3, &[]));
    assert_eq!(values(&up_down.export()), [Value::AsInt(-3)]);

    let gauge = Setup::new(Temporality::Cumulative, Aggregation::Default);
    inside(1, || gauge.provider.meter("test").f64_gauge("measured").build().record(0.5, &[]));
    assert_eq!(values(&gauge.export()), [Value::AsDouble(0.5)]);

    let explicit = Aggregation::Explicit { boundaries: vec![1.0, 10.0], record_min_max: true };
    for aggregation in [explicit, exponential()] {
        let histogram = Setup::new(Temporality::Cumulative, aggregation);
        let instrument = histogram.provider.meter("test").u64_histogram("measured").build();
        inside(1, || instrument.record(5, &[]));
        inside(2, || instrument.record(50, &[]));
        let mut values = values(&histogram.export());
        values.sort_by(|a, b| format!("{a:?}").cmp(&format!("{b:?}")));
        assert_eq!(values, [Value::AsDouble(5.0), Value::AsDouble(50.0)]);
    }
}

#[test]
fn again_with_totals_and_once_with_changes() {
    for (temporality, again) in [(Temporality::Cumulative, 1), (Temporality::Delta, 0)] {
        let setup = Setup::new(temporality, exponential());
        let histogram = setup.provider.meter("test").f64_histogram("measured").build();
        inside(1, || histogram.record(1.0, &[]));
        assert_eq!(setup.export().len(), 1);
        // Outside of a span: a data point without a new exemplar.
        histogram.record(2.0, &[]);
        assert_eq!(setup.export().len(), again, "{temporality:?}");
        inside(3, || histogram.record(3.0, &[]));
        assert!(values(&setup.export()).contains(&Value::AsDouble(3.0)), "{temporality:?}");
    }
}

#[test]
fn none_without_a_span() {
    let setup = Setup::new(Temporality::Cumulative, Aggregation::Default);
    setup.provider.meter("test").u64_counter("measured").build().add(5, &[]);
    assert_eq!(setup.export(), []);
}
