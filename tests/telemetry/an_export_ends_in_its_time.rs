//! The timeouts of processors and readers hold, which those of the SDK alone ignore.

use std::net::TcpListener;

use telecine::push::Kind;

use crate::support::{self, DEADLINE};

#[tokio::test]
async fn whichever_variable_is_the_shorter() {
    // It takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let long = "3600000";
    for (exporter, processor) in [(long, "100"), ("0", "100"), ("100", long), ("100", "0")] {
        let more = [
            ("OTEL_EXPORTER_OTLP_TIMEOUT", exporter),
            ("OTEL_BSP_EXPORT_TIMEOUT", processor),
            ("OTEL_BLRP_EXPORT_TIMEOUT", processor),
            ("OTEL_METRIC_EXPORT_TIMEOUT", processor),
            ("OTEL_BSP_SCHEDULE_DELAY", "10"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "10"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "10"),
        ];
        let telemetry = support::builder(&endpoint, &more).build().unwrap();
        tracing::dispatcher::with_default(&telemetry.dispatch().unwrap(), || {
            telemetry.work().job("one").start().success();
            tracing::info!("said");
        });
        for kind in Kind::ALL {
            let stats = || telemetry.exits().otlp().unwrap().counts(kind)[0].stats();
            let ended = telecine_parts::eventually("an export to end", async || (stats().exports > 0).then(stats));
            let stats = ended.await.unwrap();
            let said = stats.last_error.as_deref().is_some_and(|error| error.starts_with("no answer after 0."));
            assert!(said && stats.lost > 0 && stats.last_duration < DEADLINE, "{kind}: {stats:?}");
        }
        telemetry.shutdown(DEADLINE).await.unwrap_err();
    }
}
