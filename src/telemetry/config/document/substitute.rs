//! `${NAME}`, `${env:NAME}`, `${NAME:-default}` and `$$`, as the specification's data model defines them.

use std::collections::BTreeSet;

use crate::telemetry::Environment;

/// Why nothing was put in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// References that are none: `${X:?}`, `${1X}`.
    Invalid(Vec<String>),
    /// The text would be longer than it may be.
    TooLong,
}

/// A scalar with its references replaced. What is put in is not looked at again. `variables` gets the names that it
/// refers to.
///
/// # Errors
/// Every reference that is not well formed; that the result would have more than `room` bytes.
pub(super) fn substitute(
    text: &str,
    environment: &Environment,
    variables: &mut BTreeSet<String>,
    room: usize,
) -> Result<String, Flaw> {
    let (mut output, mut invalid) = (String::with_capacity(text.len()), Vec::new());
    // An escape is found before references are, from the left, so none reaches across one.
    for (index, part) in text.split("$$").enumerate() {
        if index > 0 {
            output.push('$');
        }
        let mut part = part;
        while let Some(next) = reference_in(part, environment, variables, &mut output, &mut invalid) {
            if output.len() > room {
                return Err(Flaw::TooLong);
            }
            part = next;
        }
    }
    if invalid.is_empty() { Ok(output) } else { Err(Flaw::Invalid(invalid)) }
}

/// Takes a text up to the end of the first reference in it, and gives the rest.
fn reference_in<'t>(
    text: &'t str,
    environment: &Environment,
    variables: &mut BTreeSet<String>,
    output: &mut String,
    invalid: &mut Vec<String>,
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
        Some((name, default)) => {
            output.push_str(environment.verbatim(name).unwrap_or(default));
            variables.insert(name.to_owned());
        }
        None => invalid.push(rest[..=end].to_owned()),
    }
    Some(after)
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
