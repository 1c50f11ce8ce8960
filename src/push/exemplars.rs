//! Puts exemplars into an encoded request: the SDK's data points carry none.

use std::ops::RangeInclusive;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::exemplar::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Exemplar as Encoded, Metric};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};

use crate::exemplar::{Exemplar, Exemplars, StreamReservoirs};

/// How the values of an instrument are encoded.
type Encode = fn(f64) -> Value;

/// Gives the data points of `request`, which was made of `metrics`, the exemplars held for their series.
///
/// Only those whose time lies in that of their data point: where changes are sent, that leaves out what the previous
/// export has carried, and what belongs to the next.
pub(crate) fn attach(request: &mut ExportMetricsServiceRequest, metrics: &ResourceMetrics, held: &Exemplars) {
    let encoded = request.resource_metrics.iter_mut().flat_map(|resource| &mut resource.scope_metrics);
    for (scope, encoded) in metrics.scope_metrics().zip(encoded) {
        for (metric, encoded) in scope.metrics().zip(&mut encoded.metrics) {
            let Some(stream) = held.stream(scope.scope(), metric.name()) else { continue };
            match metric.data() {
                AggregatedMetrics::F64(data) => points(data, encoded, &stream, Value::AsDouble),
                AggregatedMetrics::U64(data) => points(data, encoded, &stream, integer),
                AggregatedMetrics::I64(data) => points(data, encoded, &stream, integer),
            }
        }
    }
}

fn points<T>(data: &MetricData<T>, encoded: &mut Metric, stream: &StreamReservoirs, number: Encode) {
    match (data, &mut encoded.data) {
        (MetricData::Gauge(gauge), Some(Data::Gauge(encoded))) => {
            let time = gauge.start_time().unwrap_or(UNIX_EPOCH)..=gauge.time();
            for (point, encoded) in gauge.data_points().zip(&mut encoded.data_points) {
                encoded.exemplars = exemplars(stream, point.attributes(), &time, number);
            }
        }
        (MetricData::Sum(sum), Some(Data::Sum(encoded))) => {
            let time = sum.start_time()..=sum.time();
            for (point, encoded) in sum.data_points().zip(&mut encoded.data_points) {
                encoded.exemplars = exemplars(stream, point.attributes(), &time, number);
            }
        }
        // The sum and bounds of a histogram are encoded as floating point, whatever its instrument.
        (MetricData::Histogram(histogram), Some(Data::Histogram(encoded))) => {
            let time = histogram.start_time()..=histogram.time();
            for (point, encoded) in histogram.data_points().zip(&mut encoded.data_points) {
                encoded.exemplars = exemplars(stream, point.attributes(), &time, Value::AsDouble);
            }
        }
        (MetricData::ExponentialHistogram(histogram), Some(Data::ExponentialHistogram(encoded))) => {
            let time = histogram.start_time()..=histogram.time();
            for (point, encoded) in histogram.data_points().zip(&mut encoded.data_points) {
                encoded.exemplars = exemplars(stream, point.attributes(), &time, Value::AsDouble);
            }
        }
        _ => {}
    }
}

fn exemplars<'a>(
    stream: &StreamReservoirs,
    attributes: impl Iterator<Item = &'a KeyValue>,
    time: &RangeInclusive<SystemTime>,
    value: Encode,
) -> Vec<Encoded> {
    let mut encoded = Vec::new();
    if let Some(series) = stream.series(attributes) {
        series.each(|_, exemplar| {
            if time.contains(&exemplar.time) {
                encoded.push(encode(exemplar, value));
            }
        });
    }
    encoded
}

fn encode(exemplar: &Exemplar, value: Encode) -> Encoded {
    let since = exemplar.time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Encoded {
        filtered_attributes: exemplar.filtered.iter().map(Into::into).collect(),
        time_unix_nano: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
        // No id at all says that there was no span.
        span_id: match exemplar.span_id {
            SpanId::INVALID => Vec::new(),
            id => id.to_bytes().to_vec(),
        },
        trace_id: match exemplar.trace_id {
            TraceId::INVALID => Vec::new(),
            id => id.to_bytes().to_vec(),
        },
        value: Some(value(exemplar.value)),
    }
}

fn integer(value: f64) -> Value {
    Value::AsInt(value as i64)
}

#[cfg(test)]
mod tests;
