//! Operations: what they measure, and how they end.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_background_task_goes_on;
mod a_job_goes_from_process_to_process;
mod a_job_is_retried_in_a_trace_of_its_own;
mod a_label_never_says_more_than_it_may;
mod a_queue_tells_how_many_wait;
mod a_view_is_what_was_watched;
mod a_worker_that_vanishes_takes_its_series_along;
mod an_operation_ends_in_one_of_five_ways;
#[cfg(feature = "testing")]
mod an_operator_sees_work_on_the_endpoint;
mod driven_data;
mod driven_speech_and_playback;
mod every_instrument_moves_by_what_was_done;
mod expected;
mod observed_series_last_as_long_as_their_source;
mod players_that_fall_silent_are_gone;
mod support;
