//! What a person finds who follows the link of an alert.

use std::collections::BTreeSet;

use crate::rules;

#[test]
fn each_alert_leads_to_its_own_section_and_each_section_is_led_to() {
    let page = std::fs::read_to_string(rules::root().join("docs/runbooks.md")).unwrap();
    let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let unique: BTreeSet<&str> = sections.iter().copied().collect();
    assert_eq!(sections.len(), unique.len(), "a section is there twice");
    let mut alerts = BTreeSet::new();
    for (file, rule) in rules::all() {
        let Some(alert) = rule.alert else { continue };
        let wanted = format!("docs/runbooks.md#{}", alert.to_ascii_lowercase());
        assert_eq!(rule.annotations.get("runbook_url"), Some(&wanted), "{}: {alert}", file.display());
        alerts.insert(alert);
    }
    let alerts: BTreeSet<&str> = alerts.iter().map(String::as_str).collect();
    let without: Vec<_> = alerts.difference(&unique).collect();
    let orphaned: Vec<_> = unique.difference(&alerts).collect();
    assert!(without.is_empty() && orphaned.is_empty(), "without a runbook: {without:?}; of no alert: {orphaned:?}");
}
