//! Matchers and the values that a label may have.

use std::collections::BTreeSet;

use promql_parser::label::{MatchOp, Matcher};

use crate::check::known::{bound, spelled};

/// How a matcher fits values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Good,
    /// It fits none of them.
    None,
    /// Some of what it names is not among them.
    Some(Vec<String>),
    /// It fits a bound as one way of delivery writes it, and not as the other one does.
    OneSpelling(String),
}

pub(super) fn fit(matcher: &Matcher, values: &BTreeSet<String>) -> Fit {
    let is_positive = matches!(matcher.op, MatchOp::Equal | MatchOp::Re(_));
    let fits = |value: &str| matcher.is_match(value) == is_positive;
    let literals = match matcher.op {
        MatchOp::Equal | MatchOp::NotEqual => Some(vec![matcher.value.clone()]),
        MatchOp::Re(_) | MatchOp::NotRe(_) => alternatives(&matcher.value),
    };
    if matcher.name == "le" {
        return fit_bound(fits, is_positive, values);
    }
    let some = values.iter().any(|value| fits(value)) || fits("");
    if !some && is_positive {
        return Fit::None;
    }
    let useless: Vec<_> =
        literals.into_iter().flatten().filter(|value| !value.is_empty() && !values.contains(value)).collect();
    match useless.is_empty() {
        true if some => Fit::Good,
        true => Fit::Some(vec![matcher.value.clone()]),
        false => Fit::Some(useless),
    }
}

fn fit_bound(fits: impl Fn(&str) -> bool, is_positive: bool, values: &BTreeSet<String>) -> Fit {
    if is_positive && !values.iter().any(|value| fits(value)) {
        return Fit::None;
    }
    for value in values.iter().filter(|value| fits(value)) {
        if let Some(bound) = bound(value).filter(|bound| bound.is_finite()) {
            if !spelled(bound).iter().all(|spelling| fits(spelling)) {
                return Fit::OneSpelling(bound.to_string());
            }
        }
    }
    Fit::Good
}

/// The texts of `a|b|c`; `None` if it is a pattern of another kind.
fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let inner = pattern.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(pattern);
    inner.split('|').map(literal).collect()
}

/// The text that a pattern stands for, if it is one.
fn literal(pattern: &str) -> Option<String> {
    let mut text = String::new();
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => text.push(characters.next().filter(|c| !c.is_ascii_alphanumeric())?),
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$' => return None,
            c => text.push(c),
        }
    }
    Some(text)
}
