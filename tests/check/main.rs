//! `telecine check`: what is wrong with dashboards and rules is told with its place.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod support;
mod the_command_tells_file_line_and_reason;
