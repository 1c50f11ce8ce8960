//! What is measured of databases and caches, against real ones.
#![cfg(feature = "prometheus")]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_database_that_goes_away_is_waited_for;
mod a_real_postgresql_is_measured_by_the_conventions;
mod a_real_redis_is_measured_like_any_database;
mod an_embedded_database_is_one_too;
mod pool;
mod support;
