//! The process, tokio runtimes and GPUs, held against what others say of them.
#![cfg(feature = "prometheus")]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_runtime_is_seen_while_it_is_observed;
#[cfg(all(feature = "gpu", target_os = "linux"))]
mod gpus_are_absent_where_they_cannot_be_read;
mod support;
#[cfg(target_os = "linux")]
mod the_process_is_what_the_kernel_says;
