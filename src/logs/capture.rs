//! From `tracing`'s visitors to [`Record`].

use super::record::{Bounded, Exception, Fields, Record, VALUE_LIMIT, Value};
use std::{borrow::Cow, error::Error, fmt, time::SystemTime};
use tracing::{
    Event,
    field::{Field, Visit},
};

/// A span's fields, kept in its extensions and shared by all layers of this room.
#[derive(Debug, Default)]
pub(super) struct SpanFields(pub(super) Fields);

/// Takes the fields of an event: message and exception apart, the rest as they come.
#[derive(Debug, Default)]
struct EventVisitor {
    message: Option<String>,
    exception: Option<Exception>,
    /// A text field by one of the names that stand for an error, until a real error comes.
    spoken: Option<(&'static str, String)>,
    fields: Fields,
}

impl Visit for SpanFields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, Value::Bool(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, Value::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, Value::Unsigned(value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.keep(field, signed(value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.keep(field, unsigned(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, Value::Float(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, Value::text(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.keep(field, Value::Text(Bounded::display(value, VALUE_LIMIT)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep(field, Value::Text(Bounded::debug(value, VALUE_LIMIT)));
    }
}

impl SpanFields {
    fn keep(&mut self, field: &Field, value: Value) {
        if !field.name().starts_with("otel.") {
            self.0.set(plain(field), value);
        }
    }

    /// What was recorded later wins.
    pub(super) fn merge(&mut self, later: Self) {
        for (name, value) in later.0 {
            self.0.set(name, value);
        }
    }
}

impl EventVisitor {
    fn keep(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::Text(text)) => self.message = Some(text),
            ("message", value) => self.message = Some(value.to_string()),
            ("error" | "err" | "exception", Value::Text(text)) if self.spoken.is_none() => {
                self.spoken = Some((plain(field), text));
            }
            (_, value) => self.fields.set(plain(field), value),
        }
    }
}

impl Visit for EventVisitor {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, Value::Bool(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, Value::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, Value::Unsigned(value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.keep(field, signed(value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.keep(field, unsigned(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, Value::Float(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, Value::text(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let conventional = matches!(field.name(), "error" | "err" | "exception");
        if !conventional || self.exception.is_some() {
            self.fields.set(plain(field), Value::Text(Bounded::display(value, VALUE_LIMIT)));
        }
        if self.exception.is_none() {
            self.exception = Some(Exception::new(value));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep(field, Value::Text(Bounded::debug(value, VALUE_LIMIT)));
    }
}

/// The event's own part of a record. The caller adds what surrounds it.
///
/// This runs code of the program (`Debug` and `Display` of the values), which may log in its turn: nothing may
/// be locked while it does.
pub(super) fn event<'a>(event: &'a Event<'_>) -> Record<'a> {
    let time = SystemTime::now();
    let mut visitor = EventVisitor::default();
    event.record(&mut visitor);
    let EventVisitor { message, mut exception, spoken, mut fields } = visitor;
    if let Some((name, text)) = spoken {
        match exception {
            Some(_) => fields.set(name, Value::Text(text)),
            None => exception = Some(Exception::from_text(text)),
        }
    }

    let metadata = event.metadata();
    let mut record = Record {
        time,
        metadata,
        logger: Cow::Borrowed(metadata.target()),
        module: metadata.module_path().map(Cow::Borrowed),
        file: metadata.file().map(Cow::Borrowed),
        line: metadata.line().map(u64::from),
        message: String::new(),
        exception,
        fields,
        context: Fields::default(),
        spans: Vec::new(),
        trace: None,
    };
    record.message = message.or_else(|| record.event_name().map(str::to_owned)).unwrap_or_default();
    if metadata.target() == "log" {
        from_log_crate(&mut record);
    }
    record
}

/// Events that come through `tracing-log` tell their place in fields.
fn from_log_crate(record: &mut Record<'_>) {
    if let Some(Value::Text(target)) = record.fields.take("log.target") {
        record.logger = Cow::Owned(target);
    }
    if let Some(Value::Text(module)) = record.fields.take("log.module_path") {
        record.module = Some(Cow::Owned(module));
    }
    if let Some(Value::Text(file)) = record.fields.take("log.file") {
        record.file = Some(Cow::Owned(file));
    }
    if let Some(Value::Unsigned(line)) = record.fields.take("log.line") {
        record.line = Some(line);
    }
}

/// `r#type = …` is a field named `type`.
fn plain(field: &Field) -> &'static str {
    let name = field.name();
    name.strip_prefix("r#").unwrap_or(name)
}

fn signed(value: i128) -> Value {
    i64::try_from(value).map_or_else(|_| Value::Wide(value.to_string()), Value::Signed)
}

fn unsigned(value: u128) -> Value {
    u64::try_from(value).map_or_else(|_| Value::Wide(value.to_string()), Value::Unsigned)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Signed(value) => value.fmt(f),
            Self::Unsigned(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Wide(value) | Self::Text(value) => f.write_str(value),
        }
    }
}
