//! `telecine check`: what is wrong with dashboards and rules is told with its place.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_platforms_dead_panels_and_alerts_are_found;
mod a_profile_has_names_of_its_own;
mod a_scrape_tells_what_there_is;
mod dashboard;
mod every_code_has_its_case;
#[path = "../shared/example.rs"]
mod example;
mod support;
mod the_command_tells_file_line_and_reason;
mod what_is_shipped_has_nothing_wrong;
mod what_promtool_accepts_is_read;
mod whatever_is_written_has_an_answer;
