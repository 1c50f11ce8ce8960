use super::{
    layer::Emit,
    limits::{RecordLimits, cut},
    record::{Exception, Record, Value},
};
use crate::apart::Apart;
use opentelemetry::{
    Context,
    logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity},
};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger, SdkLoggerProvider};
use tracing::{Level, Metadata};

/// Records as OpenTelemetry log records.
#[derive(Debug)]
pub(super) struct Otlp {
    logger: Apart<SdkLogger>,
    limits: RecordLimits,
}

/// Adds attributes up to the limits.
struct Attributes<'a> {
    log: &'a mut SdkLogRecord,
    left: usize,
    value_length: Option<usize>,
}

impl Attributes<'_> {
    fn add(&mut self, name: &'static str, mut value: AnyValue) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        if let (AnyValue::String(text), Some(length)) = (&mut value, self.value_length) {
            cut(text, length);
        }
        self.log.add_attribute(name, value);
    }
}

impl Otlp {
    pub(super) fn new(provider: &SdkLoggerProvider, limits: RecordLimits) -> Self {
        // Exporters take the record's target as the scope's name.
        Self { logger: Apart::new(provider.logger("")), limits }
    }
}

impl Emit for Otlp {
    fn wants(&self, metadata: &Metadata<'static>) -> bool {
        self.logger.event_enabled(severity(*metadata.level()), metadata.target(), Some(metadata.name()))
    }

    fn emit(&self, record: &Record<'_>) {
        let mut log = self.logger.create_log_record();
        log.set_timestamp(record.time);
        log.set_target(record.logger.clone().into_owned());
        if let Some(name) = record.event_name() {
            log.set_event_name(name);
        }
        log.set_severity_number(severity(*record.metadata.level()));
        log.set_severity_text(record.metadata.level().as_str());
        log.set_body(AnyValue::from(record.message.clone()));
        let RecordLimits { attribute_value_length: value_length, attributes: left } = self.limits;
        let mut attributes = Attributes { log: &mut log, left, value_length };
        for (name, value) in record.context.iter().chain(record.fields.iter()) {
            attributes.add(name, any(value));
        }
        // An attribute's name occurs once. What the program says under it wins.
        let mut add = |name: &'static str, value: AnyValue| {
            if !record.context.contains(name) && !record.fields.contains(name) {
                attributes.add(name, value);
            }
        };
        if let Some(file) = &record.file {
            add("code.file.path", AnyValue::from(file.clone().into_owned()));
        }
        if let Some(line) = record.line.and_then(|line| i64::try_from(line).ok()) {
            add("code.line.number", AnyValue::from(line));
        }
        if let Some(exception) = &record.exception {
            if let Some(kind) = exception.kind {
                add("exception.type", AnyValue::from(kind));
            }
            add("exception.message", AnyValue::from(exception.message.clone()));
            if !exception.chain.is_empty() {
                add("exception.stacktrace", AnyValue::from(chain(exception)));
            }
        }
        match &record.trace {
            Some(trace) => {
                log.set_trace_context(trace.trace_id(), trace.span_id(), Some(trace.trace_flags()));
                self.logger.emit(log);
            }
            // The logger would take the thread's span, which an event without a parent is not part of.
            None => {
                let _none = Context::new().attach();
                self.logger.emit(log);
            }
        }
    }
}

/// OpenTelemetry has no attribute for a chain of causes; in a stack trace, as languages print one, they have
/// their place.
fn chain(exception: &Exception) -> String {
    let mut text = exception.message.clone();
    for cause in &exception.chain {
        text.push_str("\ncaused by: ");
        text.push_str(cause);
    }
    text
}

fn any(value: &Value) -> AnyValue {
    match value {
        Value::Bool(value) => AnyValue::from(*value),
        Value::Signed(value) => AnyValue::from(*value),
        Value::Unsigned(value) => {
            i64::try_from(*value).map_or_else(|_| AnyValue::from(value.to_string()), AnyValue::from)
        }
        Value::Float(value) => AnyValue::from(*value),
        Value::Wide(value) | Value::Text(value) => AnyValue::from(value.clone()),
    }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::TRACE => Severity::Trace,
        Level::DEBUG => Severity::Debug,
        Level::INFO => Severity::Info,
        Level::WARN => Severity::Warn,
        Level::ERROR => Severity::Error,
    }
}
