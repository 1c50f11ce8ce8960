//! The dashboards: their files are kept well, obey the linter's rules, and ask for what there is.
#![cfg(all(feature = "cli", feature = "otlp", feature = "prometheus"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod dashboard;
mod files_are_kept_well;
mod links_lead_somewhere;
mod metrics_are_those_that_somebody_writes;
mod provisioning_names_what_there_is;
mod the_linters_rules_hold;
