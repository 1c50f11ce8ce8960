use serde_json::json;
use telecine_parts::{Collector, Process, Received};

use crate::api::{Api, Folders, clip};
use crate::spans;

#[tokio::test]
async fn a_worker_that_vanishes_loses_its_job_to_another_whose_attempt_is_a_retry() {
    let collector = Collector::start().await.unwrap();
    let folders = Folders::new();
    let mut command = folders.command();
    // Twice the time between two heartbeats, and more.
    command.args(["--worker-timeout", "12"]);
    let api = Api::start_with(folders, command).await;
    let film = api.folders().media().join("film.mp4");
    // A pipe that nobody writes to: the first attempt never ends.
    assert!(std::process::Command::new("mkfifo").arg(&film).status().unwrap().success());
    let worker = |name: &str| {
        let command = spans::pushed(api.folders().worker(&api, name), &collector);
        Process::start("media_worker", command).unwrap()
    };
    let mut first = worker("one");
    let id = api.submit("thumbnail", "film.mp4").await;
    first.until_says("the job starts").await.unwrap();
    api.until_sum("media_worker_active", &["busy"], |workers| workers == 1.0).await;
    let trace = api.until(&id, "running").await["trace_id"].as_str().unwrap().to_owned();

    // As when the machine goes away.
    drop(first);
    std::fs::remove_file(&film).unwrap();
    clip(&film);
    let _second = worker("two");
    let job = api.until(&id, "done").await;
    assert_eq!((&job["outcome"], &job["worker"], &job["attempts"]), (&json!("success"), &json!("two"), &json!(2)));
    // A trace of its own, with a link to the first.
    let retry = job["trace_id"].as_str().unwrap();
    assert_ne!(retry, trace);
    let link = |received: &[serde_json::Value]| {
        let spans = spans::of_trace(received, retry);
        let (_, job) = spans.iter().find(|(_, span)| span["name"] == "job")?;
        Some(job["links"][0]["traceId"].as_str()?.to_owned())
    };
    let link = collector.until("the second attempt's span", Received::Traces, link).await.unwrap();
    assert_eq!(link, trace);
    // Nothing is shown any more of the one that went away.
    api.until_sum("media_worker_active", &[], |workers| workers == 1.0).await;
    assert!(!api.page().await.contains("media_worker_name=\"one\""));
}
