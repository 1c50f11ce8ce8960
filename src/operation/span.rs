//! The span of an operation.

#[cfg(feature = "telemetry")]
pub use tracing::Span;

/// A span that is not recorded.
#[cfg(not(feature = "telemetry"))]
#[derive(Clone, Debug, Default)]
pub struct Span;

/// Opens a span with the fields of `tracing`'s macros, and those in which the end is recorded.
#[cfg(feature = "telemetry")]
macro_rules! open {
    ($name:literal $(, $($fields:tt)*)?) => { $crate::operation::open!(@ [] $name $(, $($fields)*)?) };
    (root $name:literal $(, $($fields:tt)*)?) => { $crate::operation::open!(@ [parent: None,] $name $(, $($fields)*)?) };
    (@ [$($parent:tt)*] $name:literal $(, $($fields:tt)*)?) => {
        ::tracing::info_span!(
            target: "telecine",
            $($parent)*
            $name,
            "otel.status_code" = ::tracing::field::Empty,
            "otel.status_description" = ::tracing::field::Empty,
            "error.type" = ::tracing::field::Empty,
            "media.outcome" = ::tracing::field::Empty,
            $($($fields)*)?
        )
    };
}

#[cfg(not(feature = "telemetry"))]
macro_rules! open {
    ($($any:tt)*) => {
        $crate::operation::Span
    };
}

pub(crate) use open;

use super::Outcome;

/// Records a field of a span.
#[cfg(feature = "telemetry")]
pub(crate) fn record(span: &Span, field: &'static str, value: impl tracing::Value) {
    span.record(field, value);
}

#[cfg(not(feature = "telemetry"))]
pub(crate) fn record<T>(_: &Span, _: &'static str, _: T) {}

/// Longest error message that goes on a span.
#[cfg(feature = "telemetry")]
const DESCRIPTION_LIMIT: usize = 1024;

/// Writes an operation's end on its span.
#[cfg(feature = "telemetry")]
pub(crate) fn close(span: &Span, outcome: Outcome, error_type: Option<&str>, message: Option<&str>) {
    span.record("media.outcome", outcome.as_str());
    if let Some(error_type) = error_type {
        span.record("error.type", error_type);
    }
    if outcome.is_error() {
        span.record("otel.status_code", "ERROR");
        if let Some(message) = message {
            let end = (0..=message.len().min(DESCRIPTION_LIMIT)).rev().find(|end| message.is_char_boundary(*end));
            span.record("otel.status_description", &message[..end.unwrap_or(0)]);
        }
    }
}

#[cfg(not(feature = "telemetry"))]
pub(crate) fn close(_: &Span, _: Outcome, _: Option<&str>, _: Option<&str>) {}

#[cfg(not(feature = "telemetry"))]
impl Span {
    /// Runs a function.
    pub fn in_scope<T>(&self, f: impl FnOnce() -> T) -> T {
        f()
    }
}
