//! What Grafana is told at its start: data sources that lead to one another, and queries that ask for what there is.

use std::collections::BTreeSet;

use crate::dashboard::{folder, parse, replaced};

#[test]
fn data_sources_lead_to_one_another() {
    let text = std::fs::read_to_string(folder().join("provisioning/datasources/telecine.yaml")).unwrap();
    let values = |key: &str| -> BTreeSet<String> {
        let lines = text.lines().map(|line| line.trim().trim_start_matches("- "));
        lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).map(str::to_owned).collect()
    };
    let uids = values("uid");
    assert_eq!(uids, ["loki", "prometheus", "tempo"].map(str::to_owned).into());
    assert!(values("datasourceUid").is_subset(&uids));
}

#[test]
fn queries_from_a_trace_parse() {
    let text = std::fs::read_to_string(folder().join("provisioning/datasources/telecine.yaml")).unwrap();
    let queries = text.lines().filter_map(|line| line.trim().strip_prefix("query: '")?.strip_suffix('\''));
    let mut of_prometheus = 0;
    for query in queries.filter(|query| query.contains("rate(")) {
        // `$$` is how `$` is written there.
        let query = replaced(&query.replace("$$", "$"), |name| (name == "__tags").then(|| "job=\"x\"".to_owned()));
        parse(&query).unwrap_or_else(|error| panic!("{query}: {error}"));
        of_prometheus += 1;
    }
    assert_eq!(of_prometheus, 4);
}
