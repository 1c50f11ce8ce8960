//! The example `platform`: everything that its programs measure moves, under telecine's names and under those of five
//! platforms.
#![cfg(all(feature = "otlp", feature = "prometheus", feature = "ffmpeg", feature = "object-store", feature = "http"))]
#![cfg(feature = "gpu")]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod everything_moves;
#[path = "../shared/example.rs"]
mod example;
