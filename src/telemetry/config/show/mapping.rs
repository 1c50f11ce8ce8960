use super::yaml::Yaml;
use super::{Object, name, text};
use crate::pull::mapping::{LabelRule, Mapping, Match, Rule, Unmatched};
use crate::telemetry::config::schema::{TAKES, UNMATCHED};

/// The endpoint's own settings, with its mapping if there is one.
pub(super) fn endpoint(mapping: &Mapping) -> Object {
    let Mapping { unmatched, rules } = mapping;
    let mut object = Object::default();
    if *unmatched != Unmatched::default() || !rules.is_empty() {
        object.some("unmatched", name(&UNMATCHED, unmatched));
    }
    if !rules.is_empty() {
        object.put("rules", Yaml::List(rules.iter().map(rule).collect()));
    }
    let mut endpoint = Object::default();
    endpoint.object("mapping", object);
    endpoint
}

fn rule(rule: &Rule) -> Yaml {
    let Rule { matches, name: served, help, take, labels } = rule;
    let mut object = Object::default();
    object.put("match", matched(matches));
    object.some("name", served.clone().map(Yaml::Text));
    object.some("help", help.clone().map(Yaml::Text));
    object.some("take", take.and_then(|take| name(&TAKES, &take)));
    object.object("labels", self::labels(labels));
    object.yaml()
}

fn matched(matches: &Match) -> Yaml {
    let Match { name, labels } = matches;
    let mut object = Object::default();
    object.put("name", text(name));
    let mut by_key = Object::default();
    for (key, values) in labels {
        let values = match values.as_slice() {
            [one] => text(one),
            values => Yaml::texts(values),
        };
        by_key.put(key, values);
    }
    object.object("labels", by_key);
    object.yaml()
}

fn labels(rule: &LabelRule) -> Object {
    let LabelRule { rename, keep, drop, add, values } = rule;
    let mut object = Object::default();
    object.object("rename", pairs(rename));
    object.some("keep", keep.as_ref().map(Yaml::texts));
    if !drop.is_empty() {
        object.put("drop", Yaml::texts(drop));
    }
    object.object("add", pairs(add));
    let mut by_label = Object::default();
    for (label, translations) in values {
        by_label.put(label, pairs(translations).yaml());
    }
    object.object("values", by_label);
    object
}

fn pairs(pairs: &[(String, String)]) -> Object {
    let mut object = Object::default();
    for (key, value) in pairs {
        object.put(key, text(value));
    }
    object
}
