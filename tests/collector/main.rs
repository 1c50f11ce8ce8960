//! What `collector/` configures, on the real collector with all of it compiled in.
#![cfg(all(feature = "otlp", feature = "prometheus"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod every_documented_combination_is_valid;
