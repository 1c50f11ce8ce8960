//! Alertmanager's configuration, by amtool.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::rules;

const CONFIGURATION: &str = "alerts/alertmanager/alertmanager.yml";

/// A line of the table of routes.
#[derive(Deserialize)]
struct Route {
    labels: BTreeMap<String, String>,
    receivers: Vec<String>,
}

#[test]
fn amtool_accepts_the_configuration_and_its_templates() {
    let (is_good, text) = rules::run("amtool", ["check-config", CONFIGURATION]);
    assert!(is_good && text.contains("1 templates"), "{text}");
}

#[test]
fn each_alert_of_the_table_is_routed_as_it_says() {
    let table: Vec<Route> = rules::read(Path::new("alerts/alertmanager/routes.yaml"));
    assert!(table.len() >= 8);
    for Route { labels, receivers } in table {
        let (is_good, text) = route(&labels, &receivers.join(","));
        assert!(is_good, "{labels:?}: {text}");
        // amtool would find the mistake.
        assert!(!route(&labels, "another").0);
    }
}

#[test]
fn each_alert_is_routed_by_its_severity() {
    for (file, rule) in rules::all() {
        let Some(alert) = &rule.alert else { continue };
        let receiver = match rule.labels["severity"].as_str() {
            "critical" => "slack-and-email",
            "warning" => "slack",
            _ => "deadman",
        };
        let mut labels = rule.labels.clone();
        labels.insert("alertname".to_owned(), alert.clone());
        let (is_good, text) = route(&labels, receiver);
        assert!(is_good, "{}: {alert}: {text}", file.display());
    }
}

fn route(labels: &BTreeMap<String, String>, receivers: &str) -> (bool, String) {
    let mut arguments = ["config", "routes", "test"].map(str::to_owned).to_vec();
    arguments.push(format!("--config.file={CONFIGURATION}"));
    arguments.push(format!("--verify.receivers={receivers}"));
    arguments.extend(labels.iter().map(|(name, value)| format!("{name}={value}")));
    rules::run("amtool", arguments)
}

#[test]
fn no_secret_is_in_a_file_of_ours() {
    let text = std::fs::read_to_string(rules::root().join(CONFIGURATION)).unwrap();
    for secret in ["slack_api_url:", "smtp_auth_password:", "hooks.slack.com", "- url:"] {
        assert!(!text.contains(secret), "{secret}");
    }
    // Deprecated since Alertmanager 0.22.
    assert!(!text.contains("match:") && !text.contains("match_re:"));
}
