//! The dashboards: their files are kept well, obey the linter's rules, and ask for what there is.
#![cfg(all(
    feature = "cli",
    feature = "otlp",
    feature = "prometheus",
    feature = "ffmpeg",
    feature = "object-store",
    feature = "http"
))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod dashboard;
mod every_panel_shows_live_data;
mod every_query_can_show_something;
#[path = "../shared/example.rs"]
mod example;
mod files_are_kept_well;
mod grafana;
mod grafanas_own_models_know_every_key;
mod links_lead_somewhere;
mod platform;
mod provisioning_names_what_there_is;
mod the_linters_rules_hold;
mod trouble;
