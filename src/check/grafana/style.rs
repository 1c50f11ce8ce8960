//! What makes a dashboard readable and durable: the rules of Grafana's dashboard-linter.

use super::panel::Panel;
use super::variables::Variables;
use crate::check::Code;
use crate::check::document::Node;
use crate::check::file::File;

/// The last version of the classic schema.
const SCHEMA_VERSION: f64 = 42.0;
/// Panels that show numbers.
const NUMBERS: [&str; 11] = [
    "stat",
    "gauge",
    "bargauge",
    "timeseries",
    "graph",
    "singlestat",
    "barchart",
    "piechart",
    "heatmap",
    "table",
    "histogram",
];

pub(super) fn dashboard(node: &Node, file: &mut File<'_>) {
    if node.text_at(&["uid"]).is_none_or(str::is_empty) {
        file.find(node.place, "", Code::NoUid, "the dashboard has no `uid`: links to it end with the next import");
    }
    let version = node.get("schemaVersion");
    if version.and_then(Node::number) != Some(SCHEMA_VERSION) {
        let place = version.unwrap_or(node).place;
        let reason = format!("`schemaVersion` is not {SCHEMA_VERSION}, the last one of the classic schema");
        file.find(place, "", Code::SchemaVersion, reason);
    }
    let editable = node.get("editable");
    if editable.and_then(Node::boolean) != Some(false) {
        let reason = "`editable` is not false: what somebody changes is lost with the next provisioning";
        file.find(editable.unwrap_or(node).place, "", Code::Editable, reason);
    }
    if let Some(refresh) = node.get("refresh") {
        let length = refresh.text().and_then(|text| humantime::parse_duration(text).ok());
        if let Some(length) = length.filter(|length| *length < file.reading.interval) {
            let (length, interval) =
                (humantime::format_duration(length), humantime::format_duration(file.reading.interval));
            let reason = format!("it asks every {length} for what is new every {interval}");
            file.find(refresh.place, "", Code::FastRefresh, reason);
        }
    }
}

pub(super) fn panel(panel: &Panel<'_>, variables: &Variables<'_>, subject: &str, file: &mut File<'_>) {
    let node = panel.node;
    if !NUMBERS.contains(&panel.kind()) || node.get("libraryPanel").is_some() {
        return;
    }
    let is_empty = |key: &str| node.text_at(&[key]).is_none_or(|text| text.trim().is_empty());
    if is_empty("title") {
        file.find(node.place, subject, Code::NoTitle, "the panel has no title");
    }
    if is_empty("description") {
        file.find(node.place, subject, Code::NoDescription, "the panel has no description: what is good, what is bad?");
    }
    if node.list("targets").is_empty() {
        file.find(node.place, subject, Code::NoQuery, "the panel has no query");
        return;
    }
    if !has_unit(node) {
        file.find(node.place, subject, Code::NoUnit, "the panel has no unit");
    }
    for (holder, node) in datasources(node) {
        let uid = node.and_then(|node| node.text().or(node.text_at(&["uid"]))).unwrap_or_default();
        let is_own = uid.starts_with("-- ") || uid == "grafana";
        let is_variable =
            uid.contains('$') && super::substitute::only_name(uid).is_some_and(|name| variables.get(name).is_some());
        if !is_own && !is_variable {
            let said =
                if uid.is_empty() { "no data source is named".to_owned() } else { format!("`{uid}` is written out") };
            let reason = format!("{said}: a variable of type datasource works in every Grafana");
            file.find(node.unwrap_or(holder).place, subject, Code::FixedDatasource, reason);
        }
    }
}

/// The data sources of a panel's queries, or of the panel for those that have none of their own.
fn datasources(panel: &Node) -> Vec<(&Node, Option<&Node>)> {
    let of_panel = panel.get("datasource");
    let mut found: Vec<(&Node, Option<&Node>)> = vec![(panel, of_panel)];
    found.extend(panel.list("targets").iter().filter_map(|target| Some((target, Some(target.get("datasource")?)))));
    if of_panel.is_none() && found.len() > panel.list("targets").len() {
        found.remove(0);
    }
    found
}

fn has_unit(panel: &Node) -> bool {
    let is_named = |node: Option<&Node>| node.and_then(Node::text).is_some_and(|unit| !unit.is_empty());
    let of_overrides = panel.at(&["fieldConfig", "overrides"]).map(Node::items).unwrap_or_default();
    let mut properties = of_overrides.iter().flat_map(|item| item.list("properties"));
    is_named(panel.at(&["fieldConfig", "defaults", "unit"]))
        || is_named(panel.at(&["options", "yAxis", "unit"]))
        || is_named(panel.get("format"))
        || panel.list("yaxes").iter().any(|axis| is_named(axis.get("format")))
        || properties.any(|property| property.text_at(&["id"]) == Some("unit"))
}
