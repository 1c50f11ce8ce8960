//! Reads what the collector wrote: OTLP as JSON, one export request a line.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::openmetrics::Labels;

/// A finished span.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    /// Empty on a root.
    pub(crate) parent_id: String,
    /// Nanoseconds since 1970.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) attributes: Labels,
}

/// A log record.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) trace_id: String,
}

/// The series of a metric: its name and its attributes.
pub(crate) type Series = (String, Labels);

/// The latest value of a series.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) unit: String,
    pub(crate) value: PointValue,
}

#[derive(Clone, Debug)]
pub(crate) enum PointValue {
    /// A counter that only grows.
    Counter(f64),
    /// A number that goes up and down.
    Gauge(f64),
    Histogram {
        bounds: Vec<f64>,
        counts: Vec<f64>,
        sum: f64,
        exemplars: Vec<crate::openmetrics::Exemplar>,
    },
}

impl Span {
    pub(crate) fn seconds(&self) -> f64 {
        self.end.saturating_sub(self.start) as f64 / 1e9
    }

    pub(crate) fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.get(key).map(String::as_str)
    }
}

pub(crate) fn spans(requests: &[Value]) -> Vec<Span> {
    let mut spans = Vec::new();
    for scopes in scopes(requests, "resourceSpans", "scopeSpans") {
        for span in scopes.iter().flat_map(|scope| list(&scope["spans"])) {
            spans.push(Span {
                name: text(&span["name"]),
                trace_id: text(&span["traceId"]),
                span_id: text(&span["spanId"]),
                parent_id: text(&span["parentSpanId"]),
                start: text(&span["startTimeUnixNano"]).parse().unwrap_or_default(),
                end: text(&span["endTimeUnixNano"]).parse().unwrap_or_default(),
                attributes: attributes(&span["attributes"]),
            });
        }
    }
    spans
}

pub(crate) fn records(requests: &[Value]) -> Vec<Record> {
    scopes(requests, "resourceLogs", "scopeLogs")
        .flatten()
        .flat_map(|scope| list(&scope["logRecords"]))
        .map(|record| Record { trace_id: text(&record["traceId"]) })
        .collect()
}

/// Totals are sent again and again: the last one of each series is what counts.
pub(crate) fn points(requests: &[Value]) -> BTreeMap<Series, Point> {
    let mut points = BTreeMap::new();
    for scopes in scopes(requests, "resourceMetrics", "scopeMetrics") {
        for metric in scopes.iter().flat_map(|scope| list(&scope["metrics"])) {
            let name = text(&metric["name"]);
            let of = |kind: &str| list(&metric[kind]["dataPoints"]);
            let grows = metric["sum"]["isMonotonic"] == true;
            for point in of("sum").iter().chain(of("gauge")).chain(of("histogram")) {
                let value = match point.get("bucketCounts") {
                    Some(counts) => PointValue::Histogram {
                        bounds: numbers(&point["explicitBounds"]),
                        counts: numbers(counts),
                        sum: number(&point["sum"]),
                        exemplars: list(&point["exemplars"]).iter().map(exemplar).collect(),
                    },
                    None if grows => PointValue::Counter(value(point)),
                    None => PointValue::Gauge(value(point)),
                };
                let series = (name.clone(), attributes(&point["attributes"]));
                points.insert(series, Point { unit: text(&metric["unit"]), value });
            }
        }
    }
    points
}

fn exemplar(exemplar: &Value) -> crate::openmetrics::Exemplar {
    crate::openmetrics::Exemplar {
        trace_id: text(&exemplar["traceId"]),
        span_id: text(&exemplar["spanId"]),
        value: value(exemplar),
    }
}

/// What each resource of each request has: its scopes.
fn scopes<'a>(requests: &'a [Value], resources: &'a str, scopes: &'a str) -> impl Iterator<Item = &'a [Value]> {
    requests.iter().flat_map(move |request| list(&request[resources])).map(move |resource| list(&resource[scopes]))
}

fn attributes(of: &Value) -> Labels {
    let pair = |entry: &Value| {
        let value = entry["value"].as_object().and_then(|value| value.values().next()).map(text).unwrap_or_default();
        (text(&entry["key"]), value)
    };
    list(of).iter().map(pair).collect()
}

fn value(point: &Value) -> f64 {
    number(point.get("asDouble").or(point.get("asInt")).unwrap_or(&Value::Null))
}

fn numbers(of: &Value) -> Vec<f64> {
    list(of).iter().map(number).collect()
}

/// OTLP writes integers of 64 bits as strings.
fn number(of: &Value) -> f64 {
    of.as_f64().or_else(|| of.as_str()?.parse().ok()).unwrap_or_default()
}

fn text(of: &Value) -> String {
    of.as_str().map_or_else(|| if of.is_null() { String::new() } else { of.to_string() }, str::to_owned)
}

fn list(of: &Value) -> &[Value] {
    of.as_array().map_or(&[], Vec::as_slice)
}
