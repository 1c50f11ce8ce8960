#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "telemetry")]
mod apart;
pub mod catalog;
#[cfg(feature = "cli")]
pub mod check;
pub mod data;
#[cfg(feature = "telemetry")]
pub mod exemplar;
#[cfg(feature = "ffmpeg")]
pub mod ffmpeg;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "telemetry")]
pub mod logs;
pub mod media;
pub mod operation;
#[cfg(feature = "telemetry")]
pub mod pull;
#[cfg(feature = "telemetry")]
pub mod push;
#[cfg(feature = "object-store")]
pub mod store;
pub mod system;
#[cfg(feature = "telemetry")]
pub mod telemetry;
#[cfg(not(feature = "telemetry"))]
#[path = "telemetry/off.rs"]
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "telemetry")]
pub mod views;
pub mod work;

#[cfg(feature = "telemetry")]
pub use opentelemetry;
#[cfg(feature = "telemetry")]
pub use opentelemetry_sdk;
#[cfg(feature = "http")]
pub use telemetry::http;
pub use telemetry::{Telemetry, data, media, work};
#[cfg(feature = "telemetry")]
pub use tracing_opentelemetry;

/// The code of the documents is compiled and run with that of the crate.
#[cfg(doctest)]
#[doc = include_str!("../docs/migrating.md")]
mod migrating {}
