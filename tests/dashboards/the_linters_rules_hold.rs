//! Rules of Grafana's dashboard-linter (github.com/grafana/dashboard-linter, 0.2; not to be had from a package registry)
//! that `telecine check` leaves to everyone's taste, and ours.

use promql_parser::label::MatchOp;
use serde_json::{Value, json};

use crate::dashboard::{Dashboard, Target, all, folder, list, parse, selectors};

/// Of the linter's, those that the dashboards use.
const UNITS: [&str; 18] = [
    "Bps",
    "bool_on_off",
    "bytes",
    "celsius",
    "cps",
    "dateTimeFromNow",
    "iops",
    "none",
    "opm",
    "ops",
    "percentunit",
    "reqps",
    "s",
    "short",
    "string",
    "watt",
    "wpm",
    "dtdurations",
];

#[test]
fn variables_choose_the_data_source_the_job_and_the_instance() {
    for dashboard in all() {
        let path = &dashboard.path;
        let datasource = dashboard.variable("datasource").unwrap_or_else(|| panic!("{path}"));
        assert_eq!(datasource["type"], "datasource", "{path}");
        assert_eq!(datasource["query"], "prometheus", "{path}");
        assert_eq!(datasource["label"], "Data source", "{path}");
        for (name, label) in [("job", "Job"), ("instance", "Instance")] {
            let variable = dashboard.variable(name).unwrap_or_else(|| panic!("{path}: no variable {name}"));
            assert_eq!(variable["label"], label, "{path}");
            assert_eq!(variable["type"], "query", "{path}");
            assert!(variable["multi"] == true && variable["includeAll"] == true, "{path}: {name}");
            assert_eq!(variable["allValue"], ".+", "{path}: {name}");
        }
    }
}

#[test]
fn variables_are_asked_for_again_when_the_time_changes() {
    for dashboard in all() {
        for variable in dashboard.variables().iter().filter(|variable| variable["type"] == "query") {
            let place = (&dashboard.path, &variable["name"]);
            assert_eq!(variable["refresh"], 2, "{place:?}");
            assert_eq!(variable["datasource"]["uid"], "${datasource}", "{place:?}");
            let query = variable["query"]["query"].as_str().unwrap();
            assert_eq!(variable["definition"], query, "{place:?}");
            let inner = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
            let (selector, _label) = inner.and_then(|inner| inner.rsplit_once(", ")).unwrap();
            parse(selector).unwrap_or_else(|error| panic!("{place:?}: {query}: {error}"));
        }
    }
}

#[test]
fn panels_say_what_they_show_and_in_which_unit() {
    for dashboard in all() {
        for panel in dashboard.panels().iter().filter(|panel| panel["type"] != "row") {
            let place = (&dashboard.path, &panel["title"]);
            let said = |key: &str| panel[key].as_str().is_some_and(|text| !text.trim().is_empty());
            assert!(said("title") && said("description"), "{place:?}");
            assert!(panel["description"].as_str().unwrap().ends_with('.'), "{place:?}: not a sentence");
            assert!(!list(&panel["targets"]).is_empty(), "{place:?}: asks for nothing");
            let unit = panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap_or_default();
            assert!(UNITS.contains(&unit), "{place:?}: unit {unit:?}");
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{place:?}");
            for target in list(&panel["targets"]) {
                assert_eq!(target["datasource"]["uid"], "${datasource}", "{place:?}");
            }
        }
    }
}

#[test]
fn each_selector_chooses_job_and_instance() {
    let excluded = Excluded::read();
    for dashboard in all() {
        for panel in dashboard.panels().iter().filter(|panel| panel["type"] != "row") {
            for (rule, label) in [("target-job-rule", "job"), ("target-instance-rule", "instance")] {
                let obeys = list(&panel["targets"]).iter().all(|json| chooses(&Target { panel, json }, label));
                let excluded = excluded.holds(rule, &dashboard, panel["title"].as_str().unwrap());
                let place = (&dashboard.path, &panel["title"]);
                assert!(obeys || excluded, "{place:?}: a selector without {label}=~\"${label}\"");
                assert!(!(obeys && excluded), "{place:?}: dashboards/.lint lets it off {rule} for nothing");
            }
        }
    }
}

fn chooses(target: &Target, label: &str) -> bool {
    let parsed = parse(target.expression()).unwrap();
    selectors(&parsed).iter().all(|selector| {
        let mut matchers = selector.matchers.matchers.iter();
        matchers.any(|matcher| {
            matcher.name == label && matches!(matcher.op, MatchOp::Re(_)) && matcher.value == format!("${label}")
        })
    })
}

/// What `dashboards/.lint` lets off, in the linter's own format; JSON is YAML too.
struct Excluded(Value);

impl Excluded {
    fn read() -> Self {
        let text = std::fs::read_to_string(folder().join(".lint")).unwrap();
        let excluded = Self(serde_json::from_str(&text).unwrap());
        for (rule, exclusion) in excluded.0["exclusions"].as_object().unwrap() {
            assert!(exclusion["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{rule}: no reason");
            let dashboards = all();
            for entry in list(&exclusion["entries"]) {
                let there = |dashboard: &Dashboard| {
                    entry["dashboard"] == dashboard.title()
                        && dashboard.panels().iter().any(|panel| panel["title"] == entry["panel"])
                };
                assert!(dashboards.iter().any(there), "{rule}: there is no {entry}");
            }
        }
        excluded
    }

    fn holds(&self, rule: &str, dashboard: &Dashboard, panel: &str) -> bool {
        list(&self.0["exclusions"][rule]["entries"])
            .contains(&json!({ "dashboard": dashboard.title(), "panel": panel }))
    }
}

/// Ours: what shows how long something took leads to one that took so long. Instant queries have no exemplars.
#[test]
fn durations_have_exemplars() {
    for dashboard in all().iter().filter(|dashboard| !dashboard.path.contains('/')) {
        for target in dashboard.targets().filter(|target| target.json["range"] == true) {
            // A push is in no trace.
            let of_a_push = target.expression().contains("otel_sdk_exporter_");
            let of_a_histogram = target.expression().contains("_seconds_bucket") && !of_a_push;
            let shows_single_ones = target.panel["type"] == "timeseries" || target.panel["type"] == "heatmap";
            if of_a_histogram && shows_single_ones {
                assert_eq!(target.json["exemplar"], true, "{}: {}", dashboard.path, target.title());
            }
        }
    }
}

/// Ours: no port, host or data source of one installation.
#[test]
fn nothing_is_of_one_installation_alone() {
    for dashboard in all() {
        for address in ["localhost", "127.0.0.1", "http://", "https://"] {
            assert!(!dashboard.text.contains(address), "{}: {address}", dashboard.path);
        }
    }
}
