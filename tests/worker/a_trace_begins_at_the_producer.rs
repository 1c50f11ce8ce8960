use std::collections::HashMap;

use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_parts::{Collector, Received, eventually};

use crate::clips;
use crate::worker::{Folders, Worker};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PRODUCER: &str = "00f067aa0ba902b7";

async fn worker_with(collector: &Collector, clip: fn(&std::path::Path, &str) -> std::path::PathBuf) -> Worker {
    let folders = Folders::new();
    clip(&folders.media(), "film.mp4");
    let mut command = folders.command();
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", collector.http()))
        .env("OTEL_TRACES_EXPORTER", "otlp")
        .env("OTEL_LOGS_EXPORTER", "otlp")
        .env("OTEL_BSP_SCHEDULE_DELAY", "100")
        .env("OTEL_BLRP_SCHEDULE_DELAY", "100");
    Worker::start_with(folders, command, &["--workers", "1"]).await
}

#[tokio::test]
async fn a_trace_begins_at_the_producer() {
    let collector = Collector::start().await.unwrap();
    let worker = worker_with(&collector, clips::small).await;
    let request = worker.request("POST", "/jobs").header("traceparent", format!("00-{TRACE}-{PRODUCER}-01"));
    let response = request.body(json!({"input": "film.mp4", "type": "transcode"}).to_string()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let accepted: Value = response.json().await.unwrap();
    assert_eq!(accepted["trace_id"], TRACE);
    let id = accepted["id"].as_str().unwrap();
    assert_eq!(worker.until(id, "done").await["trace_id"], TRACE);

    let is_whole = |received: &[Value]| {
        let spans = spans_of(received, TRACE);
        spans.iter().any(|span| span["name"] == "job").then_some(spans)
    };
    let spans = collector.until("the job's span", Received::Traces, is_whole).await.unwrap();
    let by_id: HashMap<_, _> = spans.iter().map(|span| (span["spanId"].as_str().unwrap(), span)).collect();
    let path = |span: &Value| {
        let mut names = vec![span["name"].as_str().unwrap()];
        let mut parent = span["parentSpanId"].as_str().unwrap();
        while let Some(span) = by_id.get(parent) {
            names.insert(0, span["name"].as_str().unwrap());
            parent = span["parentSpanId"].as_str().unwrap();
        }
        assert_eq!(parent, PRODUCER);
        names.join(" > ")
    };
    let paths: Vec<_> = spans.iter().map(path).collect();
    for expected in [
        "POST /jobs",
        "POST /jobs > job",
        "POST /jobs > job > stage",
        "POST /jobs > job > stage > transcode",
        "POST /jobs > job > stage > package",
        "POST /jobs > job > stage > upload",
    ] {
        assert!(paths.iter().any(|path| path == expected), "{expected} is not among {paths:#?}");
    }

    let has_log = |received: &[Value]| {
        let text = received.iter().map(Value::to_string).collect::<String>();
        (text.contains("the job is over") && text.contains(TRACE)).then_some(())
    };
    collector.until("a log record of the trace", Received::Logs, has_log).await.unwrap();
    let output = worker.process.output();
    let line = output.lines().find(|line| line.contains("the job is over")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["trace_id"], &line["job_id"], &line["outcome"]), (&json!(TRACE), &json!(id), &json!("success")));
    assert!(line["duration_ms"].is_u64());
}

#[tokio::test]
async fn a_header_that_is_not_well_formed_is_no_parent() {
    let folders = Folders::new();
    clips::small(&folders.media(), "film.mp4");
    let worker = Worker::start(folders, &[]).await;
    for header in ["nonsense", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
        let request = worker.request("POST", "/jobs").header("traceparent", header);
        let response = request.body(r#"{"input": "film.mp4", "type": "thumbnail"}"#).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        let trace_id = response.json::<Value>().await.unwrap()["trace_id"].as_str().unwrap().to_owned();
        assert_eq!(trace_id.len(), 32);
        assert_ne!(trace_id, "0".repeat(32));
    }
}

#[tokio::test]
async fn a_retry_is_a_new_trace_that_is_linked_to_the_first() {
    let collector = Collector::start().await.unwrap();
    let worker = worker_with(&collector, clips::endless).await;
    let id = worker.submit("film.mp4", "transcode").await;
    let first = worker.until(&id, "running").await["trace_id"].as_str().unwrap().to_owned();

    // As the system does when memory runs out.
    let ffmpeg = worker.until_transcoding().await;
    assert!(std::process::Command::new("kill").args(["-9", &ffmpeg.to_string()]).status().unwrap().success());

    let retried = || async { Some(worker.job(&id).await).filter(|job| job["attempts"] == 2) };
    let job = eventually("the second attempt", retried).await.unwrap();
    let second = job["trace_id"].as_str().unwrap().to_owned();
    assert_ne!(second, first);
    assert_eq!(worker.sum("media_job_retries_total", &[]).await, 1.0);
    worker.cancel(&id).await;
    assert_eq!(worker.until(&id, "done").await["outcome"], "cancelled");

    let link = |received: &[Value]| {
        let job = spans_of(received, &second).into_iter().find(|span| span["name"] == "job")?;
        Some(job["links"][0]["traceId"].as_str()?.to_owned())
    };
    let link = collector.until("the second attempt's span", Received::Traces, link).await.unwrap();
    assert_eq!(link, first);
}

/// The spans of a trace in what a collector got.
fn spans_of(received: &[Value], trace: &str) -> Vec<Value> {
    let each = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    received
        .iter()
        .flat_map(|request| each(request, "resourceSpans"))
        .flat_map(|resource| each(&resource, "scopeSpans"))
        .flat_map(|scope| each(&scope, "spans"))
        .filter(|span| span["traceId"] == trace)
        .collect()
}
