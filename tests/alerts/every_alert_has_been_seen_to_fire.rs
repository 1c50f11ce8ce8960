//! By promtool's unit tests: each alert has a case in which it fires, one in which there is data and it is silent, and
//! one without data.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::rules::{self, Rule, Tests};

#[test]
fn promtool_finds_nothing_to_say() {
    let check = ["check", "rules", "--lint=all", "--lint-fatal"].map(Into::into);
    let (is_good, text) = rules::run("promtool", check.into_iter().chain(rules::files()));
    assert!(is_good && !text.contains("lint"), "{text}");
}

#[test]
fn each_unit_test_passes() {
    let files = rules::files();
    let test = |files: &[PathBuf]| {
        let tests = files.iter().map(|file| rules::tests_of(file));
        let (is_good, text) = rules::run("promtool", ["test".into(), "rules".into()].into_iter().chain(tests));
        (!is_good).then_some(text)
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let halves = files.chunks(files.len().div_ceil(2));
        let runs: Vec<_> = halves.map(|files| scope.spawn(move || test(files))).collect();
        runs.into_iter().filter_map(|run| run.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What a rule is seen by in a test: two rules may have one name, and then differ by a label.
fn is_of(labels: &BTreeMap<String, String>, rule: &Rule) -> bool {
    rule.labels.iter().all(|(name, value)| labels.get(name) == Some(value))
}

#[test]
fn each_alert_has_three_cases() {
    let mut missing = Vec::new();
    for file in rules::files() {
        let Tests { rule_files, tests } = rules::read(&rules::tests_of(&file));
        assert!(rule_files.len() == 1 && rule_files[0].ends_with(file.file_name().unwrap()), "{}", file.display());
        let rules: rules::Rules = rules::read(&file);
        for rule in rules.groups.iter().flat_map(|group| &group.rules) {
            let Some(alert) = &rule.alert else { continue };
            let (mut fires, mut is_silent, mut without_data) = (0, 0, 0);
            for test in &tests {
                for case in test.alert_rule_test.iter().filter(|case| case.alertname == *alert) {
                    if test.input_series.is_empty() {
                        without_data += 1;
                    } else if case.exp_alerts.iter().any(|expected| is_of(&expected.exp_labels, rule)) {
                        fires += 1;
                    } else {
                        is_silent += 1;
                    }
                }
            }
            // Something is wrong when there is no data at all, and this alert says so.
            fires += usize::from(alert == "NothingScraped" && fires == 0 && without_data > 0);
            if fires == 0 || is_silent == 0 || without_data == 0 {
                missing
                    .push(format!("{alert}: fires in {fires}, silent in {is_silent}, without data in {without_data}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn each_test_is_of_an_alert_that_there_is() {
    for file in rules::files() {
        let rules: rules::Rules = rules::read(&file);
        let names: Vec<&str> = rules.groups.iter().flat_map(|group| &group.rules).map(Rule::name).collect();
        let tests: Tests = rules::read(&rules::tests_of(&file));
        for test in tests.tests {
            for case in &test.alert_rule_test {
                // promtool is content when an alert that there is not does not fire.
                assert!(names.contains(&case.alertname.as_str()), "{}: {}", file.display(), test.name);
            }
            for case in &test.promql_expr_test {
                assert!(names.iter().any(|name| case.expr.contains(name)), "{}: {}", file.display(), test.name);
            }
            assert!(!test.alert_rule_test.is_empty() || !test.promql_expr_test.is_empty(), "{}", test.name);
        }
    }
}

#[test]
fn each_alert_says_how_bad_it_is_and_by_how_much() {
    for (file, rule) in rules::all() {
        let Some(alert) = &rule.alert else { continue };
        let place = format!("{}: {alert}", file.display());
        let severity = rule.labels.get("severity").map(String::as_str);
        assert!(matches!(severity, Some("critical" | "warning" | "none")), "{place}: {severity:?}");
        for (name, value) in &rule.labels {
            // Each evaluation would make a new alert.
            assert!(!value.contains("{{"), "{place}: the label {name} is a template");
        }
        assert!(rule.annotations.contains_key("summary"), "{place}");
        assert!(rule.annotations.get("description").is_some_and(|text| text.contains("$value")), "{place}: no number");
    }
}

/// Selectors that find nothing elsewhere: names of one house's targets, a summary's label, one spelling of a bucket.
#[test]
fn no_rule_is_of_one_house_alone() {
    for (file, rule) in rules::all() {
        for label in ["job", "instance", "quantile", "le"] {
            for before in ["{", ","] {
                let selector = format!("{before}{label}=\"");
                assert!(!rule.expr.contains(&selector), "{}: {}: {selector}", file.display(), rule.name());
            }
        }
    }
}
