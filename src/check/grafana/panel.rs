//! Panels and their queries.

use super::variables::Variables;
use super::{layout, style};
use crate::check::Code;
use crate::check::document::Node;
use crate::check::file::File;
use crate::check::query::Shape;

/// A panel, at the top or within a row.
pub(super) struct Panel<'a> {
    pub(super) node: &'a Node,
    /// Which of the dashboard's grids it lies on: a collapsed row has one of its own.
    pub(super) grid: usize,
}

/// Every panel of a dashboard, and of its rows.
pub(super) fn all(dashboard: &Node) -> Vec<Panel<'_>> {
    let mut panels = Vec::new();
    let mut grids = 0;
    collect(dashboard.list("panels"), 0, &mut grids, &mut panels);
    // Before Grafana 5 every panel was in a row.
    for row in dashboard.list("rows") {
        grids += 1;
        let grid = grids;
        collect(row.list("panels"), grid, &mut grids, &mut panels);
    }
    panels
}

fn collect<'a>(nodes: &'a [Node], grid: usize, grids: &mut usize, panels: &mut Vec<Panel<'a>>) {
    for node in nodes {
        panels.push(Panel { node, grid });
        let inner = node.list("panels");
        if !inner.is_empty() {
            *grids += 1;
            let grid = *grids;
            collect(inner, grid, grids, panels);
        }
    }
}

/// The labels in a legend: `{{label}}`.
pub(super) fn legend_labels(legend: &str) -> Vec<&str> {
    legend.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0.trim())).collect()
}

impl<'a> Panel<'a> {
    pub(super) fn kind(&self) -> &'a str {
        self.node.text_at(&["type"]).unwrap_or("graph")
    }

    pub(super) fn subject(&self) -> String {
        let title = self.node.text_at(&["title"]).unwrap_or_default();
        match layout::id(self.node) {
            Some(id) => format!("panel \"{title}\" ({id})"),
            None => format!("panel \"{title}\""),
        }
    }

    pub(super) fn check(&self, variables: &Variables<'_>, file: &mut File<'_>) {
        let subject = self.subject();
        if let Some(repeat) = self.node.get("repeat") {
            let name = repeat.text().unwrap_or_default();
            if !name.is_empty() && variables.get(name).is_none() {
                file.find(
                    repeat.place,
                    &subject,
                    Code::UnknownVariable,
                    format!("the dashboard has no variable `{name}`"),
                );
            }
        }
        let of_panel = self.node.get("datasource");
        let targets = self.node.list("targets").iter().filter_map(|target| {
            let query = target.get("expr")?;
            let datasource = target.get("datasource").or(of_panel);
            (variables.is_prometheus(datasource) && !query.text()?.trim().is_empty()).then_some((target, query))
        });
        let targets: Vec<_> = targets.collect();
        let mut shapes = Vec::new();
        let mut is_dead = true;
        for (target, query) in &targets {
            let name = target.text_at(&["refId"]).unwrap_or_default();
            let subject = if name.is_empty() { subject.clone() } else { format!("{subject}, query {name}") };
            let text = query.text().unwrap_or_default();
            let forms = variables.forms(query, text, &subject, file);
            let answer = file.ask(query, &forms, &subject);
            is_dead &= answer.is_dead;
            if let Some(shape) = &answer.shape {
                legend(target, shape, &subject, file);
            }
            shapes.push(answer.shape);
        }
        if !targets.is_empty() {
            file.report.panels.count(is_dead);
            self.thresholds(&shapes, &subject, file);
        }
        style::panel(self, variables, &subject, file);
    }

    /// The colours of a panel change at thresholds, which its values have to be able to pass.
    fn thresholds(&self, shapes: &[Option<Shape>], subject: &str, file: &mut File<'_>) {
        let highest = shapes.iter().map(|shape| shape.as_ref()?.highest);
        let Some(highest) = highest.collect::<Option<Vec<_>>>() else { return };
        let highest = highest.into_iter().fold(f64::MIN, f64::max);
        let Some(thresholds) = self.node.at(&["fieldConfig", "defaults", "thresholds"]) else { return };
        if thresholds.text_at(&["mode"]) == Some("percentage") {
            return;
        }
        for step in thresholds.list("steps") {
            let Some(value) = step.get("value") else { continue };
            if let Some(number) = value.number().filter(|number| *number >= highest) {
                let reason = format!(
                    "the quantile is never above {highest}, the last finite bucket: a threshold of {number} cannot be passed"
                );
                file.find(value.place, subject, Code::ThresholdAboveBuckets, reason);
            }
        }
    }
}

fn legend(target: &Node, shape: &Shape, subject: &str, file: &mut File<'_>) {
    let Some(legend) = target.get("legendFormat") else { return };
    for label in legend_labels(legend.text().unwrap_or_default()) {
        if label != "__name__" && !shape.may_have(label) {
            let known: Vec<_> = shape.labels.names().filter(|name| *name != "otel_metric_overflow").collect();
            let there =
                if known.is_empty() { "there are none".to_owned() } else { format!("they are {}", known.join(", ")) };
            let reason = format!("the legend names `{label}`, which is no label of the answer: {there}");
            file.find(legend.place, subject, Code::UnknownLabel, reason);
        }
    }
}
