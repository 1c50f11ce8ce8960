use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::clips;
use crate::worker::{Folders, Worker};

#[tokio::test]
async fn a_cancelled_job_leaves_nothing_behind() {
    let folders = Folders::new();
    clips::endless(&folders.media(), "film.mp4");
    let worker = Worker::start(folders, &["--workers", "1"]).await;
    let running = worker.submit("film.mp4", "transcode").await;
    let waiting = worker.submit("film.mp4", "transcode").await;
    worker.until_transcoding().await;
    assert_eq!(worker.sum("media_job_active", &[]).await, 1.0);
    let job = worker.job(&waiting).await;
    assert_eq!(
        (&job["state"], &job["outcome"], &job["duration_seconds"]),
        (&json!("queued"), &Value::Null, &Value::Null)
    );

    assert_eq!(worker.cancel(&waiting).await, StatusCode::NO_CONTENT);
    let job = worker.job(&waiting).await;
    assert_eq!((&job["state"], &job["outcome"], &job["attempts"]), (&json!("done"), &json!("cancelled"), &json!(0)));

    assert_eq!(worker.cancel(&running).await, StatusCode::ACCEPTED);
    let job = worker.until(&running, "done").await;
    assert_eq!((&job["outcome"], &job["error_type"]), (&json!("cancelled"), &Value::Null));
    assert_eq!(worker.cancel(&running).await, StatusCode::NO_CONTENT);

    worker.until_no_ffmpeg().await;
    worker.until_idle().await;
    worker.until_scratch_is_empty().await;
    let cancelled = "media_outcome=\"cancelled\"";
    assert_eq!(worker.sum("media_job_duration_seconds_count", &[cancelled]).await, 2.0);
    assert_eq!(worker.sum("media_transcode_duration_seconds_count", &[cancelled]).await, 1.0);
    assert_eq!(std::fs::read_dir(worker.folders().store()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_job_that_is_over_cannot_be_cancelled() {
    let folders = Folders::new();
    clips::small(&folders.media(), "film.mp4");
    let worker = Worker::start(folders, &[]).await;
    let id = worker.submit("film.mp4", "thumbnail").await;
    worker.until(&id, "done").await;
    assert_eq!(worker.cancel(&id).await, StatusCode::CONFLICT);
    assert_eq!(worker.job(&id).await["outcome"], "success");
}
