use opentelemetry_sdk::metrics::InstrumentKind;

use super::field::{Field, Object};
use super::meter::key_filter;
use crate::catalog::Catalog;
use crate::telemetry::config::fault::Report;
use crate::views::{
    Aggregation, CardinalityLimits, Error, HistogramAggregation, Rule, Selector, StreamRule, Views, default_boundaries,
};

pub(super) fn views(provider: &mut Object<'_>, report: &mut Report) -> Vec<Rule> {
    let list = provider.list("views", 1, report).unwrap_or_default();
    let mut rules = Vec::new();
    for item in &list {
        let errors = report.errors.len();
        let Some(rule) = view(item, report) else { continue };
        // One at a time, so that its place is known.
        if report.errors.len() == errors {
            refuse(item, &rule, report);
        }
        report.views.push(item.place());
        rules.push(rule);
    }
    rules
}

/// Says what of a view cannot be, though the schema allows it.
fn refuse(item: &Field<'_>, rule: &Rule, report: &mut Report) {
    let (histograms, limits) = (HistogramAggregation::default(), CardinalityLimits::default());
    if let Err(Error::Faults(faults)) = Views::with_rules(&Catalog::own(), vec![rule.clone()], histograms, limits) {
        for fault in faults {
            item.within(&fault.key).error(fault.flaw.to_string(), report);
        }
    }
}

fn view(item: &Field<'_>, report: &mut Report) -> Option<Rule> {
    let mut object = item.object(report)?;
    let selector = object.required("selector", report).and_then(|field| selector(&field, report));
    let stream = object.required("stream", report).and_then(|field| stream(&field, report));
    object.close(report);
    Some(Rule { selector: selector?, stream: stream? })
}

fn selector(field: &Field<'_>, report: &mut Report) -> Option<Selector> {
    let mut object = field.object(report)?;
    let selector = Selector {
        instrument_name: object.text("instrument_name", report),
        instrument_type: object.word("instrument_type", &KINDS, report),
        unit: object.text("unit", report),
        meter_name: object.text("meter_name", report),
        meter_version: object.text("meter_version", report),
        meter_schema_url: object.text("meter_schema_url", report),
    };
    object.close(report);
    Some(selector)
}

/// The schema's names of kinds of instruments.
pub(in crate::telemetry::config) const KINDS: [(&str, InstrumentKind); 7] = [
    ("counter", InstrumentKind::Counter),
    ("gauge", InstrumentKind::Gauge),
    ("histogram", InstrumentKind::Histogram),
    ("observable_counter", InstrumentKind::ObservableCounter),
    ("observable_gauge", InstrumentKind::ObservableGauge),
    ("observable_up_down_counter", InstrumentKind::ObservableUpDownCounter),
    ("up_down_counter", InstrumentKind::UpDownCounter),
];

fn stream(field: &Field<'_>, report: &mut Report) -> Option<StreamRule> {
    let mut object = field.object(report)?;
    let stream = StreamRule {
        name: object.text("name", report),
        description: object.text("description", report),
        aggregation: object.field("aggregation").and_then(|field| aggregation(&field, report)),
        cardinality_limit: object.positive("aggregation_cardinality_limit", report),
        attribute_keys: object.field("attribute_keys").and_then(|keys| key_filter(&keys, report)),
    };
    object.close(report);
    Some(stream)
}

fn aggregation(field: &Field<'_>, report: &mut Report) -> Option<Aggregation> {
    let (name, settings) = field.component("aggregation", report)?;
    let bare = |aggregation, report: &mut Report| settings.bare(report).map(|()| aggregation);
    match name {
        "default" => bare(Aggregation::Default, report),
        "drop" => bare(Aggregation::Drop, report),
        "sum" => bare(Aggregation::Sum, report),
        "last_value" => bare(Aggregation::LastValue, report),
        "explicit_bucket_histogram" => {
            let mut object = settings.object_or_null(report)?;
            let boundaries = match object.list("boundaries", 0, report) {
                Some(list) => list.iter().filter_map(|bound| bound.number(report)).collect(),
                None => default_boundaries("").to_vec(),
            };
            let record_min_max = object.boolean("record_min_max", report).unwrap_or(true);
            object.close(report);
            Some(Aggregation::Explicit { boundaries, record_min_max })
        }
        "base2_exponential_bucket_histogram" => {
            let mut object = settings.object_or_null(report)?;
            let within = |field: Option<Field<'_>>, range, report: &mut Report| field?.integer(range, report);
            let max_scale = within(object.some("max_scale"), -10..=20, report);
            let max_size = within(object.some("max_size"), 2..=i128::from(u32::MAX), report);
            let record_min_max = object.boolean("record_min_max", report).unwrap_or(true);
            object.close(report);
            Some(Aggregation::Exponential {
                max_size: max_size.and_then(|size| u32::try_from(size).ok()).unwrap_or(160),
                max_scale: max_scale.and_then(|scale| i8::try_from(scale).ok()).unwrap_or(20),
                record_min_max,
            })
        }
        other => {
            let known: Vec<_> = AGGREGATIONS.to_vec();
            field.unknown("aggregation", other, &known, report);
            None
        }
    }
}

const AGGREGATIONS: [&str; 6] =
    ["default", "drop", "explicit_bucket_histogram", "base2_exponential_bucket_histogram", "last_value", "sum"];
