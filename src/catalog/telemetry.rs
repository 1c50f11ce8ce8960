//! Telemetry itself: what became of what was pushed, scraped, and refused. Where OpenTelemetry's conventions for
//! SDKs have a name, it is theirs.
//!
//! The SDK adds its own (`otel.sdk.processor.*`, `otel.sdk.log.created`), which are not declared here.

use super::attribute::OUTCOME;
use super::buckets::Family;
use super::definition::{Attribute, Instrument};

/// Why an export failed; absent for what arrived.
pub const EXPORT_ERROR: Attribute = Attribute::one_of(
    "error.type",
    "Why an export failed: the collector refused it, or it could not be delivered in time",
    &["rejected", "undelivered"],
);

/// Spans pushed.
pub const SPANS_EXPORTED: Instrument = Instrument::counter(
    "otel.sdk.exporter.span.exported",
    "{span}",
    "Spans whose push has ended; those without an error type arrived",
)
.from_convention()
.attributes(&[EXPORT_ERROR]);

/// Data points pushed.
pub const POINTS_EXPORTED: Instrument = Instrument::counter(
    "otel.sdk.exporter.metric_data_point.exported",
    "{data_point}",
    "Data points of metrics whose push has ended; those without an error type arrived",
)
.from_convention()
.attributes(&[EXPORT_ERROR]);

/// Log records pushed.
pub const RECORDS_EXPORTED: Instrument = Instrument::counter(
    "otel.sdk.exporter.log.exported",
    "{log_record}",
    "Log records whose push has ended; those without an error type arrived",
)
.from_convention()
.attributes(&[EXPORT_ERROR]);

/// What sends.
pub const EXPORTER: Attribute = Attribute::one_of(
    "otel.component.type",
    "What sends, as the conventions name it",
    &[
        "otlp_grpc_log_exporter",
        "otlp_grpc_metric_exporter",
        "otlp_grpc_span_exporter",
        "otlp_http_log_exporter",
        "otlp_http_metric_exporter",
        "otlp_http_span_exporter",
    ],
);

/// The time of pushes.
pub const EXPORT_DURATION: Instrument = Instrument::histogram(
    "otel.sdk.exporter.operation.duration",
    "s",
    "One push, its retries included, from the handing over of a batch to its end",
)
.from_convention()
.buckets(Family::Request)
.attributes(&[EXPORT_ERROR, EXPORTER]);

/// How old the newest delivery is.
pub const EXPORT_AGE: Instrument = Instrument::gauge(
    "media.telemetry.export.age",
    "s",
    "Time since the last push that arrived, and before the first since the start; of several exporters of a kind, the oldest",
)
.attributes(&[EXPORTER]);

/// Scrapes.
pub const SCRAPES: Instrument =
    Instrument::counter("media.telemetry.scrapes", "{scrape}", "Scrapes of the Prometheus endpoint before this one")
        .attributes(&[OUTCOME]);

/// The time of the last scrape.
pub const SCRAPE_DURATION: Instrument = Instrument::gauge(
    "media.telemetry.scrape.duration",
    "s",
    "How long the scrape before this one took: collecting and encoding",
);

/// The size of the last scrape.
pub const SCRAPE_SIZE: Instrument =
    Instrument::gauge("media.telemetry.scrape.size", "By", "Size of the scrape before this one, before compression");

/// What is left out.
pub const LEFT_OUT_KIND: Attribute =
    Attribute::one_of("media.telemetry.kind", "What is left out of a scrape", &["metric", "series"]);

/// What the last scrape left out.
pub const SCRAPE_LEFT_OUT: Instrument = Instrument::gauge(
    "media.telemetry.scrape.left_out",
    "{item}",
    "Metrics whose name another one has, and series that equal another one, in the scrape before this one",
)
.attributes(&[LEFT_OUT_KIND]);

/// A metric, by name.
pub const METRIC: Attribute = Attribute::budget("media.telemetry.metric", "The metric, as OpenTelemetry names it", 512);

/// Live series.
pub const SERIES: Instrument = Instrument::gauge(
    "media.telemetry.series",
    "{series}",
    "Series that a metric had in the scrape before this one; a histogram's is one",
)
.attributes(&[METRIC]);

/// Metrics that came to their limit.
pub const OVERFLOW: Instrument = Instrument::gauge(
    "media.telemetry.overflow",
    "{metric}",
    "1 for a metric that has come to its cardinality limit: what was new since is in one series; absent otherwise",
)
.attributes(&[METRIC]);

/// Exemplars that were offered.
pub const EXEMPLARS_OFFERED: Instrument = Instrument::counter(
    "media.telemetry.exemplar.offered",
    "{exemplar}",
    "Measurements that the filter allowed to become an exemplar",
);

/// Exemplars that were kept.
pub const EXEMPLARS_KEPT: Instrument =
    Instrument::counter("media.telemetry.exemplar.kept", "{exemplar}", "Measurements that became an exemplar");

/// An attribute, by key.
pub const LABEL: Attribute = Attribute::budget("media.telemetry.label", "The label, by its attribute's key", 128);

/// Values that labels may not have.
pub const LABELS_REFUSED: Instrument = Instrument::counter(
    "media.telemetry.label.refused",
    "{value}",
    "Values that became `other`: not allowed, or past the budget of the label",
)
.attributes(&[LABEL]);

/// All of them.
pub const ALL: &[Instrument] = &[
    SPANS_EXPORTED,
    POINTS_EXPORTED,
    RECORDS_EXPORTED,
    EXPORT_DURATION,
    EXPORT_AGE,
    SCRAPES,
    SCRAPE_DURATION,
    SCRAPE_SIZE,
    SCRAPE_LEFT_OUT,
    SERIES,
    OVERFLOW,
    EXEMPLARS_OFFERED,
    EXEMPLARS_KEPT,
    LABELS_REFUSED,
];
