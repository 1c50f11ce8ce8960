//! Prometheus' files of rules.

mod template;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::Code;
use super::document::{Node, Value};
use super::file::File;
use super::known::{Known, Values};
use super::query::{self, Asker, Problem, Reading, Shape};

/// Rules, in the order of the file.
pub(super) struct Rules<'a>(Vec<Rule<'a>>);

struct Rule<'a> {
    node: &'a Node,
    kind: Kind,
    name: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Alert,
    Record,
}

/// Records and alerts of all files, and where each is.
pub(super) type Seen = HashMap<(String, String), String>;

/// Whether a document is one of rules: a file of Prometheus, or a `PrometheusRule` of Kubernetes.
pub(super) fn is_one(document: &Node) -> bool {
    groups(document).is_some()
}

fn groups(document: &Node) -> Option<&[Node]> {
    let groups = document.get("groups").or_else(|| document.at(&["spec", "groups"]))?;
    let has_rules = groups.items().iter().any(|group| group.get("rules").is_some());
    has_rules.then(|| groups.items())
}

impl<'a> Rules<'a> {
    pub(super) fn of(documents: &'a [Node]) -> Self {
        let groups = documents.iter().filter_map(groups).flatten();
        let rules = groups.flat_map(|group| group.list("rules")).filter_map(|node| {
            let alert = node.text_at(&["alert"]).map(|name| (Kind::Alert, name));
            let (kind, name) = alert.or_else(|| Some((Kind::Record, node.text_at(&["record"])?)))?;
            Some(Rule { node, kind, name })
        });
        Self(rules.collect())
    }

    /// The names that the rules record.
    pub(super) fn records(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|rule| rule.kind == Kind::Record).map(|rule| rule.name)
    }

    /// Adds what the rules record from what is known, and takes it from the names that are `pending`. Returns
    /// whether there was any.
    pub(super) fn record(&self, known: &mut Known, pending: &mut BTreeSet<&'a str>, interval: Duration) -> bool {
        let mut is_progress = false;
        for rule in self.0.iter().filter(|rule| rule.kind == Kind::Record) {
            let Some(expression) = rule.node.text_at(&["expr"]) else { continue };
            let reading = Reading { known, interval, asker: Asker::Rule };
            let Ok((shape, problems)) = query::read(expression, reading) else { continue };
            let waits = |problem: &Problem| {
                let about = problem.about.as_deref().unwrap_or_default();
                problem.code == Code::UnknownMetric && about != rule.name && pending.contains(about)
            };
            if problems.iter().any(waits) {
                continue;
            }
            is_progress |= known.record(rule.name, rule.labelled(shape).recorded());
            pending.remove(rule.name);
        }
        is_progress
    }

    pub(super) fn check(&self, file: &mut File<'_>, seen: &mut Seen) {
        file.reading.asker = Asker::Rule;
        for rule in &self.0 {
            rule.check(file);
            rule.check_once(file, seen);
        }
    }
}

impl Rule<'_> {
    fn subject(&self) -> String {
        let kind = if self.kind == Kind::Alert { "alert" } else { "record" };
        format!("{kind} {}", self.name)
    }

    /// With the labels that the rule adds.
    fn labelled(&self, mut shape: Shape) -> Shape {
        for (label, value) in self.node.get("labels").map(Node::entries).unwrap_or_default() {
            let value = value.text().filter(|value| !value.contains("{{"));
            shape.labels.insert(label, value.map_or(Values::Any, |value| Values::these([value])));
        }
        shape
    }

    fn check(&self, file: &mut File<'_>) {
        let subject = self.subject();
        let Some(node) = self.node.get("expr") else {
            file.find(self.node.place, &subject, Code::File, "the rule has no `expr`");
            return;
        };
        let expression = match &node.value {
            Value::Text(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let answer = file.ask(node, &vec![expression], &subject);
        if self.kind == Kind::Record {
            return;
        }
        file.report.alerts.count(answer.is_dead);
        let Some(shape) = answer.shape else { return };
        if shape.is_absence && self.waits_not() {
            let reason = "`absent` without `for` fires when Prometheus starts, before the first scrape";
            file.find(self.node.place, &subject, Code::AbsentAtOnce, reason);
        }
        for (label, text) in self.node.get("labels").map(Node::entries).unwrap_or_default() {
            if text.text().is_some_and(template::has_value) {
                let reason = format!("the label `{label}` has the value in it: every evaluation is a new alert");
                file.find(text.place, &subject, Code::ValueInLabel, reason);
            }
            self.template(file, text, &shape);
        }
        for (_, text) in self.node.get("annotations").map(Node::entries).unwrap_or_default() {
            self.template(file, text, &shape);
        }
    }

    fn template(&self, file: &mut File<'_>, node: &Node, shape: &Shape) {
        let Some(text) = node.text() else { return };
        for label in template::labels(text) {
            if !shape.may_have(&label) {
                let known: Vec<_> = shape.labels.names().filter(|name| *name != "otel_metric_overflow").collect();
                let reason = format!("`$labels.{label}` is empty: the alert's labels are {}", known.join(", "));
                file.find(node.place, &self.subject(), Code::UnknownLabel, reason);
            }
        }
        for query in template::queries(text) {
            file.ask(node, &vec![query], &self.subject());
        }
    }

    fn waits_not(&self) -> bool {
        match self.node.get("for").map(|node| &node.value) {
            Some(Value::Text(text)) => text.starts_with('0') && text[1..].chars().all(char::is_alphabetic),
            Some(Value::Number(number)) => *number == 0.0,
            _ => true,
        }
    }

    /// A record or an alert with the same labels is there once.
    fn check_once(&self, file: &mut File<'_>, seen: &mut Seen) {
        let labels = self.node.get("labels").map(Node::entries).unwrap_or_default();
        let mut labels: Vec<_> =
            labels.iter().map(|(label, value)| format!("{label}={}", value.text().unwrap_or_default())).collect();
        labels.sort();
        let key = (self.subject(), labels.join(","));
        let place = format!("{}:{}", file.name, self.node.place.line);
        if let Some(first) = seen.get(&key) {
            let reason = format!("the same name and labels are at {first} already");
            file.find(self.node.place, &self.subject(), Code::DuplicateRule, reason);
        } else {
            seen.insert(key, place);
        }
    }
}
