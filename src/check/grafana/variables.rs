//! A dashboard's variables.

use std::sync::LazyLock;

use regex::Regex;

use super::substitute;
use crate::check::Code;
use crate::check::document::{Node, Value};
use crate::check::file::{File, Forms};

/// The variables of a dashboard.
pub(super) struct Variables<'a>(Vec<Variable<'a>>);

pub(super) struct Variable<'a> {
    node: &'a Node,
    pub(super) name: &'a str,
    kind: &'a str,
    /// What it may hold, where the dashboard says it.
    pub(super) values: Vec<String>,
}

/// `label_values(metric, label)`, and without the metric.
static LABEL_VALUES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)^\s*label_values\(\s*(?:(.+),)?\s*([\w$\{\}]+)\s*\)\s*$").ok());
/// `query_result(query)`.
static QUERY_RESULT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?s)^\s*query_result\((.+)\)\s*$").ok());

impl<'a> Variables<'a> {
    pub(super) fn of(dashboard: &'a Node) -> Self {
        let list = dashboard.at(&["templating", "list"]).map(Node::items).unwrap_or_default();
        Self(list.iter().filter_map(Variable::of).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&Variable<'a>> {
        self.0.iter().find(|variable| variable.name == name)
    }

    /// The queries that variables make of one; what names no variable is said.
    pub(super) fn forms(&self, node: &Node, text: &str, subject: &str, file: &mut File<'_>) -> Forms {
        let (forms, unknown) = substitute::forms(text, self);
        for name in unknown {
            let reason = format!("the dashboard has no variable `{name}`");
            file.find(node.place, subject, Code::UnknownVariable, reason);
        }
        forms
    }

    /// Whether a data source is one of Prometheus, as far as it says of what kind it is.
    pub(super) fn is_prometheus(&self, datasource: Option<&Node>) -> bool {
        let Some(datasource) = datasource else { return true };
        let uid = datasource.text().or(datasource.text_at(&["uid"])).unwrap_or_default();
        let variable = substitute::only_name(uid).and_then(|name| self.get(name));
        let of_variable = variable.and_then(|variable| variable.node.text_at(&["query"]));
        let kind = datasource.text_at(&["type"]).filter(|kind| *kind != "datasource").or(of_variable);
        kind.is_none_or(|kind| kind == "prometheus" || kind.contains("prometheus") || kind == "mixed")
    }

    pub(super) fn check(&self, file: &mut File<'_>) {
        for variable in &self.0 {
            variable.check(self, file);
        }
    }
}

impl<'a> Variable<'a> {
    fn of(node: &'a Node) -> Option<Self> {
        let (name, kind) = (node.text_at(&["name"])?, node.text_at(&["type"]).unwrap_or("query"));
        let mut values = match kind {
            "custom" | "interval" => listed(node),
            "constant" | "textbox" => {
                current(node).or_else(|| node.text_at(&["query"]).map(str::to_owned)).into_iter().collect()
            }
            _ => Vec::new(),
        };
        if let Some(all) = node.text_at(&["allValue"]).filter(|_| !values.is_empty()) {
            values.push(all.to_owned());
        }
        values.retain(|value| !value.is_empty() && !value.starts_with("$__"));
        Some(Self { node, name, kind, values })
    }

    fn subject(&self) -> String {
        format!("variable \"{}\"", self.name)
    }

    fn check(&self, variables: &Variables<'_>, file: &mut File<'_>) {
        let subject = self.subject();
        if self.kind == "query" && variables.is_prometheus(self.node.get("datasource")) {
            let query = self.node.at(&["query", "query"]).or(self.node.get("query"));
            if let Some((query, text)) = query.and_then(|query| Some((query, query.text()?))) {
                self.query(query, text, &subject, variables, file);
            }
            self.style(&subject, file);
        }
    }

    fn query(&self, node: &Node, text: &str, subject: &str, variables: &Variables<'_>, file: &mut File<'_>) {
        let captures =
            |pattern: &'static LazyLock<Option<Regex>>| pattern.as_ref().and_then(|pattern| pattern.captures(text));
        if let Some(found) = captures(&LABEL_VALUES) {
            let label = found.get(2).map_or("", |label| label.as_str());
            let Some(metric) = found.get(1) else {
                if !label.contains('$') && !file.reading.known.has_label(label) {
                    file.find(node.place, subject, Code::UnknownLabel, format!("no metric has a label `{label}`"));
                }
                return;
            };
            let forms = variables.forms(node, metric.as_str(), subject, file);
            let shape = file.ask_presence(node, &forms, subject).shape;
            if shape.is_some_and(|shape| !label.contains('$') && !shape.may_have(label)) {
                let reason = format!("`{}` has no label `{label}`", metric.as_str().trim());
                file.find(node.place, subject, Code::UnknownLabel, reason);
            }
        } else if let Some(query) = captures(&QUERY_RESULT).and_then(|found| found.get(1)) {
            let forms = variables.forms(node, query.as_str(), subject, file);
            file.ask_presence(node, &forms, subject);
        }
    }

    /// What people expect of the variables that every dashboard has.
    fn style(&self, subject: &str, file: &mut File<'_>) {
        let mut say = |reason: &str| file.find(self.node.place, subject, Code::Variable, reason);
        if self.node.get("refresh").and_then(Node::number) != Some(2.0) {
            say("its values are not asked for anew when the time range changes: \"refresh\": 2");
        }
        if ["job", "instance"].contains(&self.name) {
            if self.node.get("multi").and_then(Node::boolean) != Some(true) {
                say("one can be chosen only: \"multi\": true");
            }
            if self.node.text_at(&["allValue"]) != Some(".+") {
                say("all of them are a long list in each query: \"allValue\": \".+\"");
            }
        }
    }
}

/// The values of a list that is written out: `a, b` or `text : a, text : b`.
fn listed(node: &Node) -> Vec<String> {
    let options = node.list("options").iter().filter_map(|option| option.text_at(&["value"]));
    let options: Vec<_> = options.filter(|value| *value != "$__all").map(str::to_owned).collect();
    if !options.is_empty() {
        return options;
    }
    let query = node.text_at(&["query"]).unwrap_or_default();
    let value = |item: &str| item.rsplit_once(" : ").map_or(item, |(_, value)| value).trim().to_owned();
    query.split(',').map(value).collect()
}

fn current(node: &Node) -> Option<String> {
    match &node.at(&["current", "value"])?.value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
