//! A configuration file turns the worker's metrics into those that five platforms' dashboards ask for.
//!
//! `examples/profiles/metrics.json` lists those metrics, by the program that serves them. What the worker serves is
//! looked at here; what only a whole platform moves (`make platform`) is left to it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::clips;
use crate::worker::{Folders, Worker};

/// A metric that a platform's dashboards ask for.
#[derive(Deserialize)]
struct Wanted {
    name: String,
    r#type: String,
    labels: BTreeSet<String>,
    /// Upper bounds, without the infinite one; none if any will do.
    #[serde(default)]
    buckets: Vec<f64>,
    programs: Vec<String>,
}

/// A metric that is served.
#[derive(Default)]
struct Served {
    r#type: String,
    labels: BTreeSet<String>,
    buckets: BTreeSet<String>,
    /// The sum of the series, or of a histogram of its counts.
    number: f64,
}

/// Rows that need jobs which the worker alone does not do.
const OF_THE_PLATFORM: &[&str] = &["vlog_reencode_jobs_total"];

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
    command
        .env("OTEL_CONFIG_FILE", format!("{}/examples/profiles/{platform}.yaml", env!("CARGO_MANIFEST_DIR")))
        .env("PROMETHEUS_PORT", "0")
        // Nobody is there: what is scraped does not depend on it.
        .env("OTLP_ENDPOINT", format!("http://127.0.0.1:{}", telecine_parts::free_port().unwrap()));
    let worker = Worker::start_with(folders, command, &[]).await;
    for job_type in ["transcode", "clip"] {
        for input in ["good.mp4", "bad.mp4"] {
            let job = worker.submit(input, job_type).await;
            worker.until(&job, "done").await;
        }
    }

    let page = worker.metrics().await;
    let served = parse(&page);
    let wanted = wanted(platform);
    let here = wanted.iter().filter(|wanted| wanted.programs.iter().any(|program| program == "media_worker"));
    for wanted in here.filter(|wanted| !OF_THE_PLATFORM.contains(&wanted.name.as_str())) {
        let name = &wanted.name;
        let served = served.get(name).unwrap_or_else(|| panic!("{platform} has no {name}:\n{page}"));
        assert_eq!(served.r#type, wanted.r#type, "{name}");
        assert_eq!(served.labels, wanted.labels, "{name}");
        assert!(served.number > 0.0 || wanted.r#type == "gauge", "{name} has not moved:\n{page}");
        if !wanted.buckets.is_empty() {
            let bounds = wanted.buckets.iter().map(f64::to_string).chain(["+Inf".to_owned()]).collect();
            assert_eq!(served.buckets, bounds, "{name}");
        }
    }
    // Names that clash are found by a strict reader alone.
    let script = "import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print(' '.join(family.name for family in parse(sys.stdin.read())))";
    telecine_parts::python(script, worker.openmetrics().await.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
}

fn wanted(platform: &str) -> Vec<Wanted> {
    let list = include_str!("../../examples/profiles/metrics.json");
    let mut platforms: BTreeMap<String, Vec<Wanted>> = serde_json::from_str(list).unwrap();
    platforms.remove(platform).unwrap()
}

/// What a page of the text format 0.0.4 has. Label values of this test have neither commas nor quotes in them.
fn parse(page: &str) -> BTreeMap<String, Served> {
    let mut served = BTreeMap::<String, Served>::new();
    for line in page.lines() {
        if let Some((name, r#type)) = line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' ')) {
            served.entry(name.to_owned()).or_default().r#type = r#type.to_owned();
        }
    }
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.strip_suffix('}').and_then(|series| series.split_once('{')).unwrap_or((series, ""));
        let labels = labels.split("\",").filter_map(|label| label.split_once("=\""));
        let labels: BTreeMap<_, _> = labels.map(|(key, value)| (key, value.trim_end_matches('"'))).collect();
        let is_histogram = |name: &str| served.get(name).is_some_and(|served| served.r#type == "histogram");
        let part =
            ["_bucket", "_sum", "_count"].into_iter().find(|part| name.strip_suffix(part).is_some_and(is_histogram));
        let family = served.entry(name.strip_suffix(part.unwrap_or_default()).unwrap().to_owned()).or_default();
        family.labels.extend(labels.keys().filter(|key| **key != "le").map(|key| (*key).to_owned()));
        match part {
            Some("_bucket") => family.buckets.extend(labels.get("le").map(|bound| (*bound).to_owned())),
            Some("_sum") => {}
            _ => family.number += value.parse::<f64>().unwrap(),
        }
    }
    served
}
