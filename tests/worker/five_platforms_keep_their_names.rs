//! A configuration file turns the worker's metrics into those that five platforms' dashboards ask for.
//!
//! `examples/profiles/metrics.json` lists those metrics, by the program that serves them. What the worker serves is
//! looked at here.

use crate::clips;
use crate::profile;
use crate::worker::{Folders, Worker};

#[tokio::test]
async fn vlog() {
    serves("vlog").await;
}

#[tokio::test]
async fn clip() {
    serves("clip").await;
}

#[tokio::test]
async fn transcode_flow() {
    serves("transcode-flow").await;
}

#[tokio::test]
async fn roboflow() {
    serves("roboflow").await;
}

async fn serves(platform: &str) {
    let folders = Folders::new();
    clips::small(&folders.media(), "good.mp4");
    clips::truncated(&folders.media(), "bad.mp4");
    let mut command = folders.command();
    profile::set(&mut command, platform);
    let worker = Worker::start_with(folders, command, &[]).await;
    for job_type in ["transcode", "reencode", "clip"] {
        for input in ["good.mp4", "bad.mp4"] {
            let job = worker.submit(input, job_type).await;
            worker.until(&job, "done").await;
        }
    }

    let page = worker.metrics().await;
    profile::holds(platform, "media_worker", &page, &[]);
    // Names that clash are found by a strict reader alone.
    let script = "import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print(' '.join(family.name for family in parse(sys.stdin.read())))";
    telecine_parts::python(script, worker.openmetrics().await.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
}
