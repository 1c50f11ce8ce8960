use opentelemetry_sdk::metrics::InstrumentKind;

use super::yaml::Yaml;
use super::{Object, exporter, keys, milliseconds, name, size, text};
use crate::telemetry::config::schema::{AGGREGATIONS, FILTERS, KINDS, TEMPORALITIES, TRANSLATIONS};
use crate::telemetry::settings::{MetricExporter, Metrics, Periodic, Prometheus, Reader};
use crate::views::{Aggregation, CardinalityLimits, HistogramAggregation, Rule, Selector, StreamRule};

pub(super) fn metrics(metrics: &Metrics) -> Yaml {
    let Metrics { readers, views, exemplar_filter, histogram_aggregation, cardinality } = metrics;
    let (mut histograms, mut views) = (*histogram_aggregation, views.clone());
    // A variable speaks for all exits; in a file only those that push can be told, and a view says it for all.
    if histograms == HistogramAggregation::Exponential && readers.iter().any(|one| matches!(one, Reader::Prometheus(_)))
    {
        let selector = Selector { instrument_type: Some(InstrumentKind::Histogram), ..Selector::default() };
        let stream = StreamRule { aggregation: Some(histograms.aggregation()), ..StreamRule::default() };
        views.push(Rule { selector, stream });
        histograms = HistogramAggregation::default();
    }
    let mut object = Object::default();
    let readers = readers.iter().map(|reader| self::reader(reader, histograms, cardinality));
    object.put("readers", Yaml::List(readers.collect()));
    if !views.is_empty() {
        object.put("views", Yaml::List(views.iter().map(view).collect()));
    }
    object.some("exemplar_filter", name(&FILTERS, exemplar_filter));
    object.yaml()
}

fn reader(reader: &Reader, histograms: HistogramAggregation, limits: &CardinalityLimits) -> Yaml {
    let mut object = Object::default();
    let name = match reader {
        Reader::Periodic(Periodic { interval, timeout, exporter }) => {
            object.put("interval", milliseconds(*interval));
            object.put("timeout", milliseconds(*timeout));
            object.put("exporter", pushed(exporter, histograms));
            "periodic"
        }
        Reader::Prometheus(prometheus) => {
            object.put("exporter", Yaml::component("prometheus/development", self::prometheus(prometheus).yaml()));
            "pull"
        }
    };
    object.object("cardinality_limits", cardinality(limits));
    Yaml::component(name, object.yaml())
}

fn pushed(exporter: &MetricExporter, histograms: HistogramAggregation) -> Yaml {
    let MetricExporter { exporter, temporality } = exporter;
    let (exporter, settings) = self::exporter(exporter);
    let mut object = settings.unwrap_or_default();
    object.some("temporality_preference", name(&TEMPORALITIES, temporality));
    object.some("default_histogram_aggregation", name(&AGGREGATIONS, &histograms));
    Yaml::component(exporter, object.yaml())
}

fn prometheus(prometheus: &Prometheus) -> Object {
    let Prometheus { host, port, scope_labels, target_info, resource_labels, translation } = prometheus;
    let mut object = Object::default();
    object.put("host", text(host));
    object.put("port", Yaml::Integer((*port).into()));
    object.put("scope_info_enabled", Yaml::Boolean(*scope_labels));
    object.put("target_info_enabled/development", Yaml::Boolean(*target_info));
    object.some("resource_constant_labels", resource_labels.as_ref().map(|labels| keys(labels).yaml()));
    object.some("translation_strategy", name(&TRANSLATIONS, translation));
    object
}

fn cardinality(limits: &CardinalityLimits) -> Object {
    let mut object = Object::default();
    for (key, limit) in limits.each() {
        object.some(key, limit.map(size));
    }
    object
}

fn view(rule: &Rule) -> Yaml {
    let Rule { selector, stream } = rule;
    let mut object = Object::default();
    object.put("selector", self::selector(selector).yaml());
    object.put("stream", self::stream(stream).yaml());
    object.yaml()
}

fn selector(selector: &Selector) -> Object {
    let Selector { instrument_name, instrument_type, unit, meter_name, meter_version, meter_schema_url } = selector;
    let mut object = Object::default();
    let some = |value: &Option<String>| value.clone().map(Yaml::Text);
    object.some("instrument_name", some(instrument_name));
    object.some("instrument_type", instrument_type.and_then(|kind: InstrumentKind| name(&KINDS, &kind)));
    object.some("unit", some(unit));
    object.some("meter_name", some(meter_name));
    object.some("meter_version", some(meter_version));
    object.some("meter_schema_url", some(meter_schema_url));
    object
}

fn stream(stream: &StreamRule) -> Object {
    let StreamRule { name, description, aggregation, cardinality_limit, attribute_keys } = stream;
    let mut object = Object::default();
    object.some("name", name.clone().map(Yaml::Text));
    object.some("description", description.clone().map(Yaml::Text));
    object.some("aggregation", aggregation.as_ref().map(self::aggregation));
    object.some("aggregation_cardinality_limit", cardinality_limit.map(size));
    object.some("attribute_keys", attribute_keys.as_ref().map(|filter| keys(filter).yaml()));
    object
}

fn aggregation(aggregation: &Aggregation) -> Yaml {
    let settings = match aggregation {
        Aggregation::Default | Aggregation::Drop | Aggregation::Sum | Aggregation::LastValue => Yaml::Nothing,
        Aggregation::Explicit { boundaries, record_min_max } => {
            let mut object = Object::default();
            object.put("boundaries", Yaml::List(boundaries.iter().map(|bound| Yaml::Float(*bound)).collect()));
            object.put("record_min_max", Yaml::Boolean(*record_min_max));
            object.yaml()
        }
        Aggregation::Exponential { max_size, max_scale, record_min_max } => {
            let mut object = Object::default();
            object.put("max_scale", Yaml::Integer((*max_scale).into()));
            object.put("max_size", Yaml::Integer((*max_size).into()));
            object.put("record_min_max", Yaml::Boolean(*record_min_max));
            object.yaml()
        }
    };
    Yaml::component(aggregation.as_str(), settings)
}
