use opentelemetry::logs::Severity;

use super::{Reader, exporters, limits, processor};
use crate::push::Kind;
use crate::telemetry::settings::{DEFAULT_RECORD_BATCH, Logs};

pub(super) fn read(reader: &mut Reader<'_>) -> Logs {
    let exits = exporters::read(reader, Kind::Logs);
    let batch = processor::batch(reader, "OTEL_BLRP", DEFAULT_RECORD_BATCH);
    Logs { processors: processor::read(reader, Kind::Logs, exits, batch), limits: limits::records(reader) }
}

/// The specification names no values: these are those of other SDKs.
pub(super) fn level(reader: &mut Reader<'_>) -> Option<Severity> {
    let known = [
        ("none", Severity::Fatal),
        ("off", Severity::Fatal),
        ("fatal", Severity::Fatal),
        ("error", Severity::Error),
        ("warn", Severity::Warn),
        ("warning", Severity::Warn),
        ("info", Severity::Info),
        ("debug", Severity::Debug),
        ("verbose", Severity::Trace),
        ("trace", Severity::Trace),
        ("all", Severity::Trace),
    ];
    reader.word("OTEL_LOG_LEVEL", &known, &[])
}
