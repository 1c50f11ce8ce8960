//! OTLP export of traces, metrics and logs, on a thread and runtime of its own.
//!
//! [`Exporters::build`] gives the exporters of each signal, for the SDK's batch processors and periodic reader, and a [`Handle`].
//! They work wherever the program runs: a multi-thread runtime, a runtime of one worker, a current-thread runtime, none.
//!
//! An export tries again what the OTLP specification says may be tried again, until its timeout. It never takes longer,
//! and none lasts past [`Handle::finish_by`]. What became of each item is in [`Counts`]. A collector that cannot be
//! reached is said once, by a `tracing` event of the target `telecine::push`, and once more when it is back.
//!
//! The configuration is all that counts. opentelemetry-otlp, which encodes spans and log records, reads
//! `OTEL_EXPORTER_OTLP_*` from the process environment by itself; none of it reaches the wire. For `https` without a CA
//! file the system's authorities are read, and with them `SSL_CERT_FILE` and `SSL_CERT_DIR`.

#[cfg(feature = "otlp")]
mod carrier;
mod config;
#[cfg(feature = "otlp")]
mod counts;
#[cfg(feature = "otlp")]
mod error;
#[cfg(feature = "otlp")]
mod exemplars;
#[cfg(feature = "otlp")]
mod exporters;
#[cfg(feature = "otlp")]
mod link;
#[cfg(feature = "otlp")]
mod logs;
#[cfg(feature = "otlp")]
mod metrics;
#[cfg(feature = "otlp")]
mod outage;
#[cfg(feature = "otlp")]
mod retry;
#[cfg(feature = "otlp")]
mod thread;
#[cfg(feature = "otlp")]
mod traces;
#[cfg(feature = "otlp")]
mod transport;

#[cfg(feature = "otlp")]
pub use self::{
    counts::{Counts, Ended, Stats},
    error::Error,
    exporters::{Exporters, Handle},
    logs::LogExporter,
    metrics::MetricExporter,
    thread::TimedOut,
    traces::SpanExporter,
};
pub(crate) use config::Parts;
pub use config::{
    Compression, DEFAULT_GRPC_ENDPOINT, DEFAULT_HTTP_ENDPOINT, DEFAULT_TIMEOUT, Kind, Protocol, Push, Signal, Tls,
};
