use telecine_parts::S3;

use crate::clips;
use crate::worker::{Folders, Worker};

#[tokio::test]
async fn outputs_go_to_s3() {
    let s3 = S3::start(&["renditions"]).await.unwrap();
    let folders = Folders::new();
    clips::small(&folders.media(), "film.mp4");
    let mut command = folders.command_with_store("s3://renditions/by/worker");
    command
        .env("AWS_ENDPOINT", s3.url())
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_REGION", S3::REGION)
        .env("AWS_ACCESS_KEY_ID", S3::ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", S3::SECRET_KEY);
    let worker = Worker::start_with(folders, command, &[]).await;
    let id = worker.submit("film.mp4", "transcode").await;
    let job = worker.until(&id, "done").await;
    assert_eq!(job["outcome"], "success", "{}", worker.process.output());
    for output in job["outputs"].as_array().unwrap() {
        let url = output["url"].as_str().unwrap();
        let key = url.strip_prefix("s3://renditions/").unwrap();
        assert!(key.starts_with(&format!("by/worker/jobs/{id}/")), "{key}");
        assert!(s3.file("renditions", key).is_file(), "{key}");
    }
    assert!(worker.sum("media_upload_duration_seconds_count", &["media_store=\"s3\""]).await >= 4.0);
    assert!(worker.sum("media_storage_attempts_total", &["media_store=\"s3\""]).await >= 4.0);
}
