//! No collector: the program works as it does with one, hears of it once, and the loss is a number.

use crate::support::{self, DEADLINE};

#[tokio::test]
async fn it_is_said_once_and_counted_while_metrics_are_still_served() {
    // Nobody listens there: the port was taken and given back.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let telemetry = support::builder(
        &format!("http://{address}"),
        &[("OTEL_BSP_SCHEDULE_DELAY", "10"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "200")],
    )
    .build()
    .unwrap();
    let dispatch = telemetry.dispatch().unwrap();
    for _ in 0..3 {
        tracing::dispatcher::with_default(&dispatch, || telemetry.work().job("transcode").start().success());
        let exports = telemetry.exits().otlp().unwrap().counts(telecine::push::Kind::Traces).unwrap().stats().exports;
        telecine_parts::eventually("an export to fail", async || {
            let stats = telemetry.exits().otlp().unwrap().counts(telecine::push::Kind::Traces).unwrap().stats();
            (stats.exports > exports).then_some(())
        })
        .await
        .unwrap();
    }
    let page = support::get(&telemetry, "/metrics", "*/*").await;
    assert!(page.contains(r#"media_job_created_total{media_job_type="transcode"} 3"#), "{page}");
    let undelivered = r#"otel_sdk_exporter_span_exported_total{error_type="undelivered"} 3"#;
    assert!(page.contains(undelivered), "{page}");
    let error = telemetry.shutdown(DEADLINE).await.unwrap_err();
    assert_eq!(error.lost.spans, 3, "{error}");
    let lines = support::heard().lock().unwrap();
    let said: Vec<_> = lines.iter().filter(|line| line.contains(&address.to_string())).collect();
    assert_eq!(said.len(), 1, "{said:#?}");
}
