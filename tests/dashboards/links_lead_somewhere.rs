//! A link takes the variables and the time along. That it leads to a dashboard that there is, `telecine check` says.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::dashboard::{all, list};

#[test]
fn with_the_variables_and_the_time() {
    for dashboard in all() {
        for link in list(&dashboard.json["links"]) {
            assert!(link["includeVars"] == true && link["keepTime"] == true, "{}: {link}", dashboard.path);
        }
        for panel in dashboard.panels() {
            for url in urls(panel) {
                let kept = url.contains("${__all_variables}") || url.contains("${datasource:queryparam}");
                let place = (&dashboard.path, &panel["title"]);
                assert!(kept && url.contains("${__url_time_range}"), "{place:?}: {url}");
            }
        }
    }
}

/// A variable that a link sets is one that the dashboard behind it has.
#[test]
fn to_a_dashboard_that_has_the_variable() {
    let dashboards = all();
    for dashboard in &dashboards {
        for url in urls(&dashboard.json) {
            let uid = url.strip_prefix("/d/").unwrap().split('?').next().unwrap();
            let target = dashboards.iter().find(|dashboard| dashboard.uid() == uid).unwrap();
            for set in url.split(['?', '&']).filter_map(|part| part.strip_prefix("var-")) {
                let name = set.split('=').next().unwrap();
                assert!(target.variable(name).is_some(), "{}: {url}: {uid} has no variable {name}", dashboard.path);
            }
        }
    }
}

/// The overview leads to each of ours, and each of ours back.
#[test]
fn from_the_overview_to_all_of_ours() {
    let dashboards = all();
    let overview = dashboards.iter().find(|dashboard| dashboard.uid() == "telecine-overview").unwrap();
    let led_to: BTreeSet<String> =
        urls(&overview.json).iter().map(|url| url[3..].split('?').next().unwrap().to_owned()).collect();
    for dashboard in dashboards.iter().filter(|dashboard| !dashboard.path.contains('/')) {
        let known = led_to.contains(dashboard.uid()) || dashboard.uid() == overview.uid();
        assert!(known, "the overview does not lead to {}", dashboard.path);
        let menu = list(&dashboard.json["links"]).iter().find(|link| link["type"] == "dashboards").unwrap();
        assert_eq!(menu["tags"], serde_json::json!(["telecine"]), "{}", dashboard.path);
    }
}

fn urls(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("url").and_then(Value::as_str).filter(|url| !url.is_empty());
            own.into_iter().chain(fields.values().flat_map(urls)).collect()
        }
        Value::Array(items) => items.iter().flat_map(urls).collect(),
        _ => Vec::new(),
    }
}
