//! The push, against scripted servers and a real collector.
#![cfg(feature = "otlp")]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod measure;
mod server;

mod a_collector_that_is_away_is_said_once;
mod a_server_that_never_answers_holds_nothing_up;
mod every_runtime_delivers_and_shuts_down;
mod only_what_otlp_names_is_tried_again;
mod the_collector_shows_what_was_recorded;
mod the_request_is_as_configured;
mod tls_takes_certificates_of_ones_own;
