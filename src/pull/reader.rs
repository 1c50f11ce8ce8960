//! The reader that the SDK's meter provider is built with.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use opentelemetry_sdk::{
    error::OTelSdkResult,
    metrics::{InstrumentKind, ManualReader, Pipeline, Temporality, data::ResourceMetrics, reader::MetricReader},
};

/// Collects from one meter provider when a scrape asks for it. Everything is cumulative, as
/// Prometheus needs it.
///
/// Clones are the same reader: give one to the provider's builder and one to
/// [`Exporter::new`](super::Exporter::new).
#[derive(Clone, Debug)]
pub struct Reader(Arc<ManualReader>);

impl Reader {
    /// A reader that belongs to no provider yet.
    pub fn new() -> Self {
        Self(Arc::new(ManualReader::builder().with_temporality(Temporality::Cumulative).build()))
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, _: InstrumentKind) -> Temporality {
        Temporality::Cumulative
    }
}
