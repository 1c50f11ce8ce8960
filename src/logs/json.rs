//! A record as one object on one line.

use super::record::{Exception, LINE_LIMIT, Record, Value};
use std::{io::Write as _, time::SystemTime};

/// Names that lines use themselves.
const RESERVED: [&str; 12] = [
    "timestamp",
    "level",
    "logger",
    "message",
    "event_name",
    "module",
    "line",
    "exception",
    "trace_id",
    "span_id",
    "trace_flags",
    "fields_left_out",
];

/// Room that is kept for the end of a line.
const TAIL: usize = 64;

#[derive(Debug)]
pub(super) struct Json {
    /// The configured attributes' names.
    resource: Vec<String>,
    /// The same, written out: `,"service.name":"worker"`.
    written: Vec<u8>,
}

impl Json {
    pub(super) fn new(resource: &[(String, String)]) -> Self {
        let mut json = Self { resource: Vec::new(), written: Vec::new() };
        for (name, value) in resource {
            if RESERVED.contains(&name.as_str()) || json.resource.contains(name) {
                continue;
            }
            let before = json.written.len();
            member(&mut json.written, name);
            string(&mut json.written, value);
            // Half a line belongs to the record.
            if json.written.len() > LINE_LIMIT / 4 {
                json.written.truncate(before);
                break;
            }
            json.resource.push(name.clone());
        }
        json
    }

    /// Adds `record` to `out`, with the line's end.
    pub(super) fn line(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(b"{\"timestamp\":\"");
        timestamp(out, record.time);
        out.extend_from_slice(b"\",\"level\":\"");
        out.extend_from_slice(record.metadata.level().as_str().as_bytes());
        out.push(b'"');
        member(out, "logger");
        string(out, &record.logger);
        member(out, "message");
        string(out, &record.message);
        if let Some(name) = record.event_name() {
            member(out, "event_name");
            string(out, name);
        }
        if let Some(trace) = &record.trace {
            // Writing to a vector cannot fail.
            let _ = write!(
                out,
                ",\"trace_id\":\"{:032x}\",\"span_id\":\"{:016x}\",\"trace_flags\":\"{:02x}\"",
                trace.trace_id(),
                trace.span_id(),
                trace.trace_flags(),
            );
        }
        if let Some(module) = &record.module {
            member(out, "module");
            string(out, module);
        }
        if let Some(line) = record.line {
            member(out, "line");
            let _ = write!(out, "{line}");
        }
        let mut left_out = 0_u32;
        if let Some(error) = &record.exception {
            let before = out.len();
            exception(out, error);
            left_out += u32::from(over(out, start, before));
        }
        out.extend_from_slice(&self.written);
        for (name, value) in record.context.iter().chain(record.fields.iter()) {
            let before = out.len();
            if self.is_reserved(name) {
                let moved = format!("field.{name}");
                if record.context.contains(&moved) || record.fields.contains(&moved) {
                    left_out += 1;
                    continue;
                }
                member(out, &moved);
            } else {
                member(out, name);
            }
            scalar(out, value);
            left_out += u32::from(over(out, start, before));
        }
        if left_out > 0 {
            let _ = write!(out, ",\"fields_left_out\":{left_out}");
        }
        out.extend_from_slice(b"}\n");
    }

    fn is_reserved(&self, name: &str) -> bool {
        RESERVED.contains(&name) || self.resource.iter().any(|known| known == name)
    }
}

/// Takes back what was added since `before` if the line has become too long.
fn over(out: &mut Vec<u8>, start: usize, before: usize) -> bool {
    let over = out.len() - start > LINE_LIMIT - TAIL;
    if over {
        out.truncate(before);
    }
    over
}

fn exception(out: &mut Vec<u8>, exception: &Exception) {
    member(out, "exception");
    out.push(b'{');
    if let Some(kind) = exception.kind {
        out.extend_from_slice(b"\"type\":");
        string(out, kind);
        out.push(b',');
    }
    out.extend_from_slice(b"\"message\":");
    string(out, &exception.message);
    if !exception.chain.is_empty() {
        out.extend_from_slice(b",\"chain\":[");
        for (at, cause) in exception.chain.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            string(out, cause);
        }
        out.push(b']');
    }
    out.push(b'}');
}

/// A comma, the name and a colon.
fn member(out: &mut Vec<u8>, name: &str) {
    out.push(b',');
    string(out, name);
    out.push(b':');
}

fn scalar(out: &mut Vec<u8>, value: &Value) {
    let _ = match value {
        Value::Bool(value) => write!(out, "{value}"),
        Value::Signed(value) => write!(out, "{value}"),
        Value::Unsigned(value) => write!(out, "{value}"),
        // Rust's `Debug` form is always a number of JSON: 1.0, 1e300.
        Value::Float(value) if value.is_finite() => write!(out, "{value:?}"),
        Value::Float(value) if value.is_nan() => write!(out, "\"NaN\""),
        Value::Float(value) => write!(out, "\"{}Infinity\"", if *value < 0.0 { "-" } else { "" }),
        Value::Wide(value) | Value::Text(value) => {
            string(out, value);
            Ok(())
        }
    };
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 | 0x7f => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[copied..at]);
        copied = at + 1;
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.extend_from_slice(escape);
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

fn timestamp(out: &mut Vec<u8>, time: SystemTime) {
    let before = out.len();
    // humantime knows the years 1970 to 9999.
    if write!(out, "{}", humantime::format_rfc3339_micros(time)).is_err() {
        out.truncate(before);
        out.extend_from_slice(b"1970-01-01T00:00:00.000000Z");
    }
}
