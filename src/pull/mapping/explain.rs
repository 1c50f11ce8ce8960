//! Which metrics a rule is for.

use super::check::no_histogram;
use super::rules::{Mapping, Rule};
use crate::catalog::{Attribute, Catalog, Instrument, OTHER, Values};
use crate::views::pattern::matches;
use crate::views::{Aggregation, Stream, Views};

/// What a rule would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The place of the rule in the list, from 0.
    pub rule: usize,
    /// The metrics of the catalogue that it matches, as views name them; none is often a mistake in a name.
    pub metrics: Vec<String>,
    /// What of it can have no effect on one of them.
    pub notes: Vec<Note>,
}

/// Something of a rule that has no effect on a metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Note {
    /// Only a histogram has a count and a sum.
    #[error("`take` leaves `{metric}` out, which is a {kind}")]
    NoHistogram {
        /// The metric, after views.
        metric: String,
        /// What it is.
        kind: &'static str,
    },
    /// The metric has no such attribute.
    #[error("`{metric}` has no attribute `{key}`")]
    NoAttribute {
        /// The metric, after views.
        metric: String,
        /// The key in `match.labels` or `labels.rename`.
        key: String,
    },
    /// The attribute never has such a value.
    #[error("`{key}` of `{metric}` is never `{value}`")]
    NoValue {
        /// The metric, after views.
        metric: String,
        /// The attribute's key.
        key: String,
        /// The value or pattern in `match.labels`.
        value: String,
    },
}

/// Which metrics of the catalogue each rule matches, in the order of the rules.
pub fn explain(mapping: &Mapping, catalog: &Catalog, views: &Views) -> Vec<Explanation> {
    let declared: Vec<_> = catalog.iter().flat_map(|instrument| views.declared(instrument)).collect();
    let explain = |(place, rule): (usize, &Rule)| {
        let mut explanation = Explanation { rule: place, metrics: Vec::new(), notes: Vec::new() };
        for (instrument, kind, stream) in &declared {
            let metric = stream.name.to_string();
            let is_there = stream.aggregation != Aggregation::Drop && !explanation.metrics.contains(&metric);
            if !is_there || !rule.matches.is_for(&metric) {
                continue;
            }
            if let Some(kind) = no_histogram(*kind, stream).filter(|_| rule.take.is_some()) {
                explanation.notes.push(Note::NoHistogram { metric: metric.clone(), kind });
            }
            note_attributes(rule, instrument, stream, &mut explanation.notes);
            explanation.metrics.push(metric);
        }
        explanation
    };
    mapping.rules.iter().enumerate().map(explain).collect()
}

fn note_attributes(rule: &Rule, instrument: &Instrument, stream: &Stream, notes: &mut Vec<Note>) {
    let Some(keys) = &stream.keys else { return };
    let metric = || stream.name.to_string();
    let matched = rule.matches.labels.iter().map(|(key, values)| (key, values.as_slice()));
    let renamed = rule.labels.rename.iter().map(|(key, _)| (key, [].as_slice()));
    for (key, values) in matched.chain(renamed) {
        if !keys.iter().any(|known| known.as_str() == key) {
            // To match what has no such attribute is a way to tell metrics apart.
            if values.is_empty() || !values.iter().any(|value| matches(value, "")) {
                notes.push(Note::NoAttribute { metric: metric(), key: key.clone() });
            }
            continue;
        }
        let attribute = instrument.attribute_list().iter().find(|attribute| attribute.key() == key);
        if let Some(Values::OneOf(known)) = attribute.map(Attribute::values) {
            let is_possible = |value: &String| known.iter().chain(&[OTHER, ""]).any(|known| matches(value, known));
            let impossible = values.iter().filter(|value| !is_possible(value));
            notes.extend(impossible.map(|value| Note::NoValue {
                metric: metric(),
                key: key.clone(),
                value: value.clone(),
            }));
        }
    }
}
