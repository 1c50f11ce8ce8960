//! Limits: a signal's own variable comes before the one for all signals.

use super::Reader;
use crate::telemetry::settings::{RecordLimits, SpanLimits};

const VALUE_LENGTH: &str = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT";
const COUNT: &str = "OTEL_ATTRIBUTE_COUNT_LIMIT";

pub(super) fn spans(reader: &mut Reader<'_>) -> SpanLimits {
    let default = SpanLimits::default();
    let length = reader.number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT").or_else(|| reader.number(VALUE_LENGTH));
    let attributes = reader.number("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT").or_else(|| reader.number(COUNT));
    SpanLimits {
        attribute_value_length: length,
        attributes: attributes.unwrap_or(default.attributes),
        events: reader.number("OTEL_SPAN_EVENT_COUNT_LIMIT").unwrap_or(default.events),
        links: reader.number("OTEL_SPAN_LINK_COUNT_LIMIT").unwrap_or(default.links),
        event_attributes: reader.number("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT").unwrap_or(default.event_attributes),
        link_attributes: reader.number("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT").unwrap_or(default.link_attributes),
    }
}

pub(super) fn records(reader: &mut Reader<'_>) -> RecordLimits {
    let length = reader.number("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT").or_else(|| reader.number(VALUE_LENGTH));
    // As large as a span's may be.
    let attributes: Option<u32> =
        reader.number("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT").or_else(|| reader.number(COUNT));
    RecordLimits {
        attribute_value_length: length,
        attributes: attributes.map_or(RecordLimits::default().attributes, |count| count as usize),
    }
}
