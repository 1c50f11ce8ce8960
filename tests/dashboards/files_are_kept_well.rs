//! A file is as Grafana would write it, in one order of its keys, so that a change shows what has changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::dashboard::{all, list};

#[test]
fn keys_are_in_order_and_indented_alike() {
    for dashboard in all() {
        // `serde_json` keeps the keys of an object sorted.
        let again = serde_json::to_string_pretty(&dashboard.json).unwrap() + "\n";
        assert!(again == dashboard.text, "{}: keys are not sorted, or it is not indented by two", dashboard.path);
    }
}

#[test]
fn each_has_an_identifier_and_a_title_of_its_own() {
    let (mut uids, mut titles) = (BTreeMap::new(), BTreeSet::new());
    for dashboard in all() {
        let (path, uid) = (&dashboard.path, dashboard.uid());
        assert!((1..=40).contains(&uid.len()), "{path}: {uid:?} is longer than Grafana allows, or nothing");
        assert!(uid.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{path}");
        assert!(titles.insert(dashboard.title().to_owned()), "{path}: another one is called {:?}", dashboard.title());
        if let Some(other) = uids.insert(uid.to_owned(), path.clone()) {
            panic!("{path} and {other} are both {uid}");
        }
    }
}

#[test]
fn each_is_of_the_schema_that_is_read_from_grafana_10_to_13() {
    for dashboard in all() {
        let (path, json) = (&dashboard.path, &dashboard.json);
        assert_eq!(json["schemaVersion"], 42, "{path}");
        assert_eq!(json["editable"], false, "{path}");
        // Grafana gives it a number of its own.
        assert!(json["id"].is_null(), "{path}");
        assert!(json["time"]["from"].is_string() && json["time"]["to"] == "now", "{path}");
        assert!(json["refresh"].is_string() && json["timezone"] == "browser", "{path}");
        assert!(!list(&json["tags"]).is_empty(), "{path}: without a tag the menu of dashboards does not have it");
        for variable in dashboard.variables() {
            assert!(variable["name"].is_string() && variable["label"].is_string(), "{path}: {variable}");
        }
    }
}

/// Grafana's grid is 24 wide.
#[test]
fn panels_have_numbers_of_their_own_and_do_not_overlap() {
    for dashboard in all() {
        let path = &dashboard.path;
        let mut numbers = BTreeSet::new();
        let mut taken = BTreeMap::new();
        let mut bottom = 0;
        for panel in dashboard.panels() {
            let title = panel["title"].as_str().unwrap();
            assert!(numbers.insert(panel["id"].as_u64().unwrap()), "{path}: {title}: its id is another panel's too");
            let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
            assert!(w > 0 && h > 0 && x + w <= 24, "{path}: {title} does not fit");
            assert!(y <= bottom, "{path}: {title}: nothing is above it");
            bottom = bottom.max(y + h);
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                if let Some(other) = taken.insert(cell, title) {
                    panic!("{path}: {title} lies over {other}");
                }
            }
        }
        // Nobody has to look for what is beside a gap.
        let panels = dashboard.panels().iter().filter(|panel| panel["type"] != "row");
        let mut lines: BTreeMap<u64, u64> = BTreeMap::new();
        for panel in panels {
            *lines.entry(panel["gridPos"]["y"].as_u64().unwrap()).or_default() +=
                panel["gridPos"]["w"].as_u64().unwrap();
        }
        assert!(lines.values().all(|width| *width == 24), "{path}: lines are not filled: {lines:?}");
    }
}

#[test]
fn queries_of_a_panel_have_letters_of_their_own() {
    for dashboard in all() {
        for panel in dashboard.panels() {
            let mut letters = BTreeSet::new();
            for target in list(&panel["targets"]) {
                assert!(letters.insert(target["refId"].as_str().unwrap()), "{}: {}", dashboard.path, panel["title"]);
                assert_ne!(target["instant"], target["range"], "{}: {}", dashboard.path, panel["title"]);
            }
        }
    }
}
