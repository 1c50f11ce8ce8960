//! The declarative configuration schema, 1.0 and 1.1, read into [`Settings`].
//!
//! A file has one function per part, which takes what is there and reports what is wrong; settings are made only of a
//! file without errors.

mod distribution;
mod exporter;
mod field;
mod instrumentation;
mod mapping;
mod meter;
mod processor;
mod propagator;
mod resource;
mod sampler;
mod view;

use opentelemetry::logs::Severity;

pub(super) use self::distribution::FORMATS;
pub(super) use self::exporter::{AGGREGATIONS, TEMPORALITIES};
use self::field::{Field, Object, shortened};
pub(super) use self::mapping::{TAKES, UNMATCHED};
pub(super) use self::meter::{FILTERS, TRANSLATIONS};
pub(super) use self::resource::DETECTORS;
pub(super) use self::view::KINDS;
use super::document::Node;
use super::fault::Report;
use crate::catalog::Catalog;
use crate::telemetry::environment::Environment;
use crate::telemetry::settings::{Endpoint, Logs, Reader, RecordLimits, Settings, SpanLimits, Traces};
use crate::views::Views;

/// The newest version of the schema that is known: 1.1.
const MAJOR: u32 = 1;
const MINOR: u32 = 1;

/// The settings that a document says, as far as it can be read; only what has no error in its report is complete.
pub(super) fn settings(document: &Node, environment: &Environment, report: &mut Report) -> Option<Settings> {
    let top = Field::top(document);
    let version = top.object(report)?.required("file_format", report);
    let is_newer = version.is_some_and(|version| file_format(&version, report));
    let mut top = top.newer(is_newer).object(report)?;
    top.field("file_format");
    let disabled = top.boolean("disabled", report).unwrap_or_default();
    let log_level = top.word("log_level", &SEVERITIES, report);
    let general = top.field("attribute_limits").and_then(|limits| general_limits(&limits, report)).unwrap_or_default();
    let resource =
        top.field("resource").and_then(|field| resource::resource(&field, environment, report)).unwrap_or_default();
    let propagators =
        top.field("propagator").and_then(|field| propagator::propagators(&field, report)).unwrap_or_default();
    let traces = top.field("tracer_provider").and_then(|field| traces(&field, general, report)).unwrap_or_default();
    let metrics = top.field("meter_provider").and_then(|field| meter::metrics(&field, report)).unwrap_or_default();
    let logs = top.field("logger_provider").and_then(|field| logs(&field, general, report)).unwrap_or_default();
    if let Some(field) = top.field("instrumentation/development") {
        instrumentation::instrumentation(&field, report);
    }
    let views =
        Views::with_rules(&Catalog::own(), metrics.views.clone(), metrics.histogram_aggregation, metrics.cardinality);
    let distribution = top
        .field("distribution")
        .and_then(|field| distribution::distribution(&field, views.ok().as_ref(), report))
        .unwrap_or_default();
    top.refuse_doubles(report);
    for (key, field) in top.others() {
        field.warning(format!("`{key}` is no key of the schema, and is not read"), report);
    }
    let settings = Settings { disabled, log_level, resource, propagators, traces, metrics, logs, distribution };
    // What could not be read may be what is missed.
    let is_served = settings.metrics.readers.iter().any(|reader| matches!(reader, Reader::Prometheus(_)));
    if report.errors.is_empty() && !is_served && settings.distribution.prometheus != Endpoint::default() {
        let endpoint = Field::top(document).within("distribution.telecine.prometheus");
        endpoint.warning("has no effect: no reader of the file serves Prometheus", report);
    }
    Some(settings)
}

/// Whether the version is newer than what this SDK knows; what is not as it knows it is said.
fn file_format(field: &Field<'_>, report: &mut Report) -> bool {
    let Some(text) = field.text(report) else { return false };
    let text = shortened(text);
    let (numbers, meta) = match text.split_once('-') {
        Some((numbers, meta)) => (numbers, Some(meta)),
        None => (text.as_str(), None),
    };
    let digits =
        |number: &str| number.chars().all(|c| c.is_ascii_digit()).then(|| number.parse::<u32>().ok()).flatten();
    let version = numbers.split_once('.').and_then(|(major, minor)| Some((digits(major)?, digits(minor)?)));
    match version {
        None => field.error(format!("`{text}` is no version: it is two numbers, as in \"{MAJOR}.{MINOR}\""), report),
        Some((major, _)) if major != MAJOR => {
            field.error(
                format!("version `{text}` is not supported: this SDK reads {MAJOR}.0 to {MAJOR}.{MINOR}"),
                report,
            );
        }
        Some((_, minor)) if minor > MINOR => field.warning(
            format!(
                "version `{text}` is newer than {MAJOR}.{MINOR}, which this SDK knows: what is new in it is not known"
            ),
            report,
        ),
        Some(_) if meta.is_some() => {
            field.warning(format!("version `{text}` is not released: it is read as {MAJOR}.{MINOR}"), report);
        }
        Some(_) => {}
    }
    version.is_some_and(|(major, minor)| major == MAJOR && minor > MINOR)
}

/// Limits for spans and log records, where these have none of their own.
#[derive(Clone, Copy)]
struct General {
    value_length: Option<usize>,
    count: u32,
}

impl Default for General {
    fn default() -> Self {
        Self { value_length: None, count: SpanLimits::DEFAULT_COUNT }
    }
}

fn general_limits(field: &Field<'_>, report: &mut Report) -> Option<General> {
    let mut object = field.object(report)?;
    let general = attribute_limits(&mut object, General::default(), report);
    object.close(report);
    Some(general)
}

fn attribute_limits(object: &mut Object<'_>, general: General, report: &mut Report) -> General {
    if let Some(depth) = object.some("attribute_value_depth_limit") {
        if depth.integer(0..=i128::MAX, report).is_some() {
            depth.warning("is not honoured: attributes of this SDK do not nest", report);
        }
    }
    General {
        value_length: object.count("attribute_value_length_limit", report).or(general.value_length),
        count: object.count("attribute_count_limit", report).unwrap_or(general.count),
    }
}

fn traces(field: &Field<'_>, general: General, report: &mut Report) -> Option<Traces> {
    let mut object = field.object(report)?;
    let processors = processor::spans(&mut object, report);
    let limits = object.field("limits").and_then(|limits| span_limits(&limits, general, report));
    let sampler = object.field("sampler").and_then(|sampler| sampler::sampler(&sampler, report));
    if let Some(generator) = object.field("id_generator") {
        if let Some((name, settings)) = generator.component("id generator", report) {
            match name {
                "random" => drop(settings.bare(report)),
                other => generator.unknown("id generator", other, &["random"], report),
            }
        }
    }
    configurator(&mut object, "tracer_configurator/development", ("tracers", "tracer"), report);
    object.close(report);
    Some(Traces {
        processors,
        sampler: sampler.unwrap_or_default(),
        limits: limits.unwrap_or_else(|| spans_as(general)),
    })
}

fn spans_as(general: General) -> SpanLimits {
    SpanLimits { attribute_value_length: general.value_length, attributes: general.count, ..SpanLimits::default() }
}

fn span_limits(field: &Field<'_>, general: General, report: &mut Report) -> Option<SpanLimits> {
    let mut object = field.object(report)?;
    let usual = spans_as(general);
    let own = attribute_limits(&mut object, general, report);
    let limits = SpanLimits {
        attribute_value_length: own.value_length,
        attributes: own.count,
        events: object.count("event_count_limit", report).unwrap_or(usual.events),
        links: object.count("link_count_limit", report).unwrap_or(usual.links),
        event_attributes: object.count("event_attribute_count_limit", report).unwrap_or(usual.event_attributes),
        link_attributes: object.count("link_attribute_count_limit", report).unwrap_or(usual.link_attributes),
    };
    object.close(report);
    Some(limits)
}

fn logs(field: &Field<'_>, general: General, report: &mut Report) -> Option<Logs> {
    let mut object = field.object(report)?;
    let processors = processor::records(&mut object, report);
    let own = match object.field("limits") {
        Some(limits) => limits.object(report).map(|mut limits| {
            let own = attribute_limits(&mut limits, general, report);
            limits.close(report);
            own
        }),
        None => None,
    };
    configurator(&mut object, "logger_configurator/development", ("loggers", "logger"), report);
    object.close(report);
    let General { value_length, count } = own.unwrap_or(general);
    let limits = RecordLimits { attribute_value_length: value_length, attributes: count as usize };
    Some(Logs { processors, limits })
}

/// Settings of single tracers, meters or loggers, which the SDK has not: read for their form, and said.
fn configurator(object: &mut Object<'_>, key: &'static str, (many, one): (&'static str, &str), report: &mut Report) {
    let Some(field) = object.field(key) else { return };
    let Some(mut configurator) = field.object(report) else { return };
    if let Some(usual) = configurator.field("default_config") {
        configured(&usual, one, report);
    }
    for item in configurator.list(many, 1, report).unwrap_or_default() {
        let Some(mut item) = item.object(report) else { continue };
        if let Some(name) = item.required("name", report) {
            name.text(report);
        }
        if let Some(settings) = item.required("config", report) {
            configured(&settings, one, report);
        }
        item.close(report);
    }
    configurator.close(report);
    field.warning(format!("is not honoured: the SDK cannot switch a single {one} off"), report);
}

fn configured(field: &Field<'_>, one: &str, report: &mut Report) {
    let Some(mut object) = field.object(report) else { return };
    match one {
        "logger" => {
            object.boolean("enabled", report);
            object.word("minimum_severity", &SEVERITIES, report);
            object.boolean("trace_based", report);
        }
        _ => {
            if let Some(enabled) = object.field("enabled") {
                enabled.boolean(report);
            }
        }
    }
    object.close(report);
}

/// The schema's names of severities.
pub(super) const SEVERITIES: [(&str, Severity); 24] = [
    ("trace", Severity::Trace),
    ("trace2", Severity::Trace2),
    ("trace3", Severity::Trace3),
    ("trace4", Severity::Trace4),
    ("debug", Severity::Debug),
    ("debug2", Severity::Debug2),
    ("debug3", Severity::Debug3),
    ("debug4", Severity::Debug4),
    ("info", Severity::Info),
    ("info2", Severity::Info2),
    ("info3", Severity::Info3),
    ("info4", Severity::Info4),
    ("warn", Severity::Warn),
    ("warn2", Severity::Warn2),
    ("warn3", Severity::Warn3),
    ("warn4", Severity::Warn4),
    ("error", Severity::Error),
    ("error2", Severity::Error2),
    ("error3", Severity::Error3),
    ("error4", Severity::Error4),
    ("fatal", Severity::Fatal),
    ("fatal2", Severity::Fatal2),
    ("fatal3", Severity::Fatal3),
    ("fatal4", Severity::Fatal4),
];
