//! What can be wrong with rules, found before a scrape.

use std::collections::HashSet;
use std::sync::Arc;

use opentelemetry_sdk::metrics::InstrumentKind;

use super::rules::{LabelRule, Mapping, Rule};
use crate::catalog::Catalog;
use crate::views::pattern::is_wild;
use crate::views::{Aggregation, Stream, Views};

/// A mapping that was checked. Clones share it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapper(Arc<Mapping>);

/// The mapping cannot be used. Every fault is there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What is wrong with the rules.
    #[error("the mapping of the Prometheus endpoint cannot be used: {}", .0.iter().map(Fault::to_string).collect::<Vec<_>>().join("; "))]
    Faults(Vec<Fault>),
}

/// Something wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rules[{rule}].{key}: {flaw}")]
pub struct Fault {
    /// The place of the rule in the list, from 0.
    pub rule: usize,
    /// The key inside of the rule, as the configuration file has it: `labels.keep`.
    pub key: String,
    /// What is wrong with its value.
    pub flaw: Flaw,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// Something has no name.
    #[error("is empty")]
    Empty,
    /// Prometheus has no such metric names.
    #[error("`{0}` is no metric name: letters, digits, `_` and `:`, and no digit first")]
    MetricName(String),
    /// Prometheus has no such label names.
    #[error("`{0}` is no label name: letters, digits and `_`, and no digit first")]
    LabelName(String),
    /// The label has a meaning to Prometheus.
    #[error("the label `{0}` belongs to Prometheus")]
    Reserved(String),
    /// Both are given.
    #[error("cannot be given beside `labels.keep`")]
    KeepAndDrop,
    /// Two entries are for one thing.
    #[error("`{0}` is there twice")]
    Twice(String),
    /// A label would be made twice.
    #[error("`{0}` is made by `labels.rename` too")]
    AddedAndRenamed(String),
    /// A number of a histogram is another metric, so it needs a name of its own.
    #[error("is needed where `take` is given")]
    Needed,
    /// Only a histogram has a count and a sum.
    #[error("`{metric}` is a {kind} and has no count or sum to take")]
    NoHistogram {
        /// The metric, after views.
        metric: String,
        /// What it is.
        kind: &'static str,
    },
    /// The rule says what another one says.
    #[error("says the same as rules[{0}]: each series would be there twice")]
    SameAs(usize),
}

/// Where faults go.
struct Report<'a> {
    rule: usize,
    faults: &'a mut Vec<Fault>,
}

impl Mapping {
    /// Everything that is wrong with the rules, as far as it can be known before there are metrics.
    /// `catalog` and `views` tell which metrics will be histograms.
    pub fn faults(&self, catalog: &Catalog, views: &Views) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (place, rule) in self.rules.iter().enumerate() {
            let mut report = Report { rule: place, faults: &mut faults };
            check(rule, &mut report);
            if let Some(same) = self.rules[..place].iter().position(|other| other == rule) {
                report.fault("match", Flaw::SameAs(same));
            }
            if rule.take.is_some() && !is_wild(&rule.matches.name) {
                let of_that_name =
                    streams(catalog, views).into_iter().filter(|(_, stream)| stream.name == rule.matches.name);
                let other = of_that_name.filter_map(|(kind, stream)| no_histogram(kind, &stream)).next();
                if let Some(kind) = other {
                    report.fault("take", Flaw::NoHistogram { metric: rule.matches.name.clone(), kind });
                }
            }
        }
        faults
    }
}

impl Mapper {
    /// A mapping that can be used.
    ///
    /// # Errors
    /// [`Error::Faults`], with everything that is wrong.
    pub fn new(mapping: Mapping, catalog: &Catalog, views: &Views) -> Result<Self, Error> {
        let faults = mapping.faults(catalog, views);
        if faults.is_empty() { Ok(Self(Arc::new(mapping))) } else { Err(Error::Faults(faults)) }
    }

    /// The mapping.
    pub fn mapping(&self) -> &Mapping {
        &self.0
    }
}

impl Report<'_> {
    fn fault(&mut self, key: &str, flaw: Flaw) {
        self.faults.push(Fault { rule: self.rule, key: key.to_owned(), flaw });
    }

    fn label(&mut self, key: &str, name: &str) {
        let mut letters = name.chars();
        let first = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
        if !first || !letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            self.fault(key, Flaw::LabelName(name.to_owned()));
        } else if name == "le" || name.starts_with("__") {
            self.fault(key, Flaw::Reserved(name.to_owned()));
        }
    }

    /// Says of which names there are two.
    fn once<'a>(&mut self, key: &str, names: impl Iterator<Item = &'a String>) {
        let mut seen = HashSet::new();
        for name in names {
            if !seen.insert(name) {
                self.fault(key, Flaw::Twice(name.clone()));
            }
        }
    }
}

fn check(rule: &Rule, report: &mut Report<'_>) {
    let Rule { matches, name, help: _, take, labels } = rule;
    if matches.name.is_empty() {
        report.fault("match.name", Flaw::Empty);
    }
    for (key, values) in &matches.labels {
        if key.is_empty() || values.is_empty() {
            report.fault("match.labels", Flaw::Empty);
        }
    }
    report.once("match.labels", matches.labels.iter().map(|(key, _)| key));
    match name {
        Some(name) if !is_metric_name(name) => report.fault("name", Flaw::MetricName(name.clone())),
        None if take.is_some() => report.fault("name", Flaw::Needed),
        _ => {}
    }
    check_labels(labels, report);
}

fn check_labels(labels: &LabelRule, report: &mut Report<'_>) {
    let LabelRule { rename, keep, drop, add, values } = labels;
    for (key, label) in rename {
        if key.is_empty() {
            report.fault("labels.rename", Flaw::Empty);
        }
        report.label("labels.rename", label);
    }
    report.once("labels.rename", rename.iter().map(|(key, _)| key));
    report.once("labels.rename", rename.iter().map(|(_, label)| label));
    if keep.is_some() && !drop.is_empty() {
        report.fault("labels.drop", Flaw::KeepAndDrop);
    }
    for (label, _) in add {
        report.label("labels.add", label);
        if rename.iter().any(|(_, renamed)| renamed == label) {
            report.fault("labels.add", Flaw::AddedAndRenamed(label.clone()));
        }
    }
    report.once("labels.add", add.iter().map(|(label, _)| label));
    report.once("labels.values", values.iter().map(|(label, _)| label));
    for (label, translations) in values {
        if label.is_empty() {
            report.fault("labels.values", Flaw::Empty);
        }
        report.once(&format!("labels.values.{label}"), translations.iter().map(|(from, _)| from));
    }
}

fn is_metric_name(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphabetic() || letter == '_' || letter == ':';
    let mut letters = name.chars();
    letters.next().is_some_and(is_letter) && letters.all(|letter| is_letter(letter) || letter.is_ascii_digit())
}

/// The streams of the catalogue's instruments, with the kind of the instrument.
pub(super) fn streams(catalog: &Catalog, views: &Views) -> Vec<(InstrumentKind, Stream)> {
    let declared = catalog.iter().flat_map(|instrument| views.declared(instrument));
    declared.map(|(_, kind, stream)| (kind, stream)).collect()
}

/// What a stream is if it is no histogram.
pub(super) fn no_histogram(kind: InstrumentKind, stream: &Stream) -> Option<&'static str> {
    match stream.aggregation {
        Aggregation::Explicit { .. } | Aggregation::Exponential { .. } | Aggregation::Drop => None,
        Aggregation::LastValue => Some("gauge"),
        Aggregation::Sum | Aggregation::Default => Some(match kind {
            InstrumentKind::Gauge | InstrumentKind::ObservableGauge => "gauge",
            InstrumentKind::UpDownCounter | InstrumentKind::ObservableUpDownCounter => "sum that goes up and down",
            _ => "counter",
        }),
    }
}
