//! A collector, and telemetry that pushes to it.

use std::time::Duration;

use telecine::Telemetry;
use telecine::telemetry::Builder;
use telecine_parts::Collector;

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Telemetry that serves metrics on a free port and pushes to `endpoint`.
pub(crate) fn builder(endpoint: &str, more: &[(&str, &str)]) -> Builder {
    let mut variables = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "3600000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "3600000"),
    ];
    variables.extend(more);
    Telemetry::builder()
        .service("worker")
        .version("1.2.3")
        .environment(variables.into_iter().collect::<telecine::telemetry::Environment>())
        .log_writer(telecine::logs::Writer::new(|_| Ok(())))
}

pub(crate) async fn collector() -> Collector {
    Collector::start().await.unwrap()
}

/// A page of the endpoint.
pub(crate) async fn get(telemetry: &Telemetry, path: &str, accept: &str) -> String {
    let address = telemetry.exits().prometheus_address().unwrap();
    let request = telecine_parts::http().get(format!("http://{address}{path}")).header("accept", accept);
    request.send().await.unwrap().text().await.unwrap()
}
