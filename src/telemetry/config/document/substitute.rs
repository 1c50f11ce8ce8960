//! `${NAME}`, `${env:NAME}`, `${NAME:-default}` and `$$`, as the specification's data model defines them.

use std::collections::BTreeSet;
use std::fmt;

use crate::telemetry::Environment;

/// Why nothing was put in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// References that are none, or lead to nothing that could be put in.
    Wrong(Vec<Reference>),
    /// The text would be longer than it may be.
    TooLong,
}

/// A reference that cannot be followed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// It is none: `${X:?}`, `${1X}`.
    Malformed(String),
    /// The value of the variable is not UTF-8.
    Unreadable(String),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(reference) => write!(
                f,
                "`{reference}` is not a reference: it is ${{NAME}}, ${{env:NAME}} or ${{NAME:-default}}, and a dollar is $$"
            ),
            Self::Unreadable(variable) => write!(f, "the value of the variable `{variable}` is not UTF-8"),
        }
    }
}

/// A scalar with its references replaced. What is put in is not looked at again. `variables` gets the names that it
/// refers to.
///
/// # Errors
/// Every reference that cannot be followed; that the result would have more than `room` bytes.
pub(super) fn substitute(
    text: &str,
    environment: &Environment,
    variables: &mut BTreeSet<String>,
    room: usize,
) -> Result<String, Flaw> {
    let (mut output, mut wrong) = (String::with_capacity(text.len()), Vec::new());
    // An escape is found before references are, from the left, so none reaches across one.
    for (index, part) in text.split("$$").enumerate() {
        if index > 0 {
            output.push('$');
        }
        let mut part = part;
        while let Some(next) = reference_in(part, environment, variables, &mut output, &mut wrong) {
            if output.len() > room {
                return Err(Flaw::TooLong);
            }
            part = next;
        }
    }
    if wrong.is_empty() { Ok(output) } else { Err(Flaw::Wrong(wrong)) }
}

/// Takes a text up to the end of the first reference in it, and gives the rest.
fn reference_in<'t>(
    text: &'t str,
    environment: &Environment,
    variables: &mut BTreeSet<String>,
    output: &mut String,
    wrong: &mut Vec<Reference>,
) -> Option<&'t str> {
    let Some(start) = text.find("${") else {
        output.push_str(text);
        return None;
    };
    let (before, rest) = text.split_at(start);
    // A reference is on one line; without an end, this one and all that begin before the end of the line are text.
    let end = rest.find(|c: char| c == '}' || (c.is_control() && c != '\t')).unwrap_or(rest.len());
    let Some(after) = rest[end..].strip_prefix('}') else {
        output.push_str(before);
        output.push_str(&rest[..end]);
        return Some(&rest[end..]).filter(|rest| !rest.is_empty());
    };
    output.push_str(before);
    match reference(&rest[2..end]) {
        Some((name, _)) if environment.is_unreadable(name) => wrong.push(Reference::Unreadable(name.to_owned())),
        Some((name, default)) => {
            output.push_str(environment.verbatim(name).unwrap_or(default));
            variables.insert(name.to_owned());
        }
        None => wrong.push(Reference::Malformed(without_default(&rest[..=end]))),
    }
    Some(after)
}

/// What may be shown of a reference: its default may be a secret.
fn without_default(reference: &str) -> String {
    let inner = &reference[..reference.len() - 1];
    let name = match inner.strip_prefix("${env:") {
        Some(rest) => rest,
        None => &inner[2..],
    };
    let shown = inner.len() - name.len() + name.find(':').unwrap_or(name.len());
    let operator = inner[shown..].chars().take(2).map(char::len_utf8).sum::<usize>();
    let rest = if inner.len() > shown + operator { "\u{2026}" } else { "" };
    format!("{}{rest}}}", &inner[..shown + operator])
}

/// The name and the default of a reference.
fn reference(inner: &str) -> Option<(&str, &str)> {
    let inner = inner.strip_prefix("env:").unwrap_or(inner);
    let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let named = name.starts_with(|c: char| !c.is_ascii_digit());
    let default = if rest.is_empty() { Some("") } else { rest.strip_prefix(":-") };
    default.filter(|_| named).map(|default| (name, default))
}
