use std::path::PathBuf;

use opentelemetry_sdk::metrics::Temporality;

use super::field::{Field, Object};
use crate::push::{Compression, DEFAULT_GRPC_ENDPOINT, DEFAULT_HTTP_ENDPOINT, Kind, Protocol, Signal, Tls};
use crate::telemetry::config::fault::Report;
use crate::telemetry::environment::{grpc_endpoint, header, http_endpoint, pairs, put_header, without_fragment};
pub(super) use crate::telemetry::settings::Exporter;
use crate::telemetry::settings::MetricExporter;
use crate::views::HistogramAggregation;

const KNOWN: [&str; 3] = ["otlp_http", "otlp_grpc", "console"];

/// Where spans or log records go.
pub(super) fn exporter(field: &Field<'_>, kind: Kind, report: &mut Report) -> Option<Exporter> {
    let (name, settings) = field.component("exporter", report)?;
    let mut object = match name {
        "otlp_http" | "otlp_grpc" | "console" => settings.object_or_null(report)?,
        other => {
            field.unknown("exporter", other, &KNOWN, report);
            return None;
        }
    };
    let exporter = named(name, &settings, &mut object, kind, report);
    object.close(report);
    exporter
}

/// Where metrics are pushed to, and what histograms without a view are to be there.
pub(super) fn metric_exporter(
    field: &Field<'_>,
    report: &mut Report,
) -> Option<(MetricExporter, Option<HistogramAggregation>)> {
    let (name, settings) = field.component("exporter", report)?;
    let mut object = match name {
        "otlp_http" | "otlp_grpc" | "console" => settings.object_or_null(report)?,
        other => {
            field.unknown("exporter", other, &KNOWN, report);
            return None;
        }
    };
    let exporter = named(name, &settings, &mut object, Kind::Metrics, report);
    let temporality = object.word("temporality_preference", &TEMPORALITIES, report).unwrap_or_default();
    let aggregation = object.word("default_histogram_aggregation", &AGGREGATIONS, report);
    object.close(report);
    Some((MetricExporter { exporter: exporter?, temporality }, aggregation))
}

pub(in crate::telemetry::config) const TEMPORALITIES: [(&str, Temporality); 3] =
    [("cumulative", Temporality::Cumulative), ("delta", Temporality::Delta), ("low_memory", Temporality::LowMemory)];

pub(in crate::telemetry::config) const AGGREGATIONS: [(&str, HistogramAggregation); 2] = [
    ("explicit_bucket_histogram", HistogramAggregation::Explicit),
    ("base2_exponential_bucket_histogram", HistogramAggregation::Exponential),
];

fn named(
    name: &str,
    settings: &Field<'_>,
    object: &mut Object<'_>,
    kind: Kind,
    report: &mut Report,
) -> Option<Exporter> {
    let signal = match name {
        "otlp_http" => http(object, kind, report),
        "otlp_grpc" => grpc(object, report),
        _ => return Some(Exporter::Console),
    };
    if !cfg!(feature = "otlp") {
        settings.error("needs the Cargo feature `otlp`, which this program was built without", report);
    }
    signal.map(Exporter::Otlp)
}

fn http(object: &mut Object<'_>, kind: Kind, report: &mut Report) -> Option<Signal> {
    let usual = || {
        let path = match kind {
            Kind::Traces => "traces",
            Kind::Metrics => "metrics",
            Kind::Logs => "logs",
        };
        format!("{DEFAULT_HTTP_ENDPOINT}/v1/{path}")
    };
    let endpoint = endpoint(object, http_endpoint, report);
    let mut signal = Signal::http(endpoint.unwrap_or_else(usual));
    let known = [("protobuf", Protocol::HttpProtobuf), ("json", Protocol::HttpJson)];
    if let Some(protocol) = object.field("encoding").and_then(|encoding| encoding.word(&known, report)) {
        signal.protocol = protocol;
    }
    common(&mut signal, object, report);
    Some(signal)
}

fn grpc(object: &mut Object<'_>, report: &mut Report) -> Option<Signal> {
    let endpoint = endpoint(object, grpc_endpoint, report);
    let mut signal = Signal::grpc(endpoint.unwrap_or_else(|| DEFAULT_GRPC_ENDPOINT.to_owned()));
    common(&mut signal, object, report);
    Some(signal)
}

/// The endpoint, if it has a form that its protocol can use.
fn endpoint(
    object: &mut Object<'_>,
    usable: fn(&str) -> Result<String, String>,
    report: &mut Report,
) -> Option<String> {
    let field = object.some("endpoint")?;
    let endpoint = field.text(report)?;
    if endpoint.trim().is_empty() {
        field.error("is empty", report);
        return None;
    }
    match usable(endpoint) {
        Ok(mut endpoint) => {
            if without_fragment(&mut endpoint) {
                field.warning("what comes after `#` is left out: no request carries it", report);
            }
            Some(endpoint)
        }
        // It may hold a secret: it is not repeated.
        Err(reason) => {
            field.error(reason.trim_start_matches("it "), report);
            None
        }
    }
}

fn common(signal: &mut Signal, object: &mut Object<'_>, report: &mut Report) {
    signal.tls = object.some("tls").and_then(|tls| self::tls(&tls, signal.protocol, report)).unwrap_or_default();
    signal.headers = headers(object, report);
    if let Some(timeout) = object.milliseconds("timeout", report) {
        signal.timeout = timeout;
    }
    let known = [("gzip", Some(Compression::Gzip)), ("none", None)];
    signal.compression = object.some("compression").and_then(|field| field.word(&known, report)).flatten();
    for key in ["max_request_size", "max_response_size"] {
        if let Some(size) = object.some(key) {
            if size.integer(0..=i128::MAX, report).is_some() {
                size.warning("is not honoured: the limits are the OTLP specification's", report);
            }
        }
    }
}

fn tls(field: &Field<'_>, protocol: Protocol, report: &mut Report) -> Option<Tls> {
    let mut object = field.object(report)?;
    let tls = Tls {
        ca_file: object.text("ca_file", report).map(PathBuf::from),
        client_key_file: object.text("key_file", report).map(PathBuf::from),
        client_certificate_file: object.text("cert_file", report).map(PathBuf::from),
        insecure: protocol == Protocol::Grpc && object.boolean("insecure", report).unwrap_or_default(),
    };
    if tls.client_key_file.is_some() != tls.client_certificate_file.is_some() {
        object.error("`key_file` and `cert_file` go together: one of them is missing", report);
    }
    object.close(report);
    Some(tls)
}

/// `headers`, and what of `headers_list` is not among them.
fn headers(object: &mut Object<'_>, report: &mut Report) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for item in object.list("headers", 1, report).unwrap_or_default() {
        let Some(mut pair) = item.object(report) else { continue };
        let name = pair.required("name", report).and_then(|name| name.text(report));
        let value = pair.field("value");
        if value.is_none() {
            pair.error("the key `value` is missing", report);
        }
        let value = pair.text("value", report);
        pair.close(report);
        // A pair whose value is null is left out.
        if let (Some(name), Some(value)) = (name, value) {
            if let Err(reason) = header(name, &value) {
                item.error(reason, report);
                continue;
            }
            put_header(&mut headers, name.to_owned(), value);
        }
    }
    if let Some(list) = object.some("headers_list") {
        match list.text(report).map(pairs) {
            Some(Ok(pairs)) => {
                let mut listed = Vec::new();
                for (name, value) in pairs {
                    match header(&name, &value) {
                        Ok(()) => put_header(&mut listed, name, value),
                        Err(reason) => list.error(reason, report),
                    }
                }
                listed.retain(|(name, _)| headers.iter().all(|(other, _)| !other.eq_ignore_ascii_case(name)));
                headers.append(&mut listed);
            }
            // The reason could show a part of a secret.
            Some(Err(_)) => {
                list.error("is not a list of `name=value` between commas, with values percent-encoded", report)
            }
            None => {}
        }
    }
    headers
}
