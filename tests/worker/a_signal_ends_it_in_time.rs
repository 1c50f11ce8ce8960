use std::path::Path;
use std::time::{Duration, Instant};

use telecine_parts::eventually;

use crate::clips;
use crate::worker::{Folders, Worker};

#[tokio::test]
async fn an_idle_worker_ends_at_once() {
    let folders = Folders::new();
    clips::small(&folders.media(), "film.mp4");
    let mut worker = Worker::start(folders, &[]).await;
    let started = Instant::now();
    assert!(worker.process.stop().await.unwrap().success());
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_running_job_does_not_hold_it_up() {
    let folders = Folders::new();
    clips::endless(&folders.media(), "film.mp4");
    let mut worker = Worker::start(folders, &["--workers", "1"]).await;
    worker.submit("film.mp4", "transcode").await;
    worker.submit("film.mp4", "transcode").await;
    let ffmpeg = Path::new("/proc").join(worker.until_transcoding().await.to_string());
    let started = Instant::now();
    assert!(worker.process.stop().await.unwrap().success(), "{}", worker.process.output());
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    let gone = || async { (!ffmpeg.exists()).then_some(()) };
    eventually("ffmpeg to be gone", gone).await.unwrap();
    let output = worker.process.output();
    let over = output.lines().filter(|line| line.contains("\"outcome\":\"cancelled\"")).count();
    assert_eq!(over, 2, "{output}");
    worker.until_scratch_is_empty().await;
}
