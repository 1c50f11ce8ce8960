use std::collections::BTreeSet;
use std::path::Path;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::clips;
use crate::worker::{Folders, Worker};

#[tokio::test]
async fn a_transcode_makes_renditions_a_package_and_a_thumbnail() {
    let folders = Folders::new();
    clips::of_size(&folders.media(), "film.mp4", "1280x720", 2);
    let worker = Worker::start(folders, &[]).await;
    assert_eq!(worker.get("/health").await.status(), StatusCode::OK);
    assert_eq!(worker.get("/ready").await.status(), StatusCode::OK);

    let response = worker.post(json!({"input": "film.mp4", "type": "transcode"})).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let accepted: Value = response.json().await.unwrap();
    assert_eq!(keys(&accepted), ["id", "trace_id"]);
    let id = accepted["id"].as_str().unwrap();
    let job = worker.until(id, "done").await;

    let all = [
        "attempts",
        "duration_seconds",
        "error_type",
        "id",
        "outcome",
        "outputs",
        "queue_seconds",
        "state",
        "trace_id",
    ];
    assert_eq!(keys(&job), all);
    assert_eq!((&job["outcome"], &job["error_type"], &job["attempts"]), (&json!("success"), &Value::Null, &json!(1)));
    assert_eq!(job["trace_id"], accepted["trace_id"]);
    assert!(job["queue_seconds"].as_f64().unwrap() >= 0.0 && job["duration_seconds"].as_f64().unwrap() > 0.0);

    let outputs = job["outputs"].as_array().unwrap();
    let renditions: BTreeSet<_> = outputs.iter().map(|output| output["rendition"].as_str().unwrap()).collect();
    assert_eq!(renditions, BTreeSet::from(["360p", "720p", "hls", "thumbnail"]));
    let mut bytes = 0;
    for output in outputs {
        assert_eq!(keys(output), ["bytes", "rendition", "url"]);
        let path = Path::new(output["url"].as_str().unwrap().strip_prefix("file://").unwrap());
        assert!(path.starts_with(worker.folders().store()), "{path:?}");
        let size = match output["rendition"].as_str().unwrap() {
            "360p" | "thumbnail" => "640,360",
            _ => "1280,720",
        };
        assert_eq!(clips::size_of(path), size, "{path:?}");
        let length = if output["rendition"] == "hls" {
            size_below(path.parent().unwrap())
        } else {
            path.metadata().unwrap().len()
        };
        assert_eq!(output["bytes"], length, "{path:?}");
        bytes += length;
    }

    let transcode = "media_job_type=\"transcode\"";
    assert_eq!(worker.sum("media_job_created_total", &[transcode]).await, 1.0);
    let success = "media_outcome=\"success\"";
    assert_eq!(worker.sum("media_job_duration_seconds_count", &[transcode, success]).await, 1.0);
    assert_eq!(worker.sum("media_transcode_duration_seconds_count", &[success]).await, 3.0);
    assert_eq!(worker.sum("media_transcode_frames_total", &["media_rendition=\"720p\""]).await, 50.0);
    assert_eq!(worker.sum("media_upload_io_bytes_total", &["media_store=\"file\""]).await, bytes as f64);
    assert_eq!(worker.sum("media_storage_io_bytes_total", &["media_store=\"file\""]).await, bytes as f64);
    worker.until_idle().await;
    worker.until_scratch_is_empty().await;

    let page = worker.metrics().await;
    for secret in
        [id, "film.mp4", "jobs/", worker.folders().media().to_str().unwrap(), job["trace_id"].as_str().unwrap()]
    {
        assert!(!page.contains(secret), "{secret} is on the page");
    }
}

#[tokio::test]
async fn a_clip_is_short_and_small_and_a_thumbnail_is_one_picture() {
    let folders = Folders::new();
    clips::of_size(&folders.media(), "portrait.mp4", "450x800", 7);
    let worker = Worker::start(folders, &[]).await;
    for job_type in ["clip", "thumbnail"] {
        let id = worker.submit("portrait.mp4", job_type).await;
        let job = worker.until(&id, "done").await;
        assert_eq!(job["outcome"], "success", "{}", worker.process.output());
        assert_eq!(job["outputs"].as_array().unwrap().len(), 1);
        assert_eq!(job["outputs"][0]["rendition"], job_type);
        let url = job["outputs"][0]["url"].as_str().unwrap();
        assert_eq!(clips::size_of(Path::new(url.strip_prefix("file://").unwrap())), "360,640");
    }
    assert_eq!(worker.sum("media_transcode_frames_total", &["media_rendition=\"clip\""]).await, 125.0);
    let recent: Value = worker.get("/jobs").await.json().await.unwrap();
    assert_eq!(recent.as_array().unwrap().len(), 2);
    assert_eq!(recent[0]["outputs"][0]["rendition"], "thumbnail");
}

#[tokio::test]
async fn an_empty_media_directory_is_filled_with_test_clips() {
    let worker = Worker::start(Folders::new(), &[]).await;
    let ready = || async { (worker.get("/ready").await.status() == StatusCode::OK).then_some(()) };
    telecine_parts::eventually("the clips to be made", ready).await.unwrap();
    assert_eq!(clips::size_of(&worker.folders().media().join("portrait.mp4")), "720,1280");
    assert_eq!(worker.sum("media_job_created_total", &[]).await, 0.0);
    let id = worker.submit("variable frame rate.mkv", "thumbnail").await;
    assert_eq!(worker.until(&id, "done").await["outcome"], "success");
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn size_below(folder: &Path) -> u64 {
    folder.read_dir().unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}
