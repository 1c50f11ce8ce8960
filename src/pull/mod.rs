//! The endpoint that Prometheus scrapes.
//!
//! A [`Reader`] collects from the SDK's meter provider, an [`Exporter`] makes what it found into one
//! of the formats that Prometheus reads, and an [`Endpoint`] answers HTTP requests with it: by
//! [`serve`], on a thread and runtime of its own, or by [`Endpoint::router`] in an axum server that
//! the program has anyway.
//!
//! | format | exemplars | exponential histograms |
//! |---|---|---|
//! | Prometheus text 0.0.4 and 1.0.0 | no | as fixed buckets, two to each power of two |
//! | OpenMetrics 1.0.0 | yes | the same |
//! | Prometheus protobuf | yes | as native histograms |
//!
//! # Where this differs from the specification
//! - Series carry no `otel_scope_*` labels unless [`Options::scope_labels`] says so: a name and a
//!   version that are the same on every series of a program tell nothing, and a new version of a
//!   library would make every series of it a new one.
//! - An exponential histogram that a format cannot carry is converted, not dropped.
//! - OpenMetrics gets no `_created` samples: a Prometheus without a special flag stores each as a series.
//!   The protobuf format carries the same times.
//!
//! # Names that collide
//! Two metrics with the same name and type under Prometheus' rules are one family. If their types
//! differ, the one that came first has the name for as long as the program runs, and the other is left
//! out. Of series of two scopes that are equal under Prometheus' rules, the one that came first stays as it
//! is, and the other one gets the labels of its scope; of those of one scope the first is shown. What is left
//! out is counted in [`Stats`] and logged once.

/// The crate whose router [`Endpoint::router`] gives: another version's is another type.
#[cfg(feature = "prometheus")]
pub use axum;

#[cfg(feature = "prometheus")]
mod encode;
#[cfg(feature = "prometheus")]
mod error;
#[cfg(feature = "prometheus")]
mod exporter;
#[cfg(feature = "prometheus")]
mod family;
pub mod mapping;
#[cfg(feature = "prometheus")]
mod negotiate;
#[cfg(feature = "prometheus")]
mod number;
#[cfg(feature = "prometheus")]
mod page;
#[cfg(feature = "prometheus")]
mod reader;
#[cfg(feature = "prometheus-registry")]
pub mod registry;
#[cfg(feature = "prometheus")]
mod serve;
#[cfg(feature = "prometheus")]
pub(crate) mod translate;
mod translation;

pub use self::mapping::{Mapper, Mapping};
pub use self::translation::{Translation, UnknownTranslation};
#[cfg(feature = "prometheus")]
pub use self::{
    error::Error,
    exporter::{Exporter, LastScrape, Options, Stats},
    family::Live,
    negotiate::{Escaping, Format, Protocol},
    reader::Reader,
    serve::{Endpoint, Readiness, Server, serve},
};
