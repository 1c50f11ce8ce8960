//! A rule under one naming, as series are led through it.

use std::borrow::Cow;

use super::rules::{LabelRule, Match, Rule, Take};
use crate::pull::translate::Naming;
use crate::views::pattern::matches;

/// A label: name and value.
pub(super) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// A rule whose names are those that labels have in a scrape.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// The name as it is served, if the rule gives one.
    pub(crate) name: Option<String>,
    pub(crate) help: Option<String>,
    pub(crate) take: Option<Take>,
    matches: Match,
    rename: Vec<(String, String)>,
    keep: Option<Vec<String>>,
    drop: Vec<String>,
    add: Vec<(String, String)>,
    values: Vec<(String, Vec<(String, String)>)>,
}

impl Compiled {
    pub(crate) fn new(rule: &Rule, naming: Naming) -> Self {
        let Rule { matches, name, help, take, labels } = rule;
        let LabelRule { rename, keep, drop, add, values } = labels;
        let own = |name: &String| naming.own(name);
        Self {
            name: name.clone(),
            help: help.clone(),
            take: *take,
            matches: Match {
                name: matches.name.clone(),
                labels: matches.labels.iter().map(|(key, values)| (naming.label(key), values.clone())).collect(),
            },
            rename: rename.iter().map(|(key, label)| (naming.label(key), own(label))).collect(),
            keep: keep.as_ref().map(|keep| keep.iter().map(own).collect()),
            drop: drop.iter().map(own).collect(),
            add: add.iter().map(|(label, value)| (own(label), value.clone())).collect(),
            values: values.iter().map(|(label, values)| (own(label), values.clone())).collect(),
        }
    }

    /// Whether the rule is for a metric, by its OpenTelemetry name.
    pub(crate) fn is_for(&self, metric: &str) -> bool {
        self.matches.is_for(metric)
    }

    /// The labels that a series gets, in the order of their names. `None` if the series is not meant.
    /// `constant` are labels that stay, whatever the rule keeps.
    pub(crate) fn labels<'a>(&'a self, mut labels: Vec<Pair<'a>>, constant: &[String]) -> Option<Vec<Pair<'a>>> {
        let is_meant = |(label, patterns): &(String, Vec<String>)| {
            let value = labels.iter().find(|(name, _)| name == label).map_or("", |(_, value)| value);
            patterns.iter().any(|pattern| matches(pattern, value))
        };
        if !self.matches.labels.iter().all(is_meant) {
            return None;
        }
        for (name, _) in &mut labels {
            if let Some((_, renamed)) = self.rename.iter().find(|(from, _)| from == name) {
                *name = renamed.into();
            }
        }
        labels.retain(|(name, _)| {
            let is_in = |names: &[String]| names.iter().any(|other| other == name);
            is_in(constant) || (self.keep.as_deref().is_none_or(is_in) && !is_in(&self.drop))
        });
        for (label, values) in &self.values {
            if let Some((_, value)) = labels.iter_mut().find(|(name, _)| name == label) {
                if let Some(translated) = translated(values, value) {
                    *value = translated.into();
                }
            } else if let Some((_, value)) = values.iter().find(|(from, _)| from.is_empty()) {
                labels.push((label.into(), value.into()));
            }
        }
        for (label, value) in &self.add {
            labels.retain(|(name, _)| name != label);
            labels.push((label.into(), value.into()));
        }
        labels.retain(|(_, value)| !value.is_empty());
        labels.sort_by(|a, b| a.0.cmp(&b.0));
        let mut joined: Vec<Pair<'a>> = Vec::with_capacity(labels.len());
        for (name, value) in labels {
            match joined.last_mut() {
                Some((last, values)) if *last == name => *values = format!("{values};{value}").into(),
                _ => joined.push((name, value)),
            }
        }
        Some(joined)
    }
}

/// What a value becomes: by the entry that is equal, else by the first that fits.
fn translated<'a>(values: &'a [(String, String)], value: &str) -> Option<&'a String> {
    let equal = values.iter().find(|(from, _)| from == value);
    equal.or_else(|| values.iter().find(|(from, _)| matches(from, value))).map(|(_, to)| to)
}
