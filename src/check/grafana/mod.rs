//! Grafana's dashboards, in their classic JSON.

mod layout;
mod links;
mod panel;
mod style;
mod substitute;
mod variables;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::Code;
use super::document::{Node, Place};
use super::file::File;
use super::query::Asker;

use panel::Panel;
use variables::Variables;

/// The `uid`s of all dashboards, and where each is.
pub(super) type Uids = HashMap<String, String>;

/// A dashboard.
pub(super) struct Dashboard<'a> {
    node: &'a Node,
    panels: Vec<Panel<'a>>,
    variables: Variables<'a>,
}

/// The dashboard in a document: alone, or as Grafana's API wraps it.
fn inner(document: &Node) -> Option<&Node> {
    let is_one = |node: &&Node| {
        let has_content = node.get("panels").or(node.get("rows")).is_some();
        has_content && node.get("title").or(node.get("uid")).or(node.get("schemaVersion")).is_some()
    };
    [Some(document), document.get("dashboard")].into_iter().flatten().find(is_one)
}

impl<'a> Dashboard<'a> {
    /// `None` if the document is no dashboard.
    pub(super) fn of(document: &'a Node) -> Option<Self> {
        let node = inner(document)?;
        Some(Self { node, panels: panel::all(node), variables: Variables::of(node) })
    }

    pub(super) fn uid(&self) -> Option<&'a str> {
        self.node.text_at(&["uid"])
    }

    pub(super) fn place(&self) -> Place {
        self.node.get("uid").unwrap_or(self.node).place
    }

    pub(super) fn check(&self, file: &mut File<'_>, uids: &Uids) {
        file.reading.asker = Asker::Dashboard;
        style::dashboard(self.node, file);
        self.variables.check(file);
        for annotation in self.node.at(&["annotations", "list"]).map(Node::items).unwrap_or_default() {
            self.annotation(annotation, file);
        }
        for panel in &self.panels {
            panel.check(&self.variables, file);
        }
        layout::check(self.node, &self.panels, file);
        links::check(self.node, uids, file);
    }

    fn annotation(&self, annotation: &Node, file: &mut File<'_>) {
        let name = annotation.text_at(&["name"]).unwrap_or_default();
        let subject = format!("annotation \"{name}\"");
        let Some(query) = annotation.get("expr").or(annotation.at(&["target", "expr"])) else { return };
        if !self.variables.is_prometheus(annotation.get("datasource")) {
            return;
        }
        let Some(text) = query.text() else { return };
        let forms = self.variables.forms(query, text, &subject, file);
        let shape = file.ask(query, &forms, &subject).shape;
        for key in ["titleFormat", "textFormat", "tagKeys"] {
            let (Some(format), Some(shape)) = (annotation.get(key), &shape) else { continue };
            let text = format.text().unwrap_or_default();
            let labels: Vec<&str> = match key {
                "tagKeys" => text.split(',').map(str::trim).filter(|label| !label.is_empty()).collect(),
                _ => panel::legend_labels(text),
            };
            for label in labels.into_iter().filter(|label| !shape.may_have(label)) {
                file.find(
                    format.place,
                    &subject,
                    Code::UnknownLabel,
                    format!("`{key}` names `{label}`, which is not there"),
                );
            }
        }
    }
}
