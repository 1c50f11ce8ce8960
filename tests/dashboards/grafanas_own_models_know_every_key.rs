//! A key that Grafana does not know is one that it silently drops. Grafana generates models of its dashboards for
//! Python: what they read and write again is what they know.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::dashboard::all;

/// Grafana leaves these to the data source, or has them for its own list of variables only: its models have no names
/// for them, but its own dashboards and the Prometheus data source have.
const LEFT_TO_OTHERS: [&str; 5] = [
    ".annotations.list[].step",
    ".annotations.list[].tagKeys",
    ".annotations.list[].textFormat",
    ".annotations.list[].titleFormat",
    ".templating.list[].definition",
];

#[test]
fn of_every_dashboard() {
    let dashboards: Map<String, Value> = all().into_iter().map(|dashboard| (dashboard.path, dashboard.json)).collect();
    let input = serde_json::to_vec(&dashboards).unwrap();
    let printed = telecine_parts::python(include_str!("grafanas_own_models_know_every_key.py"), &input).unwrap();
    let unknown: BTreeSet<&str> =
        printed.lines().filter(|line| !LEFT_TO_OTHERS.iter().any(|key| line.ends_with(key))).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}
