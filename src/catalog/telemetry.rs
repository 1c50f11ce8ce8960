//! Telemetry itself: what became of what was pushed. Names and units are those of OpenTelemetry's
//! conventions for SDKs.

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

/// All of them.
pub const ALL: &[Instrument] = &[SPANS_EXPORTED, POINTS_EXPORTED, RECORDS_EXPORTED];
