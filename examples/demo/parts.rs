//! The programs that run: collector, Prometheus, worker. They keep their files below one folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use telecine_parts::{Collector, Process, Prometheus, port_or_free};

use crate::launch;

/// Prometheus keeps exemplars, and takes exponential histograms as native ones.
const PROMETHEUS: [&str; 2] =
    ["--enable-feature=exemplar-storage,native-histograms", "--storage.tsdb.retention.time=1d"];

const SCRAPE: &str = "scrape_interval: 1s\nscrape_timeout: 1s";

/// Metrics come every second for as long as the demo stays up.
const COLLECTOR: &str = "exporters: {file/metrics: {rotation: {max_megabytes: 64, max_backups: 1}}}";

/// Where everything is kept.
pub(crate) struct Folder {
    root: PathBuf,
}

/// What runs. It is ended by [`stop`](Self::stop), in order; dropping it kills what is left.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) worker: Option<Process>,
    pub(crate) prometheus: Option<Prometheus>,
    pub(crate) collector: Option<Collector>,
}

/// Where the worker listens.
pub(crate) struct Addresses {
    /// `127.0.0.1:8080`: takes jobs.
    pub(crate) jobs: String,
    /// `127.0.0.1:9464`: telecine's endpoint.
    pub(crate) metrics: String,
}

impl Folder {
    /// An empty folder in the current one.
    pub(crate) fn new() -> Result<Self> {
        let root = std::env::current_dir()?.join(".demo");
        launch::claim(&root, "demo")?;
        let folder = Self { root };
        std::fs::create_dir_all(folder.media())?;
        std::fs::create_dir_all(folder.store())?;
        Ok(folder)
    }

    /// The films, as the worker makes them.
    pub(crate) fn media(&self) -> PathBuf {
        self.root.join("media")
    }

    /// What the worker uploads.
    pub(crate) fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    /// The worker's log lines.
    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("worker.log")
    }

    /// What the collector received: `traces.jsonl`, `metrics.jsonl`, `logs.jsonl`.
    pub(crate) fn collector(&self) -> PathBuf {
        self.root.join("collector")
    }

    pub(crate) fn prometheus(&self) -> PathBuf {
        self.root.join("prometheus")
    }

    /// What the programs wrote to their logs.
    pub(crate) fn logs(&self) -> [PathBuf; 3] {
        [self.log(), self.prometheus().join("prometheus.log"), self.collector().join("collector.log")]
    }

    /// A path as people are shown it: from where they are.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(self.root.parent().unwrap_or(&self.root)).unwrap_or(path).display().to_string()
    }
}

impl Addresses {
    /// The usual ports, or others where these are taken.
    pub(crate) fn choose() -> Result<Self> {
        let address = |port| port_or_free(port).map(|port| format!("127.0.0.1:{port}"));
        Ok(Self { jobs: address(8080)?, metrics: address(9464)? })
    }
}

impl Parts {
    /// Starts the collector and Prometheus.
    pub(crate) async fn start_receivers(&mut self, folder: &Folder, addresses: &Addresses) -> Result<()> {
        let configuration = Prometheus::scrape(&[&addresses.metrics], SCRAPE);
        let (received, stored) = (folder.collector(), folder.prometheus());
        let (collector, prometheus) = tokio::try_join!(
            Collector::start_kept(&received, COLLECTOR),
            Prometheus::start_kept(&stored, &configuration, &PROMETHEUS),
        )?;
        self.collector = Some(collector);
        self.prometheus = Some(prometheus);
        Ok(())
    }

    /// Starts the worker. All that it is told of telemetry are OpenTelemetry's own variables.
    pub(crate) async fn start_worker(&mut self, folder: &Folder, addresses: &Addresses) -> Result<()> {
        let (host, port) = addresses.metrics.split_once(':').context("an address without a port")?;
        let collector = self.collector.as_ref().context("the worker is started after the collector")?;
        let mut command = launch::example("media_worker")?;
        command
            .args(["--listen", &addresses.jobs, "--workers", "2", "--media"])
            .arg(folder.media())
            .arg("--store")
            .arg(format!("file://{}", folder.store().display()))
            .env("RUST_LOG", "info,media_worker=debug")
            .env("OTEL_SERVICE_NAME", "media-worker")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", collector.http()))
            .env("OTEL_EXPORTER_PROMETHEUS_HOST", host)
            .env("OTEL_EXPORTER_PROMETHEUS_PORT", port)
            // Sooner than by default (60 s, 5 s, 1 s), since somebody is waiting.
            .env("OTEL_METRIC_EXPORT_INTERVAL", "1000")
            .env("OTEL_BSP_SCHEDULE_DELAY", "200")
            .env("OTEL_BLRP_SCHEDULE_DELAY", "200");
        let mut worker = Process::start_kept("media_worker", command, &folder.log())?;
        // It is ready when it has made its test films, since it finds none.
        let ready = worker.until_answers(&format!("http://{}/ready", addresses.jobs)).await;
        self.worker = Some(worker);
        ready?;
        Ok(())
    }

    /// Ends everything: first who sends, then those who receive.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        let worker = match self.worker.as_mut() {
            Some(worker) => worker.stop().await.map(Some),
            None => Ok(None),
        };
        let prometheus = match self.prometheus.as_mut() {
            Some(prometheus) => prometheus.stop().await,
            None => Ok(()),
        };
        let collector = match self.collector.as_mut() {
            Some(collector) => collector.stop().await,
            None => Ok(()),
        };
        if let Some(status) = worker? {
            ensure!(status.success(), "the worker ended with {status}");
        }
        Ok(prometheus.and(collector)?)
    }
}
