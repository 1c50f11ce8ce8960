use opentelemetry::logs::Severity;

use super::{Reader, exporters, processor};
use crate::push::Kind;
use crate::telemetry::settings::{DEFAULT_RECORD_BATCH, Logs, RecordLimits};

pub(super) fn read(reader: &mut Reader<'_>) -> Logs {
    let exits = exporters::read(reader, Kind::Logs);
    let batch = processor::batch(reader, "OTEL_BLRP", DEFAULT_RECORD_BATCH);
    Logs { processors: processor::read(reader, Kind::Logs, exits, batch), limits: RecordLimits::default() }
}

/// The specification names no values: these are those of other SDKs.
pub(super) fn level(reader: &mut Reader<'_>) -> Option<Severity> {
    reader.word(
        "OTEL_LOG_LEVEL",
        &[
            ("trace", Severity::Trace),
            ("verbose", Severity::Trace),
            ("all", Severity::Trace),
            ("debug", Severity::Debug),
            ("info", Severity::Info),
            ("warn", Severity::Warn),
            ("warning", Severity::Warn),
            ("error", Severity::Error),
            ("fatal", Severity::Fatal),
            ("none", Severity::Fatal),
            ("off", Severity::Fatal),
        ],
    )
}
