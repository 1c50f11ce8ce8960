//! Reads variables and gathers what had to be ignored.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
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

    /// A number, no larger than one that a file may have.
    pub(super) fn number<T: FromStr + TryInto<i64> + Copy>(&mut self, variable: &str) -> Option<T> {
        self.parse(variable, |value| match value.parse::<T>() {
            Ok(number) if number.try_into().is_ok() => Ok(number),
            _ => Err(format!("`{value}` is not a number in range")),
        })
    }

    /// A number between these two.
    pub(super) fn between<T: FromStr + PartialOrd + Display>(
        &mut self,
        variable: &str,
        range: RangeInclusive<T>,
    ) -> Option<T> {
        self.parse(variable, |value| match value.parse() {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => Err(format!("`{value}` is not a number from {} to {}", range.start(), range.end())),
        })
    }

    pub(super) fn milliseconds(&mut self, variable: &str) -> Option<Duration> {
        self.number(variable).map(Duration::from_millis)
    }

    /// One of the known words, in any case. What is `missing` is known to the specification only.
    pub(super) fn word<T: Clone>(&mut self, variable: &str, known: &[(&str, T)], missing: &[&str]) -> Option<T> {
        self.parse(variable, |value| word(value, known, missing))
    }

    /// A list of known words between commas. Those that are not known are reported and left out.
    pub(super) fn words<T: Clone + PartialEq>(
        &mut self,
        variable: &str,
        known: &[(&str, T)],
        missing: &[&str],
    ) -> Option<Vec<T>> {
        let mut list = Vec::new();
        for value in self.text(variable)?.split(',').map(str::trim).filter(|value| !value.is_empty()) {
            match word(value, known, missing) {
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

fn word<T: Clone>(value: &str, known: &[(&str, T)], missing: &[&str]) -> Result<T, String> {
    if let Some((_, known)) = known.iter().find(|(word, _)| word.eq_ignore_ascii_case(value)) {
        return Ok(known.clone());
    }
    let what = match missing.iter().any(|word| word.eq_ignore_ascii_case(value)) {
        true => "not supported: it can be one",
        false => "none",
    };
    let known: Vec<_> = known.iter().map(|(word, _)| *word).collect();
    Err(format!("`{value}` is {what} of {}", known.join(", ")))
}

pub(in crate::telemetry) fn pairs(list: &str) -> Result<Vec<(String, String)>, String> {
    list.split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .enumerate()
        .map(|(at, pair)| {
            // The pair itself may hold a secret.
            let entry = |what: &str| format!("entry {} {what}", at + 1);
            match pair.split_once('=') {
                Some((key, value)) if !key.trim().is_empty() => {
                    let decode = |text| decoded(text).ok_or_else(|| entry("is not percent-encoded UTF-8"));
                    Ok((decode(key)?, decode(value)?))
                }
                _ => Err(entry("is not of the form key=value")),
            }
        })
        .collect()
}

fn decoded(text: &str) -> Option<String> {
    let text = text.trim();
    let mut sequences = text.split('%');
    // Before the first percent sign is none.
    sequences.next();
    let well_formed = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|digit| digit.is_ascii_hexdigit());
    if !sequences.all(well_formed) {
        return None;
    }
    percent_encoding::percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}
