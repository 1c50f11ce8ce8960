//! Real ffmpeg on clips that the tests make.
#![cfg(all(feature = "ffmpeg", feature = "prometheus"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod clips;
mod measure;

mod a_dropped_future_leaves_nothing_behind;
mod a_name_is_only_a_name;
mod a_probe_says_what_a_player_would_show;
mod a_stall_is_counted_once;
mod a_stopped_transcode_keeps_what_it_made;
mod a_survived_error_is_a_defect;
mod a_transcode_is_measured_by_what_its_output_shows;
mod an_encoder_that_is_not_here_falls_back;
mod every_failure_has_its_class;
mod no_half_file_gets_a_final_name;
mod ones_own_command_is_run_as_it_is;
mod ready_made_commands_make_what_they_say;
mod standard_streams_may_carry_the_media;
mod the_span_tells_the_process_and_no_secret;
