//! An API of one's own.

use std::path::PathBuf;
use std::process::Command;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use telecine_parts::{Process, eventually};
use tempfile::TempDir;

use crate::example;

/// An API that runs, with directories that are thrown away with it.
pub(crate) struct Api {
    pub(crate) process: Process,
    client: Client,
    url: String,
    metrics: String,
    folders: Folders,
}

/// What the API and its workers read and write.
pub(crate) struct Folders {
    folder: TempDir,
}

impl Folders {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["media", "output", "scratch"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn media(&self) -> PathBuf {
        self.folder.path().join("media")
    }

    pub(crate) fn output(&self) -> PathBuf {
        self.folder.path().join("output")
    }

    /// The API, to be started: metrics are served, nothing is pushed.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.example("http_api");
        command.args(["--listen", "127.0.0.1:0", "--media"]).arg(self.media());
        command.arg("--output").arg(self.output());
        command.arg("--database").arg(self.folder.path().join("platform.sqlite"));
        command
    }

    /// A worker of the API's, likewise.
    pub(crate) fn worker(&self, api: &Api, name: &str) -> Command {
        let mut command = self.joined("media_worker", api, name);
        command.args(["--listen", "127.0.0.1:0"]);
        command
    }

    /// An example that takes the API's jobs.
    pub(crate) fn joined(&self, example: &str, api: &Api, name: &str) -> Command {
        let mut command = self.example(example);
        command.args(["--api", &api.url, "--name", name, "--media"]).arg(self.media());
        command.args(["--store", &format!("file://{}", self.output().display())]);
        command
    }

    fn example(&self, name: &str) -> Command {
        let mut command = Command::new(example::built(name));
        command
            .env("TMPDIR", self.folder.path().join("scratch"))
            .env("OTEL_METRICS_EXPORTER", "prometheus")
            .env("OTEL_TRACES_EXPORTER", "none")
            .env("OTEL_LOGS_EXPORTER", "none")
            .env("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
            .env_remove("RUST_LOG");
        command
    }
}

impl Api {
    pub(crate) async fn start() -> Self {
        let folders = Folders::new();
        let command = folders.command();
        Self::start_with(folders, command).await
    }

    pub(crate) async fn start_with(folders: Folders, command: Command) -> Self {
        let mut process = Process::start("http_api", command).unwrap();
        let line = process.until_says("the API is at").await.unwrap();
        let url = word(&line, |word| word.starts_with("http://127.0.0.1")).trim_end_matches('/').to_owned();
        let metrics = word(&process.output(), |word| word.ends_with("/metrics") && word.contains("127.0.0.1"));
        Self { process, client: telecine_parts::http(), url, metrics, folders }
    }

    pub(crate) fn folders(&self) -> &Folders {
        &self.folders
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request("GET", path).send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.request("POST", path).body(body.to_string()).send().await.unwrap()
    }

    /// What is answered to a request that must be served.
    pub(crate) async fn answer(&self, path: &str, body: &Value) -> Value {
        let response = self.post(path, body).await;
        assert!(response.status().is_success(), "{path}: {} {}", response.status(), response.text().await.unwrap());
        serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default()
    }

    /// Uploads a video, and returns what is known of it.
    pub(crate) async fn upload(&self, title: &str, bytes: Vec<u8>) -> Value {
        let request = self.request("POST", &format!("/videos?title={title}&name=film.mp4&seconds=0.05"));
        let response = request.body(bytes).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        response.json().await.unwrap()
    }

    /// Asks for a job that must be taken, and returns its id.
    pub(crate) async fn submit(&self, job_type: &str, input: &str) -> String {
        let answer = self.answer("/jobs", &json!({"type": job_type, "input": input})).await;
        answer["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn job(&self, id: &str) -> Value {
        self.get(&format!("/jobs/{id}")).await.json().await.unwrap()
    }

    /// Waits until a job is in a state, and returns it.
    pub(crate) async fn until(&self, id: &str, state: &str) -> Value {
        let what = format!("job {id} to be {state}");
        let job = eventually(&what, || async { Some(self.job(id).await).filter(|job| job["state"] == state) }).await;
        job.unwrap_or_else(|error| panic!("{error}\n{}", self.process.output()))
    }

    pub(crate) async fn page(&self) -> String {
        self.beside_metrics("/metrics").await.text().await.unwrap()
    }

    /// What the endpoint of the metrics answers.
    pub(crate) async fn beside_metrics(&self, path: &str) -> Response {
        self.client.get(self.metrics.replace("/metrics", path)).send().await.unwrap()
    }

    /// The sum of the series of a name that have these labels.
    pub(crate) async fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let page = self.page().await;
        let series = page.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        series
            .filter(|line| labels.iter().all(|label| line.contains(label)))
            .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
            .sum()
    }

    /// Waits until the sum of these series is what is wanted.
    pub(crate) async fn until_sum(&self, name: &str, labels: &[&str], is_so: impl Fn(f64) -> bool) {
        let what = format!("{name}{labels:?}");
        let result = eventually(&what, || async { is_so(self.sum(name, labels).await).then_some(()) }).await;
        if let Err(error) = result {
            panic!("{error}\n{}\n{}", self.page().await, self.process.output());
        }
    }
}

fn word(text: &str, is_it: impl Fn(&str) -> bool) -> String {
    let mut words = text.split(['"', ' ', ';', '\n']);
    words.find(|word| is_it(word)).unwrap_or_else(|| panic!("{text}")).to_owned()
}

/// A small clip: a second of picture and sound.
pub(crate) fn clip(path: &std::path::Path) -> Vec<u8> {
    let mut ffmpeg = Command::new(telecine_parts::binary("ffmpeg").unwrap());
    ffmpeg.args(["-v", "error", "-nostdin", "-y"]);
    ffmpeg.args(["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=1"]);
    ffmpeg.args(["-f", "lavfi", "-i", "sine=sample_rate=48000:duration=1", "-preset", "ultrafast"]);
    let output = ffmpeg.arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(path).unwrap()
}
