//! The example `media_worker`, driven as its users drive it.
#![cfg(all(feature = "otlp", feature = "prometheus", feature = "ffmpeg", feature = "object-store", feature = "http"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_bad_input_fails_with_its_reason;
mod a_bad_request_is_refused;
mod a_cancelled_job_leaves_nothing_behind;
mod a_full_queue_says_when_to_come_back;
mod a_job_is_taken_run_and_told;
mod a_signal_ends_it_in_time;
mod a_trace_begins_at_the_producer;
#[path = "../../examples/shared/asked.rs"]
mod asked;
mod clips;
#[path = "../shared/example.rs"]
mod example;
mod five_platforms_keep_their_names;
mod it_works_without_a_collector;
mod named_inputs_run_and_exit;
mod no_label_names_one_thing;
mod outputs_go_to_s3;
mod profile;
mod worker;
