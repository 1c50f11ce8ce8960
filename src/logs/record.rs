//! What one event says, before anyone formats it.

use opentelemetry::trace::SpanContext;
use std::{borrow::Cow, error, fmt, io, time::SystemTime};
use tracing::Metadata;

/// Text is cut after this many bytes: 16 KiB. So is an exception's message and chain together.
pub const VALUE_LIMIT: usize = 16 << 10;

/// A line of JSON is never longer than this: 256 KiB, the default of Loki and others.
pub const LINE_LIMIT: usize = 256 << 10;

/// A chain of sources is followed this far; one that leads back to itself would never end.
const CHAIN_LIMIT: usize = 32;

/// One event with what surrounds it.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) time: SystemTime,
    pub(super) metadata: &'a Metadata<'static>,
    pub(super) logger: Cow<'a, str>,
    pub(super) module: Option<Cow<'a, str>>,
    pub(super) file: Option<Cow<'a, str>>,
    pub(super) line: Option<u64>,
    pub(super) message: String,
    pub(super) exception: Option<Exception>,
    /// The event's own fields.
    pub(super) fields: Fields,
    /// The enclosing spans' fields that the event did not name itself.
    pub(super) context: Fields,
    /// The enclosing spans' names, the outermost first.
    pub(super) spans: Vec<&'static str>,
    /// None: the event is in no span, or was told to have no parent.
    pub(super) trace: Option<SpanContext>,
}

/// An error and what led to it.
#[derive(Debug, PartialEq)]
pub(super) struct Exception {
    pub(super) kind: Option<&'static str>,
    pub(super) message: String,
    /// The sources' texts, the nearest first.
    pub(super) chain: Vec<String>,
}

/// A field's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    /// An integer of more than 64 bits, as digits.
    Wide(String),
    Float(f64),
    Text(String),
}

/// Named values. A name occurs once.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(&'static str, Value)>);

/// Text that stops growing at a limit.
#[derive(Debug)]
pub(super) struct Bounded {
    text: String,
    limit: usize,
    cut: bool,
}

impl Record<'_> {
    /// The name that the event was given. Events that were given none have one that tells their place.
    pub(super) fn event_name(&self) -> Option<&'static str> {
        let name = self.metadata.name();
        (!name.starts_with("event ")).then_some(name)
    }
}

impl Exception {
    pub(super) fn new(error: &(dyn error::Error + 'static)) -> Self {
        let mut room = VALUE_LIMIT;
        let mut text = |error: &dyn error::Error| {
            let text = Bounded::display(error, room);
            room = room.saturating_sub(text.len());
            text
        };
        let message = text(error);
        let mut chain = Vec::new();
        let mut source = error.source();
        while let Some(error) = source {
            if chain.len() == CHAIN_LIMIT {
                break;
            }
            chain.push(text(error));
            source = error.source();
        }
        Self { kind: kind_of(error), message, chain }
    }

    pub(super) fn from_text(message: String) -> Self {
        Self { kind: None, message, chain: Vec::new() }
    }
}

/// `dyn Error` keeps no type name, so only types that can be asked for are known.
fn kind_of(error: &(dyn error::Error + 'static)) -> Option<&'static str> {
    if error.is::<io::Error>() {
        Some("std::io::Error")
    } else if error.is::<std::num::ParseIntError>() {
        Some("std::num::ParseIntError")
    } else if error.is::<std::num::ParseFloatError>() {
        Some("std::num::ParseFloatError")
    } else if error.is::<std::str::Utf8Error>() {
        Some("std::str::Utf8Error")
    } else if error.is::<std::string::FromUtf8Error>() {
        Some("std::string::FromUtf8Error")
    } else if error.is::<fmt::Error>() {
        Some("std::fmt::Error")
    } else {
        None
    }
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        if text.len() <= VALUE_LIMIT {
            Self::Text(text.to_owned())
        } else {
            Self::Text(Bounded::display(text, VALUE_LIMIT))
        }
    }
}

impl Fields {
    /// Sets `name`, in place of the value it had.
    pub(super) fn set(&mut self, name: &'static str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| *known == name)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.remove(at).1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }
}

impl IntoIterator for Fields {
    type Item = (&'static str, Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Bounded {
    pub(super) fn display(value: &(impl fmt::Display + ?Sized), limit: usize) -> String {
        Self::format(format_args!("{value}"), limit)
    }

    pub(super) fn debug(value: &(impl fmt::Debug + ?Sized), limit: usize) -> String {
        Self::format(format_args!("{value:?}"), limit)
    }

    fn format(value: fmt::Arguments<'_>, limit: usize) -> String {
        let mut bounded = Self { text: String::new(), limit, cut: false };
        let outcome = fmt::write(&mut bounded, value);
        if bounded.cut {
            bounded.text.push('…');
        } else if outcome.is_err() {
            bounded.text.push_str("<error while formatting>");
        }
        bounded.text
    }
}

impl fmt::Write for Bounded {
    /// Fails at the limit, which ends a formatting that would take long.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.cut {
            return Err(fmt::Error);
        }
        let room = self.limit.saturating_sub(self.text.len());
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        let end = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        self.text.push_str(&text[..end]);
        self.cut = true;
        Err(fmt::Error)
    }
}
