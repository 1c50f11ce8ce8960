//! What is measured of requests that are served, and of requests that are made.
#![cfg(all(feature = "http", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_body_is_measured_to_its_end;
mod a_million_hostile_requests_make_few_series;
mod a_request_ends_as_what_happened;
mod a_trace_goes_through_client_and_server;
mod grpc_tells_its_status_behind_the_body;
mod labels_are_those_of_the_conventions;
mod ten_thousand_viewers_go_away;
mod the_route_is_the_template_that_matched;

mod support;
