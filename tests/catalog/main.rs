//! The catalogue's documents, and a program's own instruments in it.
#![cfg(all(feature = "cli", feature = "prometheus"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_programs_own_instruments_are_served_beside_ours;
mod the_catalogue_is_documented;
