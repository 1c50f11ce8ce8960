//! `${NAME}`, `${env:NAME}`, `${NAME:-default}` and `$$`, as the specification's data model defines them.

use std::collections::BTreeSet;

use crate::telemetry::Environment;

/// A reference that is none: `${X:?}`, `${1X}`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invalid(pub(super) String);

/// A scalar with its references replaced. What is put in is not looked at again. `variables` gets the names that it
/// refers to.
///
/// # Errors
/// Every reference that is not well formed.
pub(super) fn substitute(
    text: &str,
    environment: &Environment,
    variables: &mut BTreeSet<String>,
) -> Result<String, Vec<Invalid>> {
    let (mut output, mut invalid) = (String::with_capacity(text.len()), Vec::new());
    // An escape is found before references are, from the left, so none reaches across one.
    for (index, part) in text.split("$$").enumerate() {
        if index > 0 {
            output.push('$');
        }
        references(part, environment, variables, &mut output, &mut invalid);
    }
    if invalid.is_empty() { Ok(output) } else { Err(invalid) }
}

fn references(
    mut text: &str,
    environment: &Environment,
    variables: &mut BTreeSet<String>,
    output: &mut String,
    invalid: &mut Vec<Invalid>,
) {
    while let Some(start) = text.find("${") {
        let (before, rest) = text.split_at(start);
        output.push_str(before);
        let inner = &rest[2..];
        // A reference is on one line; without an end it is text.
        match inner.find(|c: char| c == '}' || (c.is_control() && c != '\t')).map(|end| (end, &inner[end..])) {
            Some((end, after)) if after.starts_with('}') => {
                match reference(&inner[..end]) {
                    Some((name, default)) => {
                        output.push_str(environment.verbatim(name).unwrap_or(default));
                        variables.insert(name.to_owned());
                    }
                    None => invalid.push(Invalid(rest[..end + 3].to_owned())),
                }
                text = &after[1..];
            }
            _ => {
                output.push_str("${");
                text = inner;
            }
        }
    }
    output.push_str(text);
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
