//! The examples `transcriber` and `converter`, driven as their users drive them.
#![cfg(all(feature = "otlp", feature = "prometheus", feature = "ffmpeg", feature = "object-store", feature = "http"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_bad_episode_keeps_no_other_from_conversion;
mod a_cancel_leaves_no_program;
mod an_engine_that_is_killed_is_tried_again;
#[path = "../../examples/shared/asked.rs"]
mod asked;
#[path = "../shared/example.rs"]
mod example;
mod jobs_come_from_an_api;
mod platforms_keep_their_names;
#[path = "../worker/profile.rs"]
mod profile;
mod program;
mod speech_becomes_captions;
