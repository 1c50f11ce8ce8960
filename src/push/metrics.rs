use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use prost::Message;

use super::exemplars;
use super::link::Link;
use crate::exemplar::Exemplars;

/// Sends metrics. For a `PeriodicReader`.
///
/// The request is made here and not by opentelemetry-otlp, whose exporter takes the SDK's data, which has no exemplars.
#[derive(Debug)]
pub struct MetricExporter {
    link: Arc<Link>,
    temporality: Temporality,
    exemplars: Exemplars,
}

impl MetricExporter {
    pub(crate) fn new(link: Arc<Link>, temporality: Temporality, exemplars: Exemplars) -> Self {
        Self { link, temporality, exemplars }
    }
}

impl PushMetricExporter for MetricExporter {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut request = ExportMetricsServiceRequest::from(metrics);
        exemplars::attach(&mut request, metrics, &self.exemplars);
        self.exemplars.collected();
        let points = data_points(&request);
        self.link.deliver(request.encode_to_vec().into(), points).await
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

fn data_points(request: &ExportMetricsServiceRequest) -> u64 {
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| &scope.metrics);
    let points = metrics.filter_map(|metric| metric.data.as_ref()).map(|data| match data {
        Data::Gauge(gauge) => gauge.data_points.len(),
        Data::Sum(sum) => sum.data_points.len(),
        Data::Histogram(histogram) => histogram.data_points.len(),
        Data::ExponentialHistogram(histogram) => histogram.data_points.len(),
        Data::Summary(summary) => summary.data_points.len(),
    });
    points.sum::<usize>() as u64
}
