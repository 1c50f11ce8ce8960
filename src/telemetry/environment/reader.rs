//! Reads variables and gathers what had to be ignored.

use std::time::Duration;

use super::{Environment, Ignored};

/// Reads variables and gathers what had to be ignored.
pub(super) struct Reader<'a> {
    environment: &'a Environment,
    ignored: Vec<Ignored>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self { environment, ignored: Vec::new() }
    }

    pub(super) fn into_ignored(self) -> Vec<Ignored> {
        self.ignored
    }

    pub(super) fn ignore(&mut self, variable: &str, reason: impl Into<String>) {
        let ignored = Ignored { setting: variable.to_owned(), reason: reason.into() };
        // One variable for all signals is read once for each.
        if !self.ignored.contains(&ignored) {
            self.ignored.push(ignored);
        }
    }

    pub(super) fn text(&self, variable: &str) -> Option<&'a str> {
        self.environment.get(variable)
    }

    /// A value that `parse` understands; it says what it would have understood.
    pub(super) fn parse<T>(&mut self, variable: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let value = self.text(variable)?;
        match parse(value) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.ignore(variable, reason);
                None
            }
        }
    }

    /// `true`, in any case, is true; anything else is false, and is reported unless it says `false`.
    pub(super) fn boolean(&mut self, variable: &str) -> bool {
        match self.text(variable) {
            Some(value) if value.eq_ignore_ascii_case("true") => true,
            Some(value) => {
                if !value.eq_ignore_ascii_case("false") {
                    self.ignore(variable, format!("`{value}` is neither `true` nor `false`"));
                }
                false
            }
            None => false,
        }
    }

    pub(super) fn number<T: std::str::FromStr>(&mut self, variable: &str) -> Option<T> {
        self.parse(variable, |value| value.parse().map_err(|_| format!("`{value}` is not a number in range")))
    }

    pub(super) fn milliseconds(&mut self, variable: &str) -> Option<Duration> {
        self.number(variable).map(Duration::from_millis)
    }

    /// One of the known words, in any case.
    pub(super) fn word<T: Clone>(&mut self, variable: &str, known: &[(&str, T)]) -> Option<T> {
        self.parse(variable, |value| word(value, known))
    }

    /// A list of known words between commas. Those that are not known are reported and left out.
    pub(super) fn words<T: Clone + PartialEq>(&mut self, variable: &str, known: &[(&str, T)]) -> Option<Vec<T>> {
        let mut list = Vec::new();
        for value in self.text(variable)?.split(',').map(str::trim).filter(|value| !value.is_empty()) {
            match word(value, known) {
                Ok(value) if !list.contains(&value) => list.push(value),
                Ok(_) => {}
                Err(reason) => self.ignore(variable, reason),
            }
        }
        Some(list)
    }

    /// `key=value` pairs between commas, percent-decoded. A pair that is not well formed makes the
    /// whole list be ignored, as the specification asks.
    pub(super) fn pairs(&mut self, variable: &str) -> Vec<(String, String)> {
        self.parse(variable, pairs).unwrap_or_default()
    }
}

fn word<T: Clone>(value: &str, known: &[(&str, T)]) -> Result<T, String> {
    known.iter().find(|(word, _)| word.eq_ignore_ascii_case(value)).map(|(_, known)| known.clone()).ok_or_else(|| {
        let known: Vec<_> = known.iter().map(|(word, _)| *word).collect();
        format!("`{value}` is none of {}", known.join(", "))
    })
}

pub(in crate::telemetry) fn pairs(list: &str) -> Result<Vec<(String, String)>, String> {
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(text.trim())
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| "a percent-encoded part is not UTF-8".to_owned())
    };
    list.split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .enumerate()
        .map(|(at, pair)| match pair.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok((decode(key)?, decode(value)?)),
            // The pair itself may hold a secret.
            _ => Err(format!("entry {} is not of the form key=value", at + 1)),
        })
        .collect()
}
