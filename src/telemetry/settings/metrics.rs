use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;

use super::Exporter;
use crate::exemplar::Filter;
use crate::pull::Translation;
use crate::views::{CardinalityLimits, HistogramAggregation, KeyFilter, Rule};

/// Metrics: how they are aggregated, and where they go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// Each reads all metrics.
    pub readers: Vec<Reader>,
    /// What becomes of the streams of the instruments that they name.
    pub views: Vec<Rule>,
    /// Which measurements may become exemplars.
    pub exemplar_filter: Filter,
    /// What becomes of histograms that no view gives an aggregation. The same for every reader: both exits tell one truth.
    pub histogram_aggregation: HistogramAggregation,
    /// How many series a metric may have. The same for every reader.
    pub cardinality: CardinalityLimits,
}

/// Reads metrics, and takes them somewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Reader {
    /// Pushes them from time to time.
    Periodic(Periodic),
    /// Serves them to Prometheus.
    Prometheus(Prometheus),
}

/// A push from time to time.
#[derive(Clone, Debug, PartialEq)]
pub struct Periodic {
    /// The time between two exports. More than zero.
    pub interval: Duration,
    /// How long one export may take; zero is without end. The exporter's own timeout holds too.
    pub timeout: Duration,
    /// Where they go.
    pub exporter: MetricExporter,
}

/// Where metrics are pushed to.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricExporter {
    /// Where they go.
    pub exporter: Exporter,
    /// Whether totals since the start are sent, or changes since the previous export.
    pub temporality: Temporality,
}

/// The endpoint that Prometheus scrapes.
#[derive(Clone, Debug, PartialEq)]
pub struct Prometheus {
    /// Host name or address where it listens.
    pub host: String,
    /// Port; 0 takes any that is free.
    pub port: u16,
    /// Whether each series says which instrumentation scope it is from.
    pub scope_labels: bool,
    /// Whether the resource is shown, as the labels of `target_info`.
    pub target_info: bool,
    /// Which attributes of the resource become labels of every series. `None`: none.
    pub resource_labels: Option<KeyFilter>,
    /// How names are made.
    pub translation: Translation,
}

/// The time between two pushes of metrics when nothing else is said (`OTEL_METRIC_EXPORT_INTERVAL`).
pub const DEFAULT_METRIC_INTERVAL: Duration = Duration::from_secs(60);
/// How long a push of metrics may take when nothing else is said (`OTEL_METRIC_EXPORT_TIMEOUT`).
pub const DEFAULT_METRIC_TIMEOUT: Duration = Duration::from_secs(30);
/// The host of the Prometheus endpoint when nothing else is said (`OTEL_EXPORTER_PROMETHEUS_HOST`).
pub const DEFAULT_PROMETHEUS_HOST: &str = "localhost";
/// The port of the Prometheus endpoint when nothing else is said (`OTEL_EXPORTER_PROMETHEUS_PORT`).
pub const DEFAULT_PROMETHEUS_PORT: u16 = 9464;

impl Default for Prometheus {
    fn default() -> Self {
        Self {
            host: DEFAULT_PROMETHEUS_HOST.to_owned(),
            port: DEFAULT_PROMETHEUS_PORT,
            scope_labels: false,
            target_info: true,
            resource_labels: None,
            translation: Translation::default(),
        }
    }
}
