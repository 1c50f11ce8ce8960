//! Variables in queries: what stands in their place while a query is read.

use std::collections::BTreeMap;

use super::variables::Variables;
use crate::check::file::Forms;
use crate::check::query::{INTERVAL, RANGE, RATE_INTERVAL, VARIABLE, VARIABLE_NAME};

/// How many forms of a query are read at most.
const MAX_FORMS: usize = 32;

/// A part of a query.
enum Part<'a> {
    Text(&'a str),
    Variable { name: &'a str, written: &'a str, stands: Stands },
}

/// Where a variable stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// In quotes.
    Text,
    /// Where a length of time does.
    Length,
    /// Anywhere else.
    Word,
}

/// The queries that variables make of one, and the names that are no variable's.
pub(super) fn forms(query: &str, variables: &Variables<'_>) -> (Forms, Vec<String>) {
    let parts = parts(query);
    let names = parts.iter().filter_map(|part| match part {
        Part::Variable { name, .. } => Some(*name),
        Part::Text(_) => None,
    });
    let names: Vec<&str> = names.collect();
    let is_known = |name: &&str| name.starts_with("__") || is_number(name) || variables.get(name).is_some();
    let unknown = names.iter().filter(|name| !is_known(name)).map(|name| (*name).to_owned()).collect();
    let mut forms = vec![form(&parts, variables, &BTreeMap::new())];
    for name in names {
        for value in variables.get(name).map(|variable| variable.values.as_slice()).unwrap_or_default() {
            let form = form(&parts, variables, &BTreeMap::from([(name, value.as_str())]));
            if forms.len() < MAX_FORMS && !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    (forms, unknown)
}

/// `$1` of `label_replace` is no variable.
fn is_number(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name of a text that is one variable: `$datasource`, `${datasource}`.
pub(super) fn only_name(text: &str) -> Option<&str> {
    match parts(text).as_slice() {
        [Part::Variable { name, .. }] => Some(name),
        _ => None,
    }
}

/// The query with each variable's first value, but for those that are `chosen`.
fn form(parts: &[Part<'_>], variables: &Variables<'_>, chosen: &BTreeMap<&str, &str>) -> String {
    let mut query = String::new();
    for part in parts {
        match part {
            Part::Text(text) => query += text,
            Part::Variable { name, written, .. } if is_number(name) => query += written,
            Part::Variable { name, stands, .. } => {
                let first = || variables.get(name).and_then(|variable| variable.values.first().map(String::as_str));
                match chosen.get(name).copied().or_else(first).or_else(|| builtin(name)) {
                    Some(value) => query += value,
                    None => match stands {
                        Stands::Text => query.push(VARIABLE),
                        Stands::Length => query += RATE_INTERVAL.0,
                        Stands::Word => query += VARIABLE_NAME,
                    },
                }
            }
        }
    }
    query
}

/// What Grafana itself puts in.
fn builtin(name: &str) -> Option<&'static str> {
    Some(match name {
        "__rate_interval" => RATE_INTERVAL.0,
        "__interval" => INTERVAL.0,
        "__range" => RANGE.0,
        "__rate_interval_ms" => "60000",
        "__interval_ms" => "15000",
        "__range_s" => "21600",
        "__range_ms" => "21600000",
        "__from" | "__to" => "1700000000000",
        _ => return None,
    })
}

fn parts(query: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut quote = None;
    let mut is_length = false;
    let (mut start, mut at) = (0, 0);
    while let Some(c) = query[at..].chars().next() {
        if let Some((name, length)) = variable(&query[at..]) {
            if start < at {
                parts.push(Part::Text(&query[start..at]));
            }
            let stands = match (quote, is_length || query[..at].trim_end().ends_with("offset")) {
                (Some(_), _) => Stands::Text,
                (None, true) => Stands::Length,
                (None, false) => Stands::Word,
            };
            parts.push(Part::Variable { name, written: &query[at..at + length], stands });
            at += length;
            start = at;
            continue;
        }
        match (c, quote) {
            ('\\', Some('"' | '\'')) => at += query[at + 1..].chars().next().map_or(0, char::len_utf8),
            ('"' | '\'' | '`', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('[', None) => is_length = true,
            (']', None) => is_length = false,
            _ => {}
        }
        at += c.len_utf8();
    }
    if start < query.len() {
        parts.push(Part::Text(&query[start..]));
    }
    parts
}

/// The name of the variable that a text begins with, and how long it is written: `$x`, `${x}`, `${x:regex}`, `[[x]]`.
fn variable(text: &str) -> Option<(&str, usize)> {
    let word = |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    for (open, close) in [("${", "}"), ("[[", "]]")] {
        if let Some(rest) = text.strip_prefix(open) {
            let end = rest.find(close)?;
            let name = &rest[..word(rest)];
            let is_one = !name.is_empty() && rest[name.len()..end].chars().next().is_none_or(|c| ":.".contains(c));
            return is_one.then_some((name, open.len() + end + close.len()));
        }
    }
    let rest = text.strip_prefix('$')?;
    let end = word(rest);
    (end > 0).then_some((&rest[..end], end + 1))
}
