//! What the program and its machine use: the process, tokio runtimes and GPUs.
//!
//! | what | how |
//! |---|---|
//! | the process | by itself, unless [`Builder::without_process_metrics`](crate::telemetry::Builder::without_process_metrics) is called |
//! | a tokio runtime | [`Telemetry::observe_runtime`](crate::Telemetry::observe_runtime) |
//! | NVIDIA's GPUs | `Builder::gpus`, feature `gpu` |
//! | profiles of CPU time and of the heap | `Builder::profiling`, feature `profiling` |

#[cfg(feature = "gpu")]
pub mod gpu;
pub mod process;
#[cfg(feature = "profiling")]
pub mod profiling;
pub mod runtime;
#[cfg(feature = "telemetry")]
mod shared;
