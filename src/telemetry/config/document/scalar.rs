//! What a plain scalar is, by YAML 1.2's core schema (section 10.3 of its specification).

use super::Value;

/// The value of a plain scalar.
pub(in crate::telemetry::config) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Boolean(true),
        "false" | "False" | "FALSE" => Value::Boolean(false),
        _ => integer(text)
            .map(Value::Integer)
            .or_else(|| float(text).map(Value::Float))
            .unwrap_or_else(|| Value::Text(text.to_owned())),
    }
}

/// The value of a scalar under a tag of the core schema; `None` when it has no such form.
pub(super) fn tagged(tag: &str, text: &str) -> Option<Value> {
    match (tag, resolve(text)) {
        ("str", _) => Some(Value::Text(text.to_owned())),
        ("null", value @ Value::Null)
        | ("bool", value @ Value::Boolean(_))
        | ("int", value @ Value::Integer(_))
        | ("float", value @ Value::Float(_)) => Some(value),
        ("float", Value::Integer(_)) => text.parse().ok().map(Value::Float),
        _ => None,
    }
}

/// `-?[0-9]+`, also with a `+`, `0o[0-7]+` and `0x[0-9a-fA-F]+`. What no setting could hold anyway is
/// the largest that can be held.
fn integer(text: &str) -> Option<i128> {
    let digits = |text: &str, radix| {
        let all = !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
        all.then(|| i128::from_str_radix(text, radix).unwrap_or(i128::MAX))
    };
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, 8);
    }
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return digits(hexadecimal, 16);
    }
    match text.strip_prefix('-') {
        Some(text) => digits(text, 10).map(|number| -number),
        None => digits(text.strip_prefix('+').unwrap_or(text), 10),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, `[-+]?\.inf` and `\.nan`.
fn float(text: &str) -> Option<f64> {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(f64::NAN);
    }
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if matches!(magnitude, ".inf" | ".Inf" | ".INF") {
        return Some(sign * f64::INFINITY);
    }
    let starts = magnitude.starts_with(|c: char| c.is_ascii_digit())
        || magnitude.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let numeric = magnitude.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    // With those characters only, Rust's numbers are YAML's.
    (starts && numeric).then(|| magnitude.parse::<f64>().ok()).flatten().map(|number| sign * number)
}
