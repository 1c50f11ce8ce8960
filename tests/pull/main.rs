//! The endpoint that Prometheus scrapes, read by others: promtool, Python's strict parser, a real Prometheus.
#![cfg(feature = "prometheus")]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod fixture;

mod a_prometheus_stores_exemplars_and_native_histograms;
mod strict_parsers_read_every_format;
