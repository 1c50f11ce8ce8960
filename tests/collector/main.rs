//! What `collector/` configures, on the real collector with all of it compiled in.
#![cfg(all(feature = "otlp", feature = "prometheus"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod otlp;
mod yaml;

mod a_killed_gateway_loses_nothing_that_was_accepted;
mod agents_come_over_tls_with_a_token;
mod compose_is_pinned_and_closed;
mod every_documented_combination_is_valid;
mod every_source_arrives;
mod failed_and_slow_work_is_kept;
mod kubernetes_runs_the_same_files;
mod secrets_do_not_pass;
mod the_prometheus_behind_it_answers_as_the_one_that_scrapes;
