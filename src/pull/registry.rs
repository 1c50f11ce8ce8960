//! telecine's instruments inside a [`prometheus::Registry`] that the program already serves.
//!
//! This goes through `opentelemetry-prometheus` and the crate `prometheus`, so what is said of them
//! holds: text 0.0.4 only, no exemplars, exponential histograms are left out, `_total` and units are
//! added also to names that have them, and a scrape takes several times as long as one of
//! `pull::Exporter`. It is for programs whose own metrics are in a registry and stay there.

use opentelemetry_prometheus::PrometheusExporter;
use opentelemetry_sdk::error::OTelSdkError;

/// The crate whose registry is meant: another version's is another type.
pub use prometheus;

/// The registry could not be extended.
#[derive(Debug, thiserror::Error)]
#[error("the prometheus registry does not take telecine's instruments: {0}")]
pub struct Error(#[source] OTelSdkError);

/// A reader for the provider's builder. The registry's `gather` collects from that provider from then
/// on.
///
/// Series carry no `otel_scope_*` labels, as on telecine's own endpoint; `target_info` is there.
///
/// # Errors
/// If the registry refuses it.
///
/// ```
/// use opentelemetry::metrics::MeterProvider;
/// use opentelemetry_sdk::metrics::SdkMeterProvider;
/// use telecine::pull::registry::{self, prometheus::{Encoder, Registry, TextEncoder}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = Registry::new();
/// let provider = SdkMeterProvider::builder().with_reader(registry::reader(&registry)?).build();
/// provider.meter("clips").u64_counter("clip.rendered").build().add(2, &[]);
///
/// let mut text = Vec::new();
/// TextEncoder::new().encode(&registry.gather(), &mut text)?;
/// assert!(String::from_utf8(text)?.contains("clip_rendered_total 2"));
/// # Ok(())
/// # }
/// ```
pub fn reader(registry: &prometheus::Registry) -> Result<PrometheusExporter, Error> {
    opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .build()
        .map_err(Error)
}
