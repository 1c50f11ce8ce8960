//! A query asks for metrics of the catalogue, of the examples' own, or of those that the tests have captured.

use serde_json::Value;
use telecine::catalog::Catalog;

use crate::dashboard::{all, list, parse, selectors};

/// What begins the names of Prometheus itself, our rules, the node exporter, the collector and the examples' own.
const OTHERS: [&str; 10] =
    ["target_info", "up", "ALERTS", "scrape_", "slo:", "sla:", "node_", "otelcol_", "app_", "transcriber_"];

#[test]
fn each_metric_is_known() {
    let mut unknown = Vec::new();
    let own = Catalog::own();
    let mut known: Vec<String> = own.iter().map(|instrument| instrument.name().replace('.', "_")).collect();
    known.extend(OTHERS.map(str::to_owned));
    let profiles = include_str!("../../examples/profiles/metrics.json");
    let profiles: Value = serde_json::from_str(profiles).unwrap();
    let profiles = profiles.as_object().unwrap().values().flat_map(list);
    known.extend(profiles.map(|metric| metric["name"].as_str().unwrap().to_owned()));
    for dashboard in all() {
        let queries = dashboard.targets().map(|target| (target.title().to_owned(), target.expression().to_owned()));
        let marks = dashboard.annotations().map(|expression| ("marks".to_owned(), expression.to_owned()));
        for (place, expression) in queries.chain(marks) {
            let parsed = parse(&expression).unwrap_or_else(|error| panic!("{}: {place}: {error}", dashboard.path));
            for selector in selectors(&parsed) {
                let name = selector.name();
                if !name.is_empty() && !known.iter().any(|known| name.starts_with(known.as_str())) {
                    unknown.push(format!("{}: {place}: {name}", dashboard.path));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}
