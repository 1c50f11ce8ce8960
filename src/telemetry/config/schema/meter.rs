use super::exporter::metric_exporter;
use super::field::{Field, Object, shortened};
use super::{configurator, view};
use crate::exemplar::Filter;
use crate::pull::Translation;
use crate::telemetry::config::fault::Report;
use crate::telemetry::settings::{
    DEFAULT_METRIC_INTERVAL, DEFAULT_METRIC_TIMEOUT, Metrics, Periodic, Prometheus, Reader,
};
use crate::views::{CardinalityLimits, DEFAULT_CARDINALITY_LIMIT, HistogramAggregation, KeyFilter};

/// What a reader says that holds for the whole provider.
struct Shared<'a> {
    field: Field<'a>,
    histograms: HistogramAggregation,
    limits: CardinalityLimits,
}

pub(super) fn metrics(field: &Field<'_>, report: &mut Report) -> Option<Metrics> {
    let mut object = field.object(report)?;
    let list = object.required("readers", report).and_then(|list| list.list(1, report)).unwrap_or_default();
    let (mut readers, mut shared) = (Vec::new(), Vec::new());
    let errors = report.errors.len();
    for item in &list {
        if let Some((reader, said)) = reader(item, report) {
            readers.push(reader);
            shared.push(said);
        }
    }
    apart(&shared, &readers, report);
    // What could not be read cannot be compared.
    let shared = if report.errors.len() == errors { shared } else { Vec::new() };
    let (histogram_aggregation, cardinality) = alike(&shared, report);
    let views = view::views(&mut object, report);
    let exemplar_filter = object.word("exemplar_filter", &FILTERS, report).unwrap_or_default();
    if let Some(mode) = object.some("view_matching_mode/development") {
        if mode.word(&MATCHING, report) == Some(Matching::Composable) {
            mode.warning(
                "is not honoured: views that match one instrument are not merged, and of those whose streams have one \
                 name the first counts",
                report,
            );
        }
    }
    configurator(&mut object, "meter_configurator/development", ("meters", "meter"), report);
    object.close(report);
    Some(Metrics { readers, views, exemplar_filter, histogram_aggregation, cardinality })
}

pub(in crate::telemetry::config) const FILTERS: [(&str, Filter); 3] =
    [("always_on", Filter::AlwaysOn), ("always_off", Filter::AlwaysOff), ("trace_based", Filter::TraceBased)];

pub(in crate::telemetry::config) const TRANSLATIONS: [(&str, Translation); 4] = [
    ("underscore_escaping_with_suffixes", Translation::UnderscoreEscapingWithSuffixes),
    ("underscore_escaping_without_suffixes/development", Translation::UnderscoreEscapingWithoutSuffixes),
    ("no_utf8_escaping_with_suffixes/development", Translation::NoUtf8EscapingWithSuffixes),
    ("no_translation/development", Translation::NoTranslation),
];

/// How several views of one instrument go together (1.2).
#[derive(Clone, Copy, PartialEq)]
enum Matching {
    Independent,
    Composable,
}

const MATCHING: [(&str, Matching); 2] = [("independent", Matching::Independent), ("composable", Matching::Composable)];

fn reader<'a>(item: &Field<'a>, report: &mut Report) -> Option<(Reader, Shared<'a>)> {
    let (name, settings) = item.component("metric reader", report)?;
    match name {
        "periodic" => periodic(&settings, report),
        "pull" => pull(&settings, report),
        other => {
            item.unknown("metric reader", other, &["periodic", "pull"], report);
            None
        }
    }
}

fn periodic<'a>(field: &Field<'a>, report: &mut Report) -> Option<(Reader, Shared<'a>)> {
    let mut object = field.object(report)?;
    let interval = object.milliseconds("interval", report).unwrap_or(DEFAULT_METRIC_INTERVAL);
    if interval.is_zero() {
        field.error("`interval` is 0: the SDK needs a time between two exports", report);
    }
    let timeout = object.milliseconds("timeout", report).unwrap_or(DEFAULT_METRIC_TIMEOUT);
    if let Some(size) = object.some("max_export_batch_size/development") {
        if size.integer(1..=i128::MAX, report).is_some() {
            size.warning("is not honoured: all metrics are sent in one request", report);
        }
    }
    let exporter = object.required("exporter", report).and_then(|exporter| metric_exporter(&exporter, report));
    producers(&mut object, report);
    let limits = limits(&mut object, report);
    object.close(report);
    let (exporter, histograms) = exporter?;
    let shared = Shared { field: field.clone(), histograms: histograms.unwrap_or_default(), limits };
    Some((Reader::Periodic(Periodic { interval, timeout, exporter }), shared))
}

fn pull<'a>(field: &Field<'a>, report: &mut Report) -> Option<(Reader, Shared<'a>)> {
    let mut object = field.object(report)?;
    let exporter = object.required("exporter", report).and_then(|exporter| {
        let (name, settings) = exporter.component("exporter", report)?;
        if !exporter.is_called(name, "prometheus/development") {
            exporter.unknown("exporter", name, &["prometheus/development"], report);
            return None;
        }
        prometheus(&settings, report)
    });
    producers(&mut object, report);
    let limits = limits(&mut object, report);
    object.close(report);
    let shared = Shared { field: field.clone(), histograms: HistogramAggregation::default(), limits };
    Some((Reader::Prometheus(exporter?), shared))
}

fn prometheus(field: &Field<'_>, report: &mut Report) -> Option<Prometheus> {
    let mut object = field.object_or_null(report)?;
    let usual = Prometheus::default();
    let prometheus = Prometheus {
        host: match object.some("host") {
            Some(host) => host.filled(report)?.to_owned(),
            None => usual.host,
        },
        port: match object.some("port") {
            Some(port) => port.integer(0..=65535, report).and_then(|port| u16::try_from(port).ok())?,
            None => usual.port,
        },
        scope_labels: either(&mut object, "scope_info_enabled", "without_scope_info", report),
        target_info: either(&mut object, "target_info_enabled/development", "without_target_info/development", report),
        resource_labels: renamed(&mut object, "resource_constant_labels", "with_resource_constant_labels", report)
            .and_then(|(_, keys)| key_filter(&keys, report)),
        translation: object.word("translation_strategy", &TRANSLATIONS, report).unwrap_or(usual.translation),
    };
    object.close(report);
    if !cfg!(feature = "prometheus") {
        field.error("needs the Cargo feature `prometheus`, which this program was built without", report);
    }
    Some(prometheus)
}

/// A key of 1.1, or the one that said it in 1.0.
fn renamed<'a>(
    object: &mut Object<'a>,
    now: &'static str,
    before: &'static str,
    report: &mut Report,
) -> Option<(bool, Field<'a>)> {
    match (object.field(now), object.field(before)) {
        (Some(_), Some(old)) => {
            old.error(format!("is the name that `{now}` had in 1.0, which is there too"), report);
            None
        }
        (Some(field), None) => Some((true, field)),
        (None, Some(field)) => Some((false, field)),
        (None, None) => None,
    }
}

/// Something that is on unless 1.1 switches it off, or 1.0 says `without`.
fn either(object: &mut Object<'_>, now: &'static str, before: &'static str, report: &mut Report) -> bool {
    match renamed(object, now, before, report) {
        Some((is_now, field)) if *field.value() != crate::telemetry::config::document::Value::Null => {
            field.boolean(report).is_none_or(|value| value == is_now)
        }
        _ => true,
    }
}

/// `included` and `excluded`.
pub(super) fn key_filter(field: &Field<'_>, report: &mut Report) -> Option<KeyFilter> {
    let mut object = field.object(report)?;
    let keys = KeyFilter {
        included: object.field("included").and_then(|list| list.texts(1, report)),
        excluded: object.field("excluded").and_then(|list| list.texts(1, report)).unwrap_or_default(),
    };
    object.close(report);
    Some(keys)
}

fn producers(object: &mut Object<'_>, report: &mut Report) {
    for item in object.list("producers", 1, report).unwrap_or_default() {
        if let Some((name, _)) = item.component("metric producer", report) {
            let name = shortened(name);
            item.error(format!("`{name}` is no metric producer of this SDK: it has none"), report);
        }
    }
}

fn limits(object: &mut Object<'_>, report: &mut Report) -> CardinalityLimits {
    let Some(mut object) = object.field("cardinality_limits").and_then(|field| field.object(report)) else {
        return CardinalityLimits::default();
    };
    let limits = CardinalityLimits {
        default: object.positive("default", report),
        counter: object.positive("counter", report),
        gauge: object.positive("gauge", report),
        histogram: object.positive("histogram", report),
        observable_counter: object.positive("observable_counter", report),
        observable_gauge: object.positive("observable_gauge", report),
        observable_up_down_counter: object.positive("observable_up_down_counter", report),
        up_down_counter: object.positive("up_down_counter", report),
    };
    object.close(report);
    limits
}

/// Refuses readers that would listen at one place.
fn apart(shared: &[Shared<'_>], readers: &[Reader], report: &mut Report) {
    let mut listening: Vec<(&Prometheus, &Field<'_>)> = Vec::new();
    for (reader, Shared { field, .. }) in readers.iter().zip(shared) {
        let Reader::Prometheus(prometheus) = reader else { continue };
        let other = listening.iter().find(|(other, _)| {
            prometheus.port != 0 && prometheus.port == other.port && are_one(&prometheus.host, &other.host)
        });
        if let Some((_, other)) = other {
            field.error(format!("listens on port {}, as `{}` does", prometheus.port, other.path()), report);
        }
        listening.push((prometheus, field));
    }
}

/// Whether a port can be taken at one of these hosts only.
fn are_one(host: &str, other: &str) -> bool {
    let address = |host: &str| match host.trim_matches(['[', ']']).to_ascii_lowercase().as_str() {
        "localhost" => "127.0.0.1".to_owned(),
        host => host.to_owned(),
    };
    let (host, other) = (address(host), address(other));
    let is_every = |host: &str| matches!(host, "0.0.0.0" | "::");
    host == other || is_every(&host) || is_every(&other)
}

/// What holds for the provider: readers that differ in it are refused, since the SDK has one pipeline for all, and
/// both exits are to tell one truth.
fn alike(shared: &[Shared<'_>], report: &mut Report) -> (HistogramAggregation, CardinalityLimits) {
    let Some((first, others)) = shared.split_first() else { return Default::default() };
    let mut limits = first.limits;
    for other in others {
        if other.histograms != first.histograms {
            let reason = format!(
                "its histograms would not be those of `{}`: every exit shows the same metrics; a view with \
                 `base2_exponential_bucket_histogram` holds for all of them",
                first.field.path()
            );
            other.field.error(reason, report);
        }
        if resolved(&other.limits) != resolved(&first.limits) {
            let reason = format!(
                "its cardinality limits are not those of `{}`: every exit shows the same metrics, so all readers have the same limits",
                first.field.path()
            );
            other.field.error(reason, report);
        }
        // What is left out is as good as the default, which one of them may say.
        if limits == CardinalityLimits::default() {
            limits = other.limits;
        }
    }
    (first.histograms, limits)
}

/// The limits of each kind, with the schema's defaults.
fn resolved(limits: &CardinalityLimits) -> [usize; 7] {
    let [(_, default), kinds @ ..] = limits.each();
    kinds.map(|(_, own)| own.or(default).unwrap_or(DEFAULT_CARDINALITY_LIMIT))
}
