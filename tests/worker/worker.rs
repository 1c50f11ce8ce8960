//! A worker of one's own.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use telecine_parts::{Process, eventually};
use tempfile::TempDir;

use crate::example;

/// A worker that runs, with a media directory, a store and a scratch directory that are thrown away with it.
pub(crate) struct Worker {
    pub(crate) process: Process,
    client: Client,
    api: String,
    metrics: String,
    folders: Folders,
}

/// What the worker reads and writes.
pub(crate) struct Folders {
    folder: TempDir,
}

impl Folders {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["media", "store", "scratch"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn media(&self) -> PathBuf {
        self.folder.path().join("media")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        self.folder.path().join("scratch")
    }

    /// The worker, to be started: metrics are served, nothing is pushed.
    pub(crate) fn command(&self) -> Command {
        self.command_with_store(&format!("file://{}", self.store().display()))
    }

    pub(crate) fn command_with_store(&self, url: &str) -> Command {
        let mut command = Command::new(example::built("media_worker"));
        command
            .env("TMPDIR", self.scratch())
            .env("OTEL_METRICS_EXPORTER", "prometheus")
            .env("OTEL_TRACES_EXPORTER", "none")
            .env("OTEL_LOGS_EXPORTER", "none")
            .env("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
            .env_remove("RUST_LOG")
            .args(["--store", url]);
        command
    }
}

impl Worker {
    /// Starts one that waits for jobs.
    pub(crate) async fn start(folders: Folders, more: &[&str]) -> Self {
        let command = folders.command();
        Self::start_with(folders, command, more).await
    }

    pub(crate) async fn start_with(folders: Folders, mut command: Command, more: &[&str]) -> Self {
        command.args(["--listen", "127.0.0.1:0", "--media"]).arg(folders.media()).args(more);
        let mut process = Process::start("media_worker", command).unwrap();
        let line = process.until_says("jobs are taken at").await.unwrap();
        let api = between(&line, "jobs are taken at ", "/jobs").to_owned();
        let output = process.output();
        let metrics =
            output.split(['"', ' ', ';']).find(|word| word.ends_with("/metrics") && word.contains("127.0.0.1"));
        let metrics = metrics.unwrap().to_owned();
        Self { process, client: telecine_parts::http(), api, metrics, folders }
    }

    pub(crate) fn folders(&self) -> &Folders {
        &self.folders
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("{}{path}", self.api))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request("GET", path).send().await.unwrap()
    }

    pub(crate) async fn post(&self, body: impl ToString) -> Response {
        self.request("POST", "/jobs").body(body.to_string()).send().await.unwrap()
    }

    /// Asks for a job that must be taken, and returns its id.
    pub(crate) async fn submit(&self, input: &str, job_type: &str) -> String {
        let response = self.post(json!({"input": input, "type": job_type})).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        let answer: Value = response.json().await.unwrap();
        answer["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn job(&self, id: &str) -> Value {
        self.get(&format!("/jobs/{id}")).await.json().await.unwrap()
    }

    pub(crate) async fn cancel(&self, id: &str) -> StatusCode {
        self.request("DELETE", &format!("/jobs/{id}")).send().await.unwrap().status()
    }

    /// Waits until a job is in a state, and returns it.
    pub(crate) async fn until(&self, id: &str, state: &str) -> Value {
        let what = format!("job {id} to be {state}");
        let job = eventually(&what, || async { Some(self.job(id).await).filter(|job| job["state"] == state) }).await;
        job.unwrap_or_else(|error| panic!("{error}\n{}", self.process.output()))
    }

    /// Waits until the worker has started an ffmpeg, and returns its process id.
    async fn until_ffmpeg(&self) -> i32 {
        eventually("ffmpeg to run", || async { self.ffmpegs().first().copied() }).await.unwrap()
    }

    /// Waits until the worker transcodes, and returns ffmpeg's process id.
    pub(crate) async fn until_transcoding(&self) -> i32 {
        let transcoding = || async { (self.sum("media_transcode_active", &[]).await == 1.0).then_some(()) };
        eventually("a transcode to run", transcoding).await.unwrap();
        self.until_ffmpeg().await
    }

    /// Waits until no ffmpeg is left, and no zombie of one.
    pub(crate) async fn until_no_ffmpeg(&self) {
        eventually("ffmpeg to be gone", || async { self.ffmpegs().is_empty().then_some(()) }).await.unwrap();
    }

    fn ffmpegs(&self) -> Vec<i32> {
        ffmpegs_of(self.process.id())
    }

    pub(crate) async fn metrics(&self) -> String {
        self.client.get(&self.metrics).send().await.unwrap().text().await.unwrap()
    }

    /// The page as Prometheus asks for it.
    pub(crate) async fn openmetrics(&self) -> String {
        let request = self.client.get(&self.metrics).header("accept", "application/openmetrics-text;version=1.0.0");
        request.send().await.unwrap().text().await.unwrap()
    }

    /// The sum of the series of a name that have these labels.
    pub(crate) async fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let page = self.metrics().await;
        let series = page.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        series
            .filter(|line| labels.iter().all(|label| line.contains(label)))
            .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
            .sum()
    }

    /// Waits until nothing is in flight.
    pub(crate) async fn until_idle(&self) {
        const IN_FLIGHT: [&str; 4] =
            ["media_job_active", "media_transcode_active", "media_upload_active", "media_upload_pending"];
        let idle = || async {
            let mut sum = 0.0;
            for name in IN_FLIGHT {
                sum += self.sum(name, &[]).await;
            }
            (sum == 0.0).then_some(())
        };
        eventually("gauges at zero", idle).await.unwrap();
    }

    /// Waits until no job has left anything in the scratch directory.
    pub(crate) async fn until_scratch_is_empty(&self) {
        let files = || async { (files_below(&self.folders.scratch()) == 0).then_some(()) };
        eventually("scratch to be removed", files).await.unwrap();
    }
}

fn files_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { files_below(&entry.path()) } else { 1 }).sum()
}

/// The ffmpegs and ffprobes that are children of a process.
fn ffmpegs_of(parent: u32) -> Vec<i32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let is_ours = |stat: &str| {
        // pid (comm) state ppid …
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let ppid: u32 = rest.split_whitespace().nth(1)?.parse().ok()?;
        (ppid == parent && name.starts_with("ff")).then_some(())
    };
    processes
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            is_ours(&std::fs::read_to_string(entry.path().join("stat")).ok()?)?;
            Some(pid)
        })
        .collect()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap();
    rest.split_once(end).unwrap().0
}
