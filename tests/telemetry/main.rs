//! Telemetry as a whole: both exits tell one truth, shutdown comes back, nothing is global unless asked.
#![cfg(all(feature = "otlp", feature = "prometheus"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_subscriber_of_ones_own_gets_layers;
mod an_export_ends_in_its_time;
mod both_exits_tell_the_same;
mod limits_hold_for_what_is_exported;
mod shutdown_comes_back_on_every_runtime;
mod support;
mod telemetry_tells_of_itself;
mod the_environment_changes_what_is_sent;
mod the_environment_means_what_the_specification_says;
mod the_largest_numbers_start_and_stop;
mod two_live_in_one_process;
mod variables;
mod without_a_collector_the_program_works_on;
