//! The example `http_api`, driven as its users drive it, and with a real worker behind it.
#![cfg(all(feature = "otlp", feature = "prometheus", feature = "ffmpeg", feature = "object-store", feature = "http"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_database_that_is_locked_is_waited_for;
mod a_job_that_failed_goes_to_another_worker;
mod a_storm_of_paths_leaves_a_handful_of_routes;
mod a_tenant_gets_no_more_than_its_quota;
mod a_viewer_who_leaves_is_no_failure;
mod a_worker_that_vanishes_loses_its_job;
mod api;
#[path = "../../examples/shared/asked.rs"]
mod asked;
mod captions_are_exported;
#[path = "../shared/example.rs"]
mod example;
mod five_platforms_keep_their_names;
mod it_can_be_looked_into_while_it_runs;
mod one_trace_leads_from_the_request_to_the_upload;
#[path = "../worker/profile.rs"]
mod profile;
mod redis_is_left_alone_when_it_is_gone;
mod spans;
