use reqwest::StatusCode;
use serde_json::json;

use crate::clips;
use crate::worker::{Folders, Worker};

#[tokio::test]
async fn a_full_queue_says_when_to_come_back() {
    let folders = Folders::new();
    clips::endless(&folders.media(), "film.mp4");
    let worker = Worker::start(folders, &["--workers", "1", "--queue", "2"]).await;
    let running = worker.submit("film.mp4", "transcode").await;
    worker.until(&running, "running").await;
    let waiting = worker.submit("film.mp4", "transcode").await;
    worker.submit("film.mp4", "transcode").await;

    let response = worker.post(json!({"input": "film.mp4", "type": "transcode"})).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let after: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&after), "{after}");
    assert_eq!(worker.sum("media_job_created_total", &[]).await, 3.0);

    assert_eq!(worker.cancel(&waiting).await, StatusCode::NO_CONTENT);
    worker.submit("film.mp4", "transcode").await;
}
