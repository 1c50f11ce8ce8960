//! Settings as a configuration file. Given back, it shows the same.

mod mapping;
mod metrics;
mod yaml;

use std::time::Duration;

use opentelemetry::{Array, Value as Attribute};

use self::yaml::Yaml;
use super::schema::{DETECTORS, FORMATS, SEVERITIES};
use crate::push::{Parts, Protocol, Signal, Tls};
use crate::telemetry::settings::{
    Detection, Distribution, Endpoint, Exporter, Logs, ParentBased, Processor, ProcessorKind, Propagator, RecordLimits,
    ResourceSettings, Sampler, Settings, SpanLimits, Traces,
};

use crate::views::KeyFilter;

/// What stands in the place of a secret.
const HIDDEN: &str = "REDACTED";

/// Settings as YAML of the schema, without secrets: values of headers, tokens, and credentials in URLs.
pub(super) fn show(settings: &Settings) -> String {
    let Settings { disabled, log_level, resource, propagators, traces, metrics, logs, distribution } = settings;
    let mut top = Object::default();
    top.put("file_format", text("1.1"));
    top.put("disabled", Yaml::Boolean(*disabled));
    top.some("log_level", log_level.and_then(|level| name(&SEVERITIES, &level)));
    top.put("resource", self::resource(resource));
    if !propagators.is_empty() {
        let names = propagators.iter().map(|propagator| {
            Yaml::component(
                match propagator {
                    Propagator::TraceContext => "tracecontext",
                    Propagator::Baggage => "baggage",
                    Propagator::B3 => "b3",
                    Propagator::B3Multi => "b3multi",
                },
                Yaml::Nothing,
            )
        });
        top.put("propagator", Yaml::component("composite", Yaml::List(names.collect())));
    }
    // A provider without anything to give to is one that is not there.
    if !traces.processors.is_empty() {
        top.put("tracer_provider", self::traces(traces));
    }
    if !metrics.readers.is_empty() {
        top.put("meter_provider", metrics::metrics(metrics));
    }
    if !logs.processors.is_empty() {
        top.put("logger_provider", self::logs(logs));
    }
    let own = self::distribution(distribution);
    if !own.0.is_empty() {
        top.put("distribution", Yaml::component("telecine", own.yaml()));
    }
    top.yaml().write()
}

/// A mapping under construction.
#[derive(Default)]
struct Object(Vec<(String, Yaml)>);

impl Object {
    fn put(&mut self, key: &str, value: Yaml) {
        self.0.push((key.to_owned(), value));
    }

    fn some(&mut self, key: &str, value: Option<Yaml>) {
        self.0.extend(value.map(|value| (key.to_owned(), value)));
    }

    /// What has no entries is left out.
    fn object(&mut self, key: &str, value: Object) {
        if !value.0.is_empty() {
            self.put(key, value.yaml());
        }
    }

    fn yaml(self) -> Yaml {
        Yaml::Object(self.0)
    }
}

fn text(text: impl Into<String>) -> Yaml {
    Yaml::Text(text.into())
}

fn size(size: usize) -> Yaml {
    // Every size of a machine is one of i128.
    Yaml::Integer(size as i128)
}

fn milliseconds(duration: Duration) -> Yaml {
    Yaml::Integer(i128::try_from(duration.as_millis()).unwrap_or(i128::MAX))
}

/// The name that the schema has for a value.
fn name<T: PartialEq>(names: &[(&str, T)], value: &T) -> Option<Yaml> {
    names.iter().find(|(_, named)| named == value).map(|(name, _)| text(*name))
}

fn resource(resource: &ResourceSettings) -> Yaml {
    let ResourceSettings { attributes, schema_url, detection } = resource;
    let mut object = Object::default();
    if !attributes.is_empty() {
        let pairs = attributes.iter().map(|(key, value)| attribute(key.as_str(), value));
        object.put("attributes", Yaml::List(pairs.collect()));
    }
    object.some("schema_url", schema_url.clone().map(Yaml::Text));
    let Detection { detectors, attributes } = detection;
    if !detectors.is_empty() {
        let mut detection = Object::default();
        detection.object("attributes", keys(attributes));
        let names = detectors
            .iter()
            .filter_map(|detector| DETECTORS.iter().find(|(_, known)| known == detector))
            .map(|(name, _)| Yaml::component(name, Yaml::Nothing));
        detection.put("detectors", Yaml::List(names.collect()));
        object.object("detection/development", detection);
    }
    object.yaml()
}

fn attribute(key: &str, value: &Attribute) -> Yaml {
    let strings =
        |list: &[opentelemetry::StringValue]| Yaml::List(list.iter().map(|item| text(item.as_str())).collect());
    let (value, kind) = match value {
        Attribute::Bool(value) => (Yaml::Boolean(*value), Some("bool")),
        Attribute::I64(value) => (Yaml::Integer((*value).into()), Some("int")),
        Attribute::F64(value) => (Yaml::Float(*value), Some("double")),
        Attribute::Array(Array::Bool(list)) => {
            (Yaml::List(list.iter().map(|item| Yaml::Boolean(*item)).collect()), Some("bool_array"))
        }
        Attribute::Array(Array::I64(list)) => {
            (Yaml::List(list.iter().map(|item| Yaml::Integer((*item).into())).collect()), Some("int_array"))
        }
        Attribute::Array(Array::F64(list)) => {
            (Yaml::List(list.iter().map(|item| Yaml::Float(*item)).collect()), Some("double_array"))
        }
        Attribute::Array(Array::String(list)) => (strings(list), Some("string_array")),
        value => (text(value.as_str()), None),
    };
    let mut pair = Object::default();
    pair.put("name", text(key));
    pair.put("value", value);
    pair.some("type", kind.map(text));
    pair.yaml()
}

fn keys(keys: &KeyFilter) -> Object {
    let KeyFilter { included, excluded } = keys;
    let mut object = Object::default();
    object.some("included", included.as_ref().map(Yaml::texts));
    if !excluded.is_empty() {
        object.put("excluded", Yaml::texts(excluded));
    }
    object
}

fn traces(traces: &Traces) -> Yaml {
    let Traces { processors, sampler, limits } = traces;
    let mut object = Object::default();
    object.put("processors", Yaml::List(processors.iter().map(processor).collect()));
    object.put("sampler", self::sampler(sampler));
    let SpanLimits { attribute_value_length, attributes, events, links, event_attributes, link_attributes } = limits;
    let mut limits = Object::default();
    limits.some("attribute_value_length_limit", attribute_value_length.map(size));
    for (key, limit) in [
        ("attribute_count_limit", attributes),
        ("event_count_limit", events),
        ("link_count_limit", links),
        ("event_attribute_count_limit", event_attributes),
        ("link_attribute_count_limit", link_attributes),
    ] {
        limits.put(key, Yaml::Integer((*limit).into()));
    }
    object.object("limits", limits);
    object.yaml()
}

fn sampler(sampler: &Sampler) -> Yaml {
    match sampler {
        Sampler::AlwaysOn => Yaml::component("always_on", Yaml::Nothing),
        Sampler::AlwaysOff => Yaml::component("always_off", Yaml::Nothing),
        Sampler::TraceIdRatio(ratio) => {
            Yaml::component("trace_id_ratio_based", Yaml::component("ratio", Yaml::Float(*ratio)))
        }
        Sampler::ParentBased(branches) => {
            let ParentBased { root, remote_sampled, remote_not_sampled, local_sampled, local_not_sampled } =
                &**branches;
            let mut object = Object::default();
            for (key, branch) in [
                ("root", root),
                ("remote_parent_sampled", remote_sampled),
                ("remote_parent_not_sampled", remote_not_sampled),
                ("local_parent_sampled", local_sampled),
                ("local_parent_not_sampled", local_not_sampled),
            ] {
                object.put(key, self::sampler(branch));
            }
            Yaml::component("parent_based", object.yaml())
        }
    }
}

fn logs(logs: &Logs) -> Yaml {
    let Logs { processors, limits } = logs;
    let mut object = Object::default();
    object.put("processors", Yaml::List(processors.iter().map(processor).collect()));
    let RecordLimits { attribute_value_length, attributes } = limits;
    let mut limits = Object::default();
    limits.some("attribute_value_length_limit", attribute_value_length.map(size));
    limits.put("attribute_count_limit", size(*attributes));
    object.object("limits", limits);
    object.yaml()
}

fn processor(processor: &Processor) -> Yaml {
    let Processor { kind, exporter } = processor;
    let mut object = Object::default();
    let name = match kind {
        ProcessorKind::Batch(batch) => {
            object.put("schedule_delay", milliseconds(batch.delay));
            object.put("export_timeout", milliseconds(batch.timeout));
            object.put("max_queue_size", size(batch.queue));
            object.put("max_export_batch_size", size(batch.batch));
            "batch"
        }
        ProcessorKind::Simple => "simple",
    };
    let (exporter, settings) = self::exporter(exporter);
    object.put("exporter", Yaml::component(exporter, settings.map_or(Yaml::Nothing, Object::yaml)));
    Yaml::component(name, object.yaml())
}

/// An exporter's name, and its settings if it has any.
fn exporter(exporter: &Exporter) -> (&'static str, Option<Object>) {
    match exporter {
        Exporter::Console => ("console", None),
        Exporter::Otlp(signal) => {
            let name = match signal.protocol {
                Protocol::HttpProtobuf | Protocol::HttpJson => "otlp_http",
                Protocol::Grpc => "otlp_grpc",
            };
            (name, Some(self::signal(signal)))
        }
    }
}

fn signal(signal: &Signal) -> Object {
    let Signal { protocol, endpoint, headers, timeout, compression, tls } = signal;
    let mut object = Object::default();
    object.put("endpoint", text(without_credentials(endpoint)));
    if *protocol == Protocol::HttpJson {
        object.put("encoding", text("json"));
    }
    let Tls { ca_file, client_key_file, client_certificate_file, insecure } = tls;
    let mut certificates = Object::default();
    for (key, file) in [("ca_file", ca_file), ("key_file", client_key_file), ("cert_file", client_certificate_file)] {
        certificates.some(key, file.as_ref().map(|file| text(file.to_string_lossy())));
    }
    if *protocol == Protocol::Grpc && *insecure {
        certificates.put("insecure", Yaml::Boolean(true));
    }
    object.object("tls", certificates);
    if !headers.is_empty() {
        let pairs = headers.iter().map(|(name, _)| {
            let mut pair = Object::default();
            pair.put("name", text(name));
            pair.put("value", text(HIDDEN));
            pair.yaml()
        });
        object.put("headers", Yaml::List(pairs.collect()));
    }
    object.put("compression", text(if compression.is_some() { "gzip" } else { "none" }));
    object.put("timeout", milliseconds(*timeout));
    object
}

/// A URL whose user, password, values of the query and fragment are hidden.
fn without_credentials(url: &str) -> String {
    let Parts { scheme, has_user, rest } = Parts::of(url);
    let user = if has_user { format!("{HIDDEN}@") } else { String::new() };
    let (rest, fragment) = match rest.split_once('#') {
        Some((rest, _)) => (rest, format!("#{HIDDEN}")),
        None => (rest, String::new()),
    };
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    let mut shown = format!("{scheme}{user}{place}");
    if let Some(query) = query {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((key, _)) => format!("{key}={HIDDEN}"),
            None => HIDDEN.to_owned(),
        });
        shown += "?";
        shown += &pairs.collect::<Vec<_>>().join("&");
    }
    shown + &fragment
}

fn distribution(distribution: &Distribution) -> Object {
    let Distribution { logs, prometheus } = distribution;
    let mut object = Object::default();
    let mut lines = Object::default();
    lines.some("filter", logs.filter.clone().map(Yaml::Text));
    lines.some("format", logs.format.and_then(|format| name(&FORMATS, &format)));
    lines.some("file", logs.file.as_ref().map(|file| text(file.to_string_lossy())));
    lines.some("colour", logs.colour.map(Yaml::Boolean));
    object.object("logs", lines);
    let mut endpoint = mapping::endpoint(&prometheus.mapping);
    let Endpoint { mapping: _, bearer_token, bearer_token_file } = prometheus;
    endpoint.some("bearer_token", bearer_token.as_ref().map(|_| text(HIDDEN)));
    endpoint.some("bearer_token_file", bearer_token_file.as_ref().map(|file| text(file.to_string_lossy())));
    object.object("prometheus", endpoint);
    object
}
