//! A record as lines for people.

use super::record::{Record, Value};
use chrono::{DateTime, Local};
use std::{fmt::Write as _, time::SystemTime};
use tracing::Level;

/// A value is cut after this many characters; the message is not.
const VALUE_CHARS: usize = 200;

/// What follows the first line begins under the message.
const INDENT: &str = "               ";

#[derive(Debug)]
pub(super) struct Human {
    colour: bool,
}

/// `12:03:44 INFO  rendition ready  frames=240  job › transcode job_id=7 trace=4bf92f35`
struct Line<'a> {
    colour: bool,
    out: &'a mut String,
}

const DIM: &str = "2";
const BOLD: &str = "1";

impl Human {
    pub(super) fn new(colour: bool) -> Self {
        Self { colour }
    }

    /// Adds `record` to `out`, with the line's end.
    pub(super) fn line(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        let mut text = String::new();
        self.write(record, &mut text);
        out.extend_from_slice(text.as_bytes());
    }

    fn write(&self, record: &Record<'_>, out: &mut String) {
        let level = *record.metadata.level();
        let mut line = Line { colour: self.colour, out };
        line.painted(DIM, |out| clock(out, record.time));
        line.out.push(' ');
        line.painted(colour_of(level), |out| {
            let _ = write!(out, "{:<5}", level.as_str());
        });
        line.out.push(' ');
        // What is usual needs no name beside it; what is not has to be found in the source.
        if level != Level::INFO {
            line.painted(DIM, |out| {
                clean(out, &record.logger, usize::MAX);
                out.push(':');
            });
            line.out.push(' ');
        }
        message(line.out, &record.message);
        if !record.fields.is_empty() {
            line.out.push(' ');
        }
        for (name, value) in record.fields.iter() {
            line.out.push(' ');
            line.painted(DIM, |out| {
                clean(out, name, usize::MAX);
                out.push('=');
            });
            plain(line.out, value);
        }
        line.context(record);
        line.out.push('\n');
        if let Some(exception) = &record.exception {
            line.cause("error", &exception.message);
            for cause in &exception.chain {
                line.cause("cause", cause);
            }
        }
    }
}

impl Line<'_> {
    fn painted(&mut self, colour: &str, write: impl FnOnce(&mut String)) {
        if self.colour {
            let _ = write!(self.out, "\x1b[{colour}m");
        }
        write(self.out);
        if self.colour {
            self.out.push_str("\x1b[0m");
        }
    }

    fn context(&mut self, record: &Record<'_>) {
        if record.spans.is_empty() && record.trace.is_none() {
            return;
        }
        self.out.push_str("  ");
        self.painted(DIM, |out| {
            for (at, span) in record.spans.iter().enumerate() {
                if at > 0 {
                    out.push_str(" › ");
                }
                clean(out, span, VALUE_CHARS);
            }
            for (name, value) in record.context.iter() {
                let _ = write!(out, " {name}=");
                plain(out, value);
            }
            if let Some(trace) = &record.trace {
                let id = format!("{:032x}", trace.trace_id());
                let _ = write!(out, " trace={}", &id[..8]);
            }
        });
    }

    fn cause(&mut self, word: &str, text: &str) {
        self.out.push_str(INDENT);
        self.painted(BOLD, |out| {
            let _ = write!(out, "{word}:");
        });
        self.out.push(' ');
        message(self.out, text);
        self.out.push('\n');
    }
}

fn colour_of(level: Level) -> &'static str {
    match level {
        Level::ERROR => "1;31",
        Level::WARN => "33",
        Level::INFO => "32",
        Level::DEBUG => "34",
        Level::TRACE => "35",
    }
}

/// The hour where the reader is.
fn clock(out: &mut String, time: SystemTime) {
    let _ = write!(out, "{}", DateTime::<Local>::from(time).format("%H:%M:%S"));
}

/// Text that may have lines, which begin under each other.
fn message(out: &mut String, text: &str) {
    for (at, line) in text.trim_end().lines().enumerate() {
        if at > 0 {
            out.push('\n');
            out.push_str(INDENT);
        }
        clean(out, line, usize::MAX);
    }
}

fn plain(out: &mut String, value: &Value) {
    match value {
        Value::Float(value) if (1e-3..1e6).contains(&value.abs()) => {
            let text = format!("{value:.3}");
            out.push_str(text.trim_end_matches('0').trim_end_matches('.'));
        }
        Value::Text(text) if text.is_empty() || text.contains([' ', '"', '=']) => {
            out.push('"');
            clean(out, text, VALUE_CHARS);
            out.push('"');
        }
        Value::Text(text) => clean(out, text, VALUE_CHARS),
        value => {
            let _ = write!(out, "{value}");
        }
    }
}

/// Control characters would move the terminal's cursor, or do worse: they are shown, not sent.
fn clean(out: &mut String, text: &str, limit: usize) {
    for (at, letter) in text.chars().enumerate() {
        if at == limit {
            out.push('…');
            return;
        }
        if letter.is_control() {
            out.extend(letter.escape_default());
        } else {
            out.push(letter);
        }
    }
}
