//! The labels that a mapping rule leaves, and their values.

use super::{Labels, Values};
use crate::pull::mapping::{LabelRule, Mapping, Rule, Unmatched};
use crate::pull::translate::Naming;
use crate::views::pattern::{is_wild, matches};

/// Whether a metric keeps its name.
pub(super) fn is_shown_as_it_is(mapping: &Mapping, metric: &str) -> bool {
    mapping.unmatched == Unmatched::Keep && !mapping.rules.iter().any(|rule| rule.matches.is_for(metric))
}

/// What labels become; `None` if the rule is for none of the series.
pub(super) fn labels(rule: &Rule, mut labels: Labels, naming: Naming, constant: &Labels) -> Option<Labels> {
    for (key, patterns) in &rule.matches.labels {
        let label = naming.label(key);
        let fits = |value: &str| patterns.iter().any(|pattern| matches(pattern, value));
        match labels.get(&label).cloned() {
            Some(Values::These(values)) => {
                let fitting: Vec<_> = values.into_iter().filter(|value| fits(value)).collect();
                if fitting.is_empty() && !fits("") {
                    return None;
                }
                labels.insert(&label, Values::these(fitting));
            }
            Some(Values::Any) if !patterns.iter().any(|pattern| is_wild(pattern)) => {
                labels.insert(&label, Values::these(patterns.iter().filter(|value| !value.is_empty()).cloned()));
            }
            Some(Values::Any) => {}
            None if labels.open || fits("") => {}
            None => return None,
        }
    }
    let LabelRule { rename, keep, drop, add, values } = &rule.labels;
    for (key, label) in rename {
        if let Some(values) = labels.remove(&naming.label(key)) {
            labels.insert(&naming.own(label), values);
        }
    }
    let is_in = |names: &[String], name: &str| names.iter().any(|other| naming.own(other) == name);
    labels.open &= keep.is_none();
    labels.retain(|name| {
        constant.get(name).is_some() || (keep.as_ref().is_none_or(|keep| is_in(keep, name)) && !is_in(drop, name))
    });
    labels.open |= constant.open;
    for (label, translations) in values {
        let label = naming.own(label);
        let of_none = translations.iter().find(|(from, _)| from.is_empty()).map(|(_, to)| to);
        match labels.get(&label).cloned() {
            Some(values) => labels.insert(&label, translated(values, translations)),
            None => of_none.iter().for_each(|to| labels.insert(&label, Values::these([(*to).clone()]))),
        }
    }
    for (label, value) in add {
        labels.insert(&naming.own(label), Values::these([value.clone()]));
    }
    Some(labels)
}

/// What values become. What is not translated stays.
fn translated(values: Values, translations: &[(String, String)]) -> Values {
    let targets = || translations.iter().map(|(_, to)| to.clone()).filter(|to| !to.is_empty());
    match values {
        Values::These(values) => {
            let of_none = translations.iter().find(|(from, _)| from.is_empty()).map(|(_, to)| to.clone());
            let translate = |value: String| {
                let equal = translations.iter().find(|(from, _)| *from == value);
                let fitting = equal.or_else(|| translations.iter().find(|(from, _)| matches(from, &value)));
                fitting.map_or(value, |(_, to)| to.clone())
            };
            let translated = values.into_iter().map(translate).chain(of_none);
            Values::these(translated.filter(|value| !value.is_empty()))
        }
        Values::Any if translations.iter().any(|(from, _)| from == "*") => Values::these(targets()),
        Values::Any => Values::Any,
    }
}
