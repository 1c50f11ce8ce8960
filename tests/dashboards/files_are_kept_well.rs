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
fn each_has_an_identifier_that_fits_an_address_and_a_title_of_its_own() {
    let mut titles = BTreeSet::new();
    for dashboard in all() {
        let (path, uid) = (&dashboard.path, dashboard.uid());
        assert!((1..=40).contains(&uid.len()), "{path}: {uid:?} is longer than Grafana allows, or nothing");
        assert!(uid.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{path}");
        assert!(titles.insert(dashboard.title().to_owned()), "{path}: another one is called {:?}", dashboard.title());
    }
}

#[test]
fn each_says_what_is_shown_at_first() {
    for dashboard in all() {
        let (path, json) = (&dashboard.path, &dashboard.json);
        // Grafana gives it a number of its own.
        assert!(json["id"].is_null(), "{path}");
        assert!(json["time"]["from"].is_string() && json["time"]["to"] == "now", "{path}");
        assert!(json["refresh"].is_string() && json["timezone"] == "browser", "{path}");
        assert!(!list(&json["tags"]).is_empty(), "{path}: without a tag the menu of dashboards does not have it");
    }
}

#[test]
fn platforms_are_refreshed_as_their_users_know_it() {
    for dashboard in all() {
        let known = match dashboard.json["tags"][1].as_str() {
            Some("clip") => Some(("10s", "now-30m")),
            Some("transcode-flow") => Some(("5s", "now-1h")),
            _ => None,
        };
        if let Some((refresh, from)) = known {
            assert_eq!(dashboard.json["refresh"], refresh, "{}", dashboard.path);
            assert_eq!(dashboard.json["time"]["from"], from, "{}", dashboard.path);
        }
    }
}

/// Grafana's grid is 24 wide. Nobody has to look for what is beside a gap.
#[test]
fn lines_of_panels_are_filled() {
    for dashboard in all() {
        let mut lines: BTreeMap<u64, u64> = BTreeMap::new();
        for panel in dashboard.panels() {
            let [y, w] = ["y", "w"].map(|side| panel["gridPos"][side].as_u64().unwrap());
            *lines.entry(y).or_default() += w;
        }
        assert!(lines.values().all(|width| *width == 24), "{}: {lines:?}", dashboard.path);
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
