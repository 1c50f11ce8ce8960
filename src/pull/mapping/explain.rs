//! Which metrics a rule is for.

use std::collections::HashMap;
use std::fmt;

use opentelemetry_sdk::metrics::InstrumentKind;

use super::check::no_histogram;
use super::rules::{Mapping, Rule, Take};
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
    /// Those of them that are not shown by it, since other ones have the name.
    pub clashes: Vec<Clash>,
}

/// A metric that a rule leads to a name which another metric has, and that cannot be added to it. Whichever is measured
/// first has the name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{metric}` and `{other}` cannot both be `{name}`: one is {form}, the other {other_form}")]
pub struct Clash {
    /// The metric, after views.
    pub metric: String,
    /// What it is where it is shown.
    pub form: String,
    /// The name that the rule gives it.
    pub name: String,
    /// A metric that has the name by this rule or an earlier one.
    pub other: String,
    /// What that is.
    pub other_form: String,
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
pub fn explain<'m>(mapping: &'m Mapping, catalog: &Catalog, views: &Views) -> Vec<Explanation> {
    let declared: Vec<_> = catalog.iter().flat_map(|instrument| views.declared(instrument)).collect();
    let mut shown: HashMap<&'m str, (String, Form)> = HashMap::new();
    let explain = |(place, rule): (usize, &'m Rule)| {
        let mut explanation = Explanation { rule: place, metrics: Vec::new(), notes: Vec::new(), clashes: Vec::new() };
        let Rule { matches, name, take, .. } = rule;
        for (instrument, kind, stream) in &declared {
            let metric = stream.name.to_string();
            let is_there = stream.aggregation != Aggregation::Drop && !explanation.metrics.contains(&metric);
            if !is_there || !matches.is_for(&metric) {
                continue;
            }
            let no_histogram = no_histogram(*kind, stream).filter(|_| take.is_some());
            if let Some(kind) = no_histogram {
                explanation.notes.push(Note::NoHistogram { metric: metric.clone(), kind });
            }
            note_attributes(rule, instrument, stream, &mut explanation.notes);
            if let Some(name) = name.as_deref().filter(|_| no_histogram.is_none()) {
                let form = Form::of(*kind, stream, *take);
                let (other, other_form) = shown.entry(name).or_insert_with(|| (metric.clone(), form.clone()));
                if *other_form != form {
                    explanation.clashes.push(Clash {
                        metric: metric.clone(),
                        form: form.to_string(),
                        name: name.to_owned(),
                        other: other.clone(),
                        other_form: other_form.to_string(),
                    });
                }
            }
            explanation.metrics.push(metric);
        }
        explanation
    };
    mapping.rules.iter().enumerate().map(explain).collect()
}

/// What series must have in common to be added up.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    Counter,
    Gauge,
    Histogram(Vec<f64>),
    Exponential,
}

impl Form {
    fn of(kind: InstrumentKind, stream: &Stream, take: Option<Take>) -> Self {
        match (&stream.aggregation, take) {
            (_, Some(_)) => Self::Counter,
            (Aggregation::Explicit { boundaries, .. }, None) => Self::Histogram(boundaries.clone()),
            (Aggregation::Exponential { .. }, None) => Self::Exponential,
            (Aggregation::LastValue, None) => Self::Gauge,
            (Aggregation::Default | Aggregation::Drop | Aggregation::Sum, None) => match kind {
                InstrumentKind::Counter | InstrumentKind::ObservableCounter | InstrumentKind::Histogram => {
                    Self::Counter
                }
                _ => Self::Gauge,
            },
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counter => f.write_str("a counter"),
            Self::Gauge => f.write_str("a gauge"),
            Self::Histogram(bounds) => write!(f, "a histogram with the bounds {bounds:?}"),
            Self::Exponential => f.write_str("an exponential histogram"),
        }
    }
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
