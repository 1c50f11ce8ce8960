//! No collector: the program works as it does with one, hears of it once, and the loss is a number.

use telecine::push::Kind;

use crate::support::{self, DEADLINE};

#[tokio::test]
async fn it_is_said_once_and_counted_while_metrics_are_still_served() {
    // Nobody listens there: the port was taken and given back.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let quick = [
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "200"),
        ("OTEL_BSP_SCHEDULE_DELAY", "10"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "10"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "10"),
    ];
    let telemetry = support::builder(&format!("http://{address}"), &quick).build().unwrap();
    let dispatch = telemetry.dispatch().unwrap();
    let exports = || telemetry.exits().otlp().unwrap().counts(Kind::Traces)[0].stats().exports;
    for _ in 0..3 {
        let before = exports();
        tracing::dispatcher::with_default(&dispatch, || {
            telemetry.work().job("transcode").start().success();
            tracing::warn!("said to nobody");
        });
        telecine_parts::eventually("an export to fail", async || (exports() > before).then_some(())).await.unwrap();
    }
    let page = telecine_parts::eventually("the losses to be served", async || {
        let page = support::get(&telemetry, "/metrics", "*/*").await;
        let at_least = |metric: &str, least: u64| {
            let undelivered = format!("otel_sdk_exporter_{metric}_exported_total{{error_type=\"undelivered\"}} ");
            let count = page.lines().find_map(|line| line.strip_prefix(&undelivered)?.parse::<u64>().ok());
            count >= Some(least)
        };
        (at_least("span", 3) && at_least("log", 3) && at_least("metric_data_point", 1)).then_some(page)
    });
    let page = page.await.unwrap();
    assert!(page.contains(r#"media_job_created_total{media_job_type="transcode"} 3"#), "{page}");
    assert_eq!(telemetry.lost().spans, 3);
    let error = telemetry.shutdown(DEADLINE).await.unwrap_err();
    assert_eq!((error.lost.spans, error.lost.records), (3, 3), "{error}");

    let lines = support::heard().lock().unwrap();
    let said: Vec<_> = lines.iter().filter(|line| line.contains(&address.to_string())).collect();
    assert_eq!(said.len(), 1, "{said:#?}");
    // Other tests of this binary end in a hurry, which the SDK says too.
    let others = lines.iter().filter(|line| line.contains(r#""logger":"opentelemetry"#) && !line.contains("Shutdown"));
    let others: Vec<_> = others.collect();
    assert!(others.is_empty(), "{others:#?}");
}
