//! The endpoint that Prometheus scrapes, read by others: promtool, Python's strict parser, a real Prometheus.
#![cfg(feature = "prometheus")]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod fixture;
mod random;

mod a_blocked_program_is_still_scraped;
mod a_prometheus_stores_exemplars_and_native_histograms;
mod a_scrape_never_blocks_a_measurement;
mod concurrent_scrapes_share_a_result;
mod mapping_loses_nothing;
mod mapping_serves_other_names;
mod mapping_withstands_hostile_rules;
mod names_that_collide;
mod odd_values_arrive_as_they_are;
#[cfg(feature = "prometheus-registry")]
mod opentelemetry_prometheus_says_the_same;
mod series_that_come_and_go;
mod strict_parsers_read_every_format;
mod the_endpoint_answers_as_documented;
mod views_are_what_the_sdk_does;
