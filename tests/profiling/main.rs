//! Profiles, read by pprof itself.
#![cfg(all(feature = "profiling", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_profile_is_only_for_those_who_may;
mod a_profile_says_who_used_what;
mod support;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// What jemalloc starts with: a sample for each 64 KiB.
#[allow(unsafe_code, reason = "jemalloc looks for a symbol of this name")]
#[unsafe(export_name = "_rjem_malloc_conf")]
pub static MALLOC_CONF: &[u8] = b"prof:true,prof_active:true,lg_prof_sample:16\0";
