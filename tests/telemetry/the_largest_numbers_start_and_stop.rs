use std::time::Duration;

use telecine::telemetry::{Environment, Telemetry};

/// Every number as large as it can be: nothing adds it to a clock that ends before.
#[tokio::test]
async fn from_variables() {
    let largest = "9223372036854775807";
    let numbers = [
        "OTEL_BSP_SCHEDULE_DELAY",
        "OTEL_BSP_EXPORT_TIMEOUT",
        "OTEL_BLRP_SCHEDULE_DELAY",
        "OTEL_BLRP_EXPORT_TIMEOUT",
        "OTEL_METRIC_EXPORT_INTERVAL",
        "OTEL_METRIC_EXPORT_TIMEOUT",
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ];
    let counts = [
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_SPAN_EVENT_COUNT_LIMIT",
        "OTEL_SPAN_LINK_COUNT_LIMIT",
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
    ];
    let queues = ["OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BLRP_MAX_QUEUE_SIZE"];
    // Nobody listens: what is sent is refused at once.
    let others = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_EXPORTER_PROMETHEUS_PORT", "0")];
    let environment: Environment = numbers
        .map(|name| (name, largest))
        .into_iter()
        .chain(counts.map(|name| (name, "4294967295")))
        .chain(queues.map(|name| (name, "1048576")))
        .chain(others)
        .collect();
    let telemetry = Telemetry::builder().environment(environment).build().unwrap();
    assert_eq!(telemetry.ignored(), []);
    tracing::dispatcher::with_default(&telemetry.dispatch().unwrap(), || {
        telemetry.work().job("clip").start().success();
        tracing::info!("one");
    });
    // What is lost is said; that it comes back is what is wanted.
    let ended = tokio::time::timeout(Duration::from_secs(60), telemetry.shutdown(Duration::from_secs(5))).await;
    assert!(ended.is_ok());
}
