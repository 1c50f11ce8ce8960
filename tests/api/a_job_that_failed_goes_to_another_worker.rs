use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_parts::{Process, eventually};

use crate::api::Api;

#[tokio::test]
async fn a_job_that_failed_goes_to_another_worker_with_what_is_known_of_it() {
    let api = Api::start().await;
    let id = api.submit("clip", "film.mp4").await;
    let claim = |worker: &'static str| json!({"worker": worker, "types": ["clip", "transcode"]});
    let first = api.answer("/worker/claim", &claim("one")).await;
    assert_eq!((&first["id"], &first["attempt"], &first["input"]), (&json!(id), &json!(1), &json!("film.mp4")));
    let nothing = api.post("/worker/claim", &claim("two")).await;
    assert_eq!(nothing.status(), StatusCode::NO_CONTENT);

    let mut context = first["context"].clone();
    context["job-attempts"] = json!("1");
    let failed = json!({"worker": "one", "outcome": "failure", "error_type": "network", "again": context});
    // The worker that has it not cannot end it.
    let other = json!({"worker": "two", "outcome": "success"});
    let refused = api.post(&format!("/worker/jobs/{id}/end"), &other).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    api.answer(&format!("/worker/jobs/{id}/end"), &failed).await;

    // A moment later.
    let again = || async {
        let answer = api.answer("/worker/claim", &claim("two")).await;
        answer["id"].is_string().then_some(answer)
    };
    let second: Value = eventually("the second attempt", again).await.unwrap();
    assert_eq!((&second["id"], &second["attempt"]), (&json!(id), &json!(2)));
    assert_eq!(second["context"]["job-attempts"], "1");
    api.answer(&format!("/worker/jobs/{id}/end"), &json!({"worker": "two", "outcome": "success"})).await;
    let job = api.job(&id).await;
    assert_eq!((&job["state"], &job["outcome"], &job["attempts"]), (&json!("done"), &json!("success"), &json!(2)));
    assert_eq!(api.sum("media_worker_jobs_total", &["\"one\"", "failure"]).await, 1.0);
    assert_eq!(api.sum("media_worker_jobs_total", &["\"two\"", "success"]).await, 1.0);
}

#[tokio::test]
async fn a_worker_that_is_told_to_end_gives_its_job_back() {
    let api = Api::start().await;
    // A pipe that nobody writes to: the job never ends.
    let pipe = api.folders().media().join("film.mp4");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut worker = Process::start("media_worker", api.folders().worker(&api, "encoder-7")).unwrap();
    let id = api.submit("transcode", "film.mp4").await;
    api.until(&id, "running").await;
    worker.until_says("the job starts").await.unwrap();
    api.until_sum("media_worker_active", &["busy"], |workers| workers == 1.0).await;
    // The second signal is not to wait for what runs.
    for signal in ["running jobs have", ""] {
        let kill = std::process::Command::new("kill").args(["-TERM", &worker.id().to_string()]).status().unwrap();
        assert!(kill.success());
        if !signal.is_empty() {
            worker.until_says(signal).await.unwrap();
        }
    }
    worker.until_ended().await.unwrap();
    let job = api.job(&id).await;
    assert_eq!((&job["state"], &job["outcome"]), (&json!("queued"), &Value::Null), "{}", worker.output());
    // It said goodbye.
    api.until_sum("media_worker_active", &[], |workers| workers == 0.0).await;
    api.until_sum("media_queue_size", &["\"transcode\""], |jobs| jobs == 1.0).await;
    // Nobody has it now: it can be cancelled, and that is its end.
    let cancelled = api.request("DELETE", &format!("/jobs/{id}")).send().await.unwrap();
    assert_eq!(cancelled.status(), StatusCode::NO_CONTENT);
    assert_eq!(api.sum("media_job_duration_seconds_count", &["transcode", "cancelled"]).await, 1.0);
}
