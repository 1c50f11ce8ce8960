//! Variables whose effect only the other end sees.

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator as _;
use telecine::operation::Parent;
use telecine_parts::Received;

use crate::support::{self, DEADLINE, each};

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[tokio::test]
async fn changes_and_histograms_that_follow_the_values() {
    let mut collector = support::collector().await;
    let more = [
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta"),
        ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram"),
    ];
    let telemetry = support::builder(&format!("http://{}", collector.http()), &more).build().unwrap();
    telemetry.work().job("one").start().success();
    telemetry.meter("own").f64_histogram("own.wait").with_boundaries(vec![1.0, 2.0]).build().record(0.3, &[]);
    let page = support::get(&telemetry, "/metrics", "application/openmetrics-text; version=1.0.0").await;
    telemetry.shutdown(DEADLINE).await.unwrap();
    collector.stop().await.unwrap();

    let metrics =
        each(&collector.received(Received::Metrics).unwrap(), &["resourceMetrics", "scopeMetrics", "metrics"]);
    let metric = |name: &str| metrics.iter().find(|metric| metric["name"] == name).unwrap();
    assert_eq!(metric("media.job.created")["sum"]["aggregationTemporality"], 1);
    // The catalogue's and the program's own alike.
    for name in ["media.job.duration", "own.wait"] {
        assert_eq!(metric(name)["exponentialHistogram"]["dataPoints"][0]["count"], "1", "{name}");
    }
    // The scrape tells the same: as buckets of powers of two, and as a total.
    let bucket = "own_wait_bucket{le=\"";
    let bounds: Vec<f64> = page
        .lines()
        .filter_map(|line| line.strip_prefix(bucket)?.split('"').next()?.parse().ok())
        .filter(|bound: &f64| bound.is_finite())
        .collect();
    assert!(!bounds.is_empty() && bounds.iter().all(|bound| (bound.log2() * 2.0).fract() == 0.0), "{bounds:?}");
    assert!(page.contains(r#"media_job_created_total{media_job_type="one"} 1"#), "{page}");
}

#[tokio::test]
async fn disabled_records_nothing_and_context_still_travels() {
    let mut collector = support::collector().await;
    let more = [("OTEL_SDK_DISABLED", "true"), ("OTEL_PROPAGATORS", "b3")];
    let telemetry = support::builder(&format!("http://{}", collector.http()), &more).build().unwrap();
    let mut sent = HashMap::new();
    let mut propagated = HashMap::new();
    tracing::dispatcher::with_default(&telemetry.dispatch().unwrap(), || {
        let job = telemetry.work().job("one").parent(Parent::from_traceparent(TRACEPARENT)).start();
        job.in_scope(|| {
            Parent::current().inject(&mut sent);
            telemetry.propagator().inject(&mut propagated);
        });
        job.success();
    });
    telemetry.shutdown(DEADLINE).await.unwrap();
    collector.stop().await.unwrap();
    // No span of this process is between the one that asked and the one that is asked.
    assert_eq!(sent["traceparent"], TRACEPARENT);
    assert_eq!(propagated["b3"], "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1");
    for received in [Received::Traces, Received::Metrics, Received::Logs] {
        assert!(collector.received(received).unwrap().is_empty(), "{received:?}");
    }
}
