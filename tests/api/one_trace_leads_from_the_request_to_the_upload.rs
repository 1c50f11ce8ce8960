use std::collections::HashMap;

use serde_json::{Value, json};
use telecine_parts::{Collector, Process, Received};

use crate::api::{Api, Folders, clip};
use crate::spans;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const ASKER: &str = "00f067aa0ba902b7";

#[tokio::test]
async fn one_trace_leads_from_the_request_through_the_queue_to_the_upload() {
    let collector = Collector::start().await.unwrap();
    let pushes = |command| spans::pushed(command, &collector);
    let folders = Folders::new();
    let command = pushes(folders.command());
    let api = Api::start_with(folders, command).await;
    let mut worker = Process::start("media_worker", pushes(api.folders().worker(&api, "encoder-7"))).unwrap();
    worker.until_says("jobs are taken at").await.unwrap();

    let video = api.upload("Film", clip(&api.folders().media().join("film.mp4"))).await;
    let request = api.request("POST", "/jobs").header("traceparent", format!("00-{TRACE}-{ASKER}-01"));
    let job = json!({"type": "transcode", "input": video["file"], "tenant": "acme"});
    let accepted: Value = request.body(job.to_string()).send().await.unwrap().json().await.unwrap();
    assert_eq!(accepted["trace_id"], TRACE);
    let id = accepted["id"].as_str().unwrap();
    let job = api.until(id, "done").await;
    assert_eq!((&job["outcome"], &job["worker"]), (&json!("success"), &json!("encoder-7")), "{}", worker.output());
    assert_eq!((&job["trace_id"], &job["attempts"]), (&json!(TRACE), &json!(1)));

    // What it wrote is streamed, and counted.
    let outputs = job["outputs"].as_array().unwrap();
    let playlist = outputs.iter().find(|output| output["path"].as_str().unwrap().ends_with("index.m3u8")).unwrap();
    let response = api.get(&format!("/media/{}", playlist["path"].as_str().unwrap())).await;
    assert_eq!(response.headers()["content-type"], "application/vnd.apple.mpegurl");
    assert!(response.text().await.unwrap().starts_with("#EXTM3U"));
    let bytes = outputs.iter().map(|output| output["bytes"].as_f64().unwrap()).sum::<f64>();
    api.until_sum("media_storage_usage_bytes", &["media_tenant=\"acme\""], |usage| usage == bytes).await;
    assert_eq!(api.sum("media_worker_jobs_total", &["encoder-7", "success"]).await, 1.0);
    assert_eq!(
        api.get(&format!("/videos/{}", video["id"].as_str().unwrap())).await.json::<Value>().await.unwrap()["status"],
        "ready"
    );

    // A job that waited in a process of its own is counted once, by the one that took it.
    assert_eq!(api.sum("media_job_created_total", &["transcode"]).await, 1.0);
    assert_eq!(api.sum("media_job_duration_seconds_count", &["transcode"]).await, 0.0);

    let is_whole = |received: &[Value]| {
        let spans = spans::of_trace(received, TRACE);
        let has = |service: &str, name: &str| spans.iter().any(|(of, span)| of == service && span["name"] == name);
        (has("media-worker", "job") && has("http-api", "POST /worker/jobs/{id}/end")).then_some(spans)
    };
    let spans = collector.until("the trace", Received::Traces, is_whole).await.unwrap();
    let by_id: HashMap<_, _> = spans.iter().map(|(of, span)| (span["spanId"].as_str().unwrap(), (of, span))).collect();
    let path = |(of, span): &(String, Value)| {
        let mut names = vec![format!("{of} {}", span["name"].as_str().unwrap())];
        let mut parent = span["parentSpanId"].as_str().unwrap();
        while let Some((of, span)) = by_id.get(parent) {
            names.insert(0, format!("{of} {}", span["name"].as_str().unwrap()));
            parent = span["parentSpanId"].as_str().unwrap();
        }
        assert_eq!(parent, ASKER);
        names.join(" > ")
    };
    let paths: Vec<_> = spans.iter().map(path).collect();
    for expected in [
        "http-api POST /jobs",
        "http-api POST /jobs > http-api INSERT jobs",
        "http-api POST /jobs > media-worker job",
        "http-api POST /jobs > media-worker job > media-worker stage > media-worker transcode",
        "http-api POST /jobs > media-worker job > media-worker stage > media-worker upload",
        "http-api POST /jobs > media-worker job > media-worker POST /worker/jobs/{id}/end > \
         http-api POST /worker/jobs/{id}/end > http-api UPDATE jobs",
    ] {
        assert!(paths.iter().any(|path| path == expected), "{expected} is not among {paths:#?}");
    }
}
