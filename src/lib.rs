//! OpenTelemetry instrumentation for media pipelines.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod catalog;
#[cfg(feature = "telemetry")]
pub mod exemplar;
#[cfg(feature = "ffmpeg")]
pub mod ffmpeg;
#[cfg(feature = "telemetry")]
pub mod logs;
pub mod media;
pub mod operation;
#[cfg(feature = "prometheus")]
pub mod pull;
#[cfg(feature = "otlp")]
pub mod push;
#[cfg(feature = "object-store")]
pub mod store;
pub mod telemetry;
#[cfg(feature = "telemetry")]
pub mod views;
pub mod work;
