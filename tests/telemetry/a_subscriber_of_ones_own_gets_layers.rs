//! A program that owns its `tracing` subscriber adds telecine's layers to it.

use std::sync::{Arc, Mutex};

use telecine::Telemetry;
use telecine::logs::{Format, Writer};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::{self, DEADLINE};

#[tokio::test]
async fn spans_become_traces_and_lines_carry_their_ids() {
    let lines = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&lines);
    let mut collector = support::collector().await;
    let telemetry = support::builder(&format!("http://{}", collector.http()), &[("RUST_LOG", "warn")])
        .log_format(Format::Json)
        .log_writer(Writer::new(move |line| {
            log.lock().unwrap().push_str(&String::from_utf8_lossy(line));
            Ok(())
        }))
        .build()
        .unwrap();
    let subscriber =
        tracing_subscriber::registry().with(telemetry.layer().unwrap()).with(telemetry.log_layer().unwrap());
    tracing::subscriber::with_default(subscriber, || work(&telemetry));
    telemetry.shutdown(DEADLINE).await.unwrap();
    collector.stop().await.unwrap();

    let line: serde_json::Value = serde_json::from_str(lines.lock().unwrap().trim()).unwrap();
    assert_eq!((&line["message"], &line["job_id"]), (&"slow".into(), &"a1b2".into()));
    let trace = line["trace_id"].as_str().unwrap();
    // `RUST_LOG=warn` is for lines: spans of level info are traced all the same.
    let traces = collector.received(telecine_parts::Received::Traces).unwrap();
    assert!(traces.iter().any(|request| request.to_string().contains(trace)), "{trace} not in {traces:?}");
}

fn work(telemetry: &Telemetry) {
    let attempt = telemetry.work().job("transcode").id("a1b2").start();
    attempt.in_scope(|| {
        tracing::info!("not logged");
        tracing::warn!("slow");
    });
    attempt.success();
}

#[test]
fn a_directive_that_cannot_be_read_is_reported_and_ignored() {
    let more = [("RUST_LOG", "info,foo=nonsense"), ("OTEL_METRICS_EXPORTER", "none")];
    let telemetry = support::builder("http://127.0.0.1:9", &more).build().unwrap();
    let ignored: Vec<_> = telemetry.ignored().iter().map(ToString::to_string).collect();
    assert!(
        ignored.len() == 1 && ignored[0].contains("RUST_LOG") && ignored[0].contains("foo=nonsense"),
        "{ignored:?}"
    );
    telemetry.dispatch().unwrap();
}
