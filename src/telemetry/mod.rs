//! Initialise once in `main`.
//!
//! ```no_run
//! use std::time::Duration;
//! use telecine::Telemetry;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let telemetry = Telemetry::builder().service("media-worker").version(env!("CARGO_PKG_VERSION")).init()?;
//!
//!     // … the program …
//!
//!     if let Err(lost) = telemetry.shutdown(Duration::from_secs(5)).await {
//!         eprintln!("{lost}");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! [`Builder::init`] sets what is global: the `tracing` subscriber, OpenTelemetry's providers and
//! propagator. [`Builder::build`] sets nothing, and two can live in one process.
//!
//! What is in force comes from the environment variables of the OpenTelemetry specification
//! (`docs/configuration.md` lists them) and from the builder; a variable comes before the builder, so
//! that an operator has the last word. With nothing said, metrics are both served to Prometheus and
//! pushed, and traces and logs are pushed. That is a deviation: the specification's default of
//! `OTEL_METRICS_EXPORTER` is `otlp` alone.
//!
//! `OTEL_CONFIG_FILE` names a [configuration file](config) that says all of it in their place.

mod b3;
mod builder;
pub mod config;
mod counted;
mod cut;
mod environment;
mod error;
mod exits;
mod global;
mod handle;
mod itself;
mod providers;
mod resource;
pub mod settings;
mod shutdown;

#[cfg(test)]
mod tests;

pub use builder::Builder;
pub use environment::{Environment, Ignored};
pub use error::Error;
pub use exits::Exits;
#[cfg(feature = "http")]
pub use global::http;
pub use global::{data, media, work};
pub use handle::Telemetry;
pub use settings::Settings;
pub use shutdown::{DEFAULT_SHUTDOWN_DEADLINE, Lost, ShutdownError};
