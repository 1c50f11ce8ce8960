//! Nothing needs a global: `build()` sets none.

use crate::support::{self, DEADLINE};

const NO_PUSH: &[(&str, &str)] =
    &[("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"), ("OTEL_METRICS_EXPORTER", "prometheus")];

#[tokio::test]
async fn each_serves_its_own() {
    let one = support::builder("", NO_PUSH).build().unwrap();
    let two = support::builder("", NO_PUSH).build().unwrap();
    assert_ne!(one.exits().prometheus_address(), two.exits().prometheus_address());
    one.work().job("one").start().success();
    two.work().job("two").start().success();
    let (of_one, of_two) = (support::get(&one, "/metrics", "*/*").await, support::get(&two, "/metrics", "*/*").await);
    assert!(of_one.contains(r#"media_job_created_total{media_job_type="one"} 1"#) && !of_one.contains("\"two\""));
    assert!(of_two.contains(r#"media_job_created_total{media_job_type="two"} 1"#) && !of_two.contains("\"one\""));
    // What is global is still nobody's.
    telecine::work().job("three").start().success();
    assert!(!support::get(&one, "/metrics", "*/*").await.contains("three"));
    one.shutdown(DEADLINE).await.unwrap();
    two.shutdown(DEADLINE).await.unwrap();
}

#[test]
fn a_port_that_is_taken_is_an_error_that_names_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let more = [NO_PUSH, &[("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1"), ("OTEL_EXPORTER_PROMETHEUS_PORT", &port)]];
    let error = support::builder("", &more.concat()).build().unwrap_err().to_string();
    assert!(error.contains(&port) && error.contains("OTEL_EXPORTER_PROMETHEUS_PORT"), "{error}");
}

#[tokio::test]
async fn disabled_means_off() {
    let telemetry = support::builder("http://127.0.0.1:9", &[("OTEL_SDK_DISABLED", "true")]).build().unwrap();
    assert_eq!(telemetry.exits().prometheus_address(), None);
    assert!(telemetry.exits().otlp().is_none());
    telemetry.work().job("one").start().success();
    assert!(telemetry.describe().contains("off"));
    telemetry.shutdown(DEADLINE).await.unwrap();
}

#[tokio::test]
async fn a_meter_of_ones_own_goes_through_the_same_views_and_exits() {
    let telemetry = support::builder("", NO_PUSH).build().unwrap();
    let waited = telemetry.meter("own").f64_histogram("own.wait").with_unit("s").build();
    waited.record(0.3, &[]);
    let page = support::get(&telemetry, "/metrics", "*/*").await;
    // Seconds get bounds of seconds, where the SDK alone would give them those of milliseconds.
    assert!(page.contains(r#"own_wait_seconds_bucket{le="0.5"} 1"#), "{page}");
    telemetry.shutdown(DEADLINE).await.unwrap();
}

#[tokio::test]
async fn a_callback_that_panics_takes_no_other_instrument_along() {
    let telemetry = support::builder("", NO_PUSH).build().unwrap();
    let meter = telemetry.meter("own");
    meter.u64_observable_gauge("own.broken").with_callback(|_| panic!("boom")).build();
    meter.u64_observable_gauge("own.whole").with_callback(|observer| observer.observe(7, &[])).build();
    for _ in 0..2 {
        let page = support::get(&telemetry, "/metrics", "*/*").await;
        assert!(page.contains("own_whole 7") && !page.contains("own_broken"), "{page}");
    }
    telemetry.shutdown(DEADLINE).await.unwrap();
}
