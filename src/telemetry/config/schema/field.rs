//! Typed reading of nodes. What is wrong goes into the report, and reading goes on.
//!
//! The schema tells missing from null. A scalar that may be left out may be null too, unless it is said otherwise; a
//! list or a mapping may be left out, and is never null except where a component stands by its name alone (`console:`).

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::telemetry::config::document::{Entry, Node, Value, resolve};
use crate::telemetry::config::fault::{Place, Position, Report};

/// A node and its path.
#[derive(Clone)]
pub(super) struct Field<'a> {
    node: &'a Node,
    path: String,
    is_newer: bool,
}

/// A mapping whose keys are known.
pub(super) struct Object<'a> {
    entries: &'a [Entry],
    at: Position,
    path: String,
    known: Vec<&'static str>,
    is_newer: bool,
}

impl<'a> Field<'a> {
    pub(super) fn top(node: &'a Node) -> Self {
        Self { node, path: String::new(), is_newer: false }
    }

    /// The same in a file of a newer version, where keys that end in `/development` here may have lost it.
    pub(super) fn newer(self, is_newer: bool) -> Self {
        Self { is_newer, ..self }
    }

    /// A name of a component as it is known here.
    pub(super) fn is_called(&self, name: &str, known: &str) -> bool {
        is_called(name, known, self.is_newer)
    }

    pub(super) fn value(&self) -> &'a Value {
        &self.node.value
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn place(&self) -> Place {
        Place { at: self.node.at, path: self.path.clone() }
    }

    pub(super) fn error(&self, reason: impl Into<String>, report: &mut Report) {
        report.error(self.node.at, &self.path, reason);
    }

    pub(super) fn warning(&self, reason: impl Into<String>, report: &mut Report) {
        report.warning(self.node.at, &self.path, reason);
    }

    /// What a path below this one leads to: `rules[1].name`. If it is not there, its place is what is nearest.
    pub(super) fn within(&self, path: &str) -> Field<'a> {
        let mut node = self.node;
        for part in path.split(['.', '[']) {
            let next = match (&node.value, part.strip_suffix(']').map(str::parse::<usize>)) {
                (Value::List(items), Some(Ok(index))) => items.get(index),
                (Value::Object(entries), None) => {
                    entries.iter().find(|entry| entry.key == part).map(|entry| &entry.value)
                }
                _ => None,
            };
            let Some(next) = next else { break };
            node = next;
        }
        let path = if self.path.is_empty() { path.to_owned() } else { format!("{}.{path}", self.path) };
        Field { node, path, is_newer: self.is_newer }
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.value(), Value::List(_))
    }

    pub(super) fn expected(&self, what: &str, report: &mut Report) {
        // What is faulty is in the report already.
        if *self.value() != Value::Faulty {
            self.error(format!("must be {what}, and is {}", self.kind()), report);
        }
    }

    pub(super) fn text(&self, report: &mut Report) -> Option<&'a str> {
        match self.value() {
            Value::Text(text) => Some(text),
            Value::Boolean(_) | Value::Integer(_) | Value::Float(_) => {
                self.expected("text (in quotes, so that it is not taken for something else)", report);
                None
            }
            _ => {
                self.expected("text", report);
                None
            }
        }
    }

    /// Text that is not empty.
    pub(super) fn filled(&self, report: &mut Report) -> Option<&'a str> {
        let text = self.text(report)?;
        if text.is_empty() {
            self.error("is empty", report);
        }
        Some(text).filter(|text| !text.is_empty())
    }

    /// Text, or the text of a plain boolean or number as it is written: `1.10` of a version.
    pub(super) fn as_text(&self, report: &mut Report) -> Option<String> {
        match &self.node.written {
            Some(written) => {
                let reason =
                    format!("is {}, and is taken as the text that is written: in quotes it is text", self.kind());
                self.warning(reason, report);
                Some(written.clone())
            }
            None => self.text(report).map(str::to_owned),
        }
    }

    /// Reads text as what it would be without quotes, where that is a boolean or a number: between brackets a
    /// reference needs quotes.
    pub(super) fn as_plain<T>(
        &self,
        report: &mut Report,
        read: impl FnOnce(&Field<'_>, &mut Report) -> Option<T>,
    ) -> Option<T> {
        let plain = match self.value() {
            Value::Text(text) => Some(resolve(text)).filter(|value| !matches!(value, Value::Text(_) | Value::Null)),
            _ => None,
        };
        let Some(value) = plain else { return read(self, report) };
        let node = Node { value, at: self.node.at, written: None };
        let plain = Field { node: &node, path: self.path.clone(), is_newer: self.is_newer };
        let found = read(&plain, report);
        if found.is_some() {
            self.warning(format!("is text, and is read as {}", plain.kind()), report);
        }
        found
    }

    fn kind(&self) -> &'static str {
        self.value().kind()
    }

    pub(super) fn boolean(&self, report: &mut Report) -> Option<bool> {
        match self.value() {
            Value::Boolean(value) => Some(*value),
            _ => {
                self.expected("true or false", report);
                None
            }
        }
    }

    /// An integer in a range. A number without a fraction is an integer, as in JSON Schema.
    pub(super) fn integer(&self, range: RangeInclusive<i128>, report: &mut Report) -> Option<i128> {
        let number = match self.value() {
            Value::Integer(number) => *number,
            // Saturates at what no range contains.
            Value::Float(number) if number.fract() == 0.0 => *number as i128,
            _ => {
                self.expected("an integer", report);
                return None;
            }
        };
        if range.contains(&number) {
            return Some(number);
        }
        if number > i128::from(i64::MAX) {
            self.error("is too large", report);
            return None;
        }
        let bounds = match (range.start(), range.end()) {
            (low, high) if *high >= i128::from(i64::MAX) => format!("at least {low}"),
            (low, high) => format!("from {low} to {high}"),
        };
        self.error(format!("is {number}, and must be {bounds}"), report);
        None
    }

    pub(super) fn number(&self, report: &mut Report) -> Option<f64> {
        match self.value() {
            Value::Integer(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => {
                self.expected("a number", report);
                None
            }
        }
    }

    /// One of the known words, exactly as the schema has them.
    pub(super) fn word<T: Copy>(&self, known: &[(&str, T)], report: &mut Report) -> Option<T> {
        let text = self.text(report)?;
        let found = known.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known = listed(known.iter().map(|(word, _)| *word));
            self.error(format!("`{}` is none of {known}", shortened(text)), report);
        }
        found
    }

    pub(super) fn list(&self, minimum: usize, report: &mut Report) -> Option<Vec<Field<'a>>> {
        let Value::List(items) = self.value() else {
            self.expected("a list", report);
            return None;
        };
        if items.len() < minimum {
            self.error(format!("must have at least {minimum} item"), report);
            return None;
        }
        let item = |(index, node)| Field { node, path: format!("{}[{index}]", self.path), is_newer: self.is_newer };
        Some(items.iter().enumerate().map(item).collect())
    }

    pub(super) fn texts(&self, minimum: usize, report: &mut Report) -> Option<Vec<String>> {
        let items = self.list(minimum, report)?;
        Some(items.iter().filter_map(|item| item.text(report)).map(str::to_owned).collect())
    }

    pub(super) fn object(&self, report: &mut Report) -> Option<Object<'a>> {
        let Value::Object(entries) = self.value() else {
            self.expected("a mapping", report);
            return None;
        };
        Some(Object { entries, at: self.node.at, path: self.path.clone(), known: Vec::new(), is_newer: self.is_newer })
    }

    /// A mapping, or null for one without keys.
    pub(super) fn object_or_null(&self, report: &mut Report) -> Option<Object<'a>> {
        match self.value() {
            Value::Null => Some(Object {
                entries: &[],
                at: self.node.at,
                path: self.path.clone(),
                known: Vec::new(),
                is_newer: self.is_newer,
            }),
            _ => self.object(report),
        }
    }

    /// A component that has no settings: a mapping without keys, or null.
    pub(super) fn bare(&self, report: &mut Report) -> Option<()> {
        self.object_or_null(report).map(|object| object.close(report))
    }

    /// The one component of a mapping that has exactly one key, which names it.
    pub(super) fn component(&self, what: &str, report: &mut Report) -> Option<(&'a str, Field<'a>)> {
        let object = self.object(report)?;
        match object.entries {
            [entry] => Some((entry.key.as_str(), object.of(entry))),
            [] => {
                self.error(format!("must have one key, which names the {what}"), report);
                None
            }
            [_, second, ..] => {
                let names = listed(object.entries.iter().map(|entry| entry.key.as_str()));
                let reason = format!("must have one key, which names the {what}, and has {names}");
                report.error(second.key_at, &self.path, reason);
                None
            }
        }
    }

    /// A component that is none of those that there are.
    pub(super) fn unknown(&self, what: &str, name: &str, known: &[&str], report: &mut Report) {
        let (name, known) = (shortened(name), listed(known.iter().copied()));
        self.error(format!("`{name}` is no {what} of this SDK: there is {known}"), report);
    }
}

impl<'a> Object<'a> {
    fn of(&self, entry: &'a Entry) -> Field<'a> {
        let path = if self.path.is_empty() { entry.key.clone() } else { format!("{}.{}", self.path, entry.key) };
        Field { node: &entry.value, path, is_newer: self.is_newer }
    }

    pub(super) fn error(&self, reason: impl Into<String>, report: &mut Report) {
        report.error(self.at, &self.path, reason);
    }

    /// What a key holds, also null.
    pub(super) fn field(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.known.push(key);
        let entry = self.entries.iter().find(|entry| is_called(&entry.key, key, self.is_newer))?;
        Some(self.of(entry))
    }

    /// What a key holds, unless it is null.
    pub(super) fn some(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.field(key).filter(|field| !matches!(field.value(), Value::Null | Value::Faulty))
    }

    /// What a key holds that must be there.
    pub(super) fn required(&mut self, key: &'static str, report: &mut Report) -> Option<Field<'a>> {
        let Some(field) = self.field(key) else {
            report.error(self.at, &self.path, format!("the key `{key}` is missing"));
            return None;
        };
        if *field.value() == Value::Null {
            field.error("is required, and is null", report);
            return None;
        }
        Some(field)
    }

    pub(super) fn text(&mut self, key: &'static str, report: &mut Report) -> Option<String> {
        self.some(key)?.text(report).map(str::to_owned)
    }

    pub(super) fn boolean(&mut self, key: &'static str, report: &mut Report) -> Option<bool> {
        self.some(key)?.boolean(report)
    }

    /// One of the known words. The schema's enumerations have no null.
    pub(super) fn word<T: Copy>(&mut self, key: &'static str, known: &[(&str, T)], report: &mut Report) -> Option<T> {
        self.field(key)?.word(known, report)
    }

    /// A count that may be zero.
    pub(super) fn count<T: TryFrom<i128>>(&mut self, key: &'static str, report: &mut Report) -> Option<T> {
        self.some(key)?.size(0, report)
    }

    /// A count that may not be zero.
    pub(super) fn positive<T: TryFrom<i128>>(&mut self, key: &'static str, report: &mut Report) -> Option<T> {
        self.some(key)?.size(1, report)
    }

    pub(super) fn milliseconds(&mut self, key: &'static str, report: &mut Report) -> Option<Duration> {
        self.count::<u64>(key, report).map(Duration::from_millis)
    }

    pub(super) fn list(&mut self, key: &'static str, minimum: usize, report: &mut Report) -> Option<Vec<Field<'a>>> {
        self.field(key)?.list(minimum, report)
    }

    fn knows(&self, key: &str) -> bool {
        self.known.iter().any(|known| is_called(key, known, self.is_newer))
    }

    /// Says which keys are there by both of the names that a newer version may have for them.
    pub(super) fn refuse_doubles(&self, report: &mut Report) {
        for known in &self.known {
            let mut there = self.entries.iter().filter(|entry| is_called(&entry.key, known, self.is_newer));
            let Some(first) = there.next() else { continue };
            if let Some(second) = there.find(|other| other.key != first.key) {
                let reason = format!("is `{}` by another name, which is there too", first.key);
                report.error(second.key_at, &self.of(second).path, reason);
            }
        }
    }

    /// Says which keys are not known.
    pub(super) fn close(self, report: &mut Report) {
        self.refuse_doubles(report);
        for entry in self.entries.iter().filter(|entry| !self.knows(&entry.key)) {
            let known = match self.known.as_slice() {
                [] => "there is none here".to_owned(),
                known => format!("there is {}", listed(known.iter().copied())),
            };
            report.error(entry.key_at, &self.of(entry).path, format!("this key is not known: {known}"));
        }
    }

    /// The keys that are not known, of a mapping that may have others.
    pub(super) fn others(&self) -> Vec<(&'a str, Field<'a>)> {
        let others = self.entries.iter().filter(|entry| !self.knows(&entry.key));
        others.map(|entry| (entry.key.as_str(), self.of(entry))).collect()
    }

    /// Every key and what it holds, of a mapping whose keys are the user's.
    pub(super) fn each(self) -> Vec<(&'a str, Field<'a>)> {
        self.others()
    }
}

impl Field<'_> {
    fn size<T: TryFrom<i128>>(&self, minimum: i128, report: &mut Report) -> Option<T> {
        let number = self.integer(minimum..=i128::from(i64::MAX), report)?;
        let size = T::try_from(number).ok();
        if size.is_none() {
            self.error(format!("is {number}: too large"), report);
        }
        size
    }
}

fn is_called(key: &str, known: &str, is_newer: bool) -> bool {
    key == known || is_newer && known.strip_suffix("/development") == Some(key)
}

/// As much of a text as is worth repeating.
pub(super) fn shortened(text: &str) -> String {
    const LENGTH: usize = 80;
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

/// `a, b and c`.
pub(super) fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => names.concat(),
    }
}
