//! Rules, objectives, runbooks and Alertmanager's configuration, by the real promtool, amtool, Prometheus and
//! Alertmanager.
#![cfg(all(feature = "cli", feature = "ffmpeg", feature = "object-store", feature = "http"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod alerts_go_to_whom_they_concern;
mod an_alert_arrives;
mod every_alert_has_a_runbook;
mod every_alert_has_been_seen_to_fire;
#[path = "../shared/example.rs"]
mod example;
mod mutate;
mod no_mutant_survives;
mod objectives_become_rules;
mod rules;
mod rules_ask_for_what_is_written;
mod sinks;
