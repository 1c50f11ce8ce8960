use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;

use super::exporters::{self, Exit};
use super::{Reader, otlp};
use crate::exemplar::Filter;
use crate::push::Kind;
use crate::telemetry::settings::{
    self, DEFAULT_METRIC_INTERVAL, DEFAULT_METRIC_TIMEOUT, DEFAULT_PROMETHEUS_HOST, DEFAULT_PROMETHEUS_PORT, Exporter,
    MetricExporter, Metrics, Periodic, Prometheus,
};
use crate::views::{CardinalityLimits, HistogramAggregation};

/// The time between two writes to the console when nothing else is said: what is for a person is wanted sooner
/// (specification, "Metrics Exporter - Standard output").
const CONSOLE_INTERVAL: Duration = Duration::from_secs(10);

pub(super) fn read(reader: &mut Reader<'_>) -> Metrics {
    let filter = reader.word(
        "OTEL_METRICS_EXEMPLAR_FILTER",
        &[("trace_based", Filter::TraceBased), ("always_on", Filter::AlwaysOn), ("always_off", Filter::AlwaysOff)],
        &[],
    );
    Metrics {
        readers: readers(reader),
        views: Vec::new(),
        exemplar_filter: filter.unwrap_or_default(),
        histogram_aggregation: histogram_aggregation(reader),
        cardinality: CardinalityLimits::default(),
    }
}

fn readers(reader: &mut Reader<'_>) -> Vec<settings::Reader> {
    let interval = reader.between("OTEL_METRIC_EXPORT_INTERVAL", 1..=i64::MAX.unsigned_abs());
    let interval = interval.map(Duration::from_millis);
    let timeout = reader.milliseconds("OTEL_METRIC_EXPORT_TIMEOUT").unwrap_or(DEFAULT_METRIC_TIMEOUT);
    let temporality = temporality(reader);
    let prometheus = prometheus(reader);
    let exits = exporters::read(reader, Kind::Metrics).into_iter();
    exits
        .map(|exit| match exit {
            Exit::Otlp => settings::Reader::Periodic(Periodic {
                interval: interval.unwrap_or(DEFAULT_METRIC_INTERVAL),
                timeout,
                exporter: MetricExporter { exporter: Exporter::Otlp(otlp::signal(reader, Kind::Metrics)), temporality },
            }),
            Exit::Console => settings::Reader::Periodic(Periodic {
                interval: interval.unwrap_or(CONSOLE_INTERVAL),
                timeout,
                exporter: MetricExporter { exporter: Exporter::Console, temporality: Temporality::default() },
            }),
            Exit::Prometheus => settings::Reader::Prometheus(prometheus.clone()),
        })
        .collect()
}

fn temporality(reader: &mut Reader<'_>) -> Temporality {
    let known =
        [("cumulative", Temporality::Cumulative), ("delta", Temporality::Delta), ("lowmemory", Temporality::LowMemory)];
    reader.word("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", &known, &[]).unwrap_or_default()
}

/// It is the push's variable, and holds for every exit: both tell one truth.
fn histogram_aggregation(reader: &mut Reader<'_>) -> HistogramAggregation {
    let known = [
        ("explicit_bucket_histogram", HistogramAggregation::Explicit),
        ("base2_exponential_bucket_histogram", HistogramAggregation::Exponential),
    ];
    reader.word("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", &known, &[]).unwrap_or_default()
}

fn prometheus(reader: &mut Reader<'_>) -> Prometheus {
    Prometheus {
        host: reader.text("OTEL_EXPORTER_PROMETHEUS_HOST").unwrap_or(DEFAULT_PROMETHEUS_HOST).to_owned(),
        port: reader.number("OTEL_EXPORTER_PROMETHEUS_PORT").unwrap_or(DEFAULT_PROMETHEUS_PORT),
        ..Prometheus::default()
    }
}
