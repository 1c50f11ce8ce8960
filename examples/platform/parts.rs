//! What runs: the receivers, what the programs need, and the programs.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use telecine_parts::{Collector, Process, Prometheus, Redis, S3, port_or_free};

use crate::{Options, launch};

/// Prometheus keeps exemplars, and takes exponential histograms as native ones.
const PROMETHEUS: [&str; 2] =
    ["--enable-feature=exemplar-storage,native-histograms", "--storage.tsdb.retention.time=1d"];

/// It all comes for as long as the platform stays up.
const COLLECTOR: &str = "exporters:
  file/metrics: {rotation: {max_megabytes: 64, max_backups: 1}}
  file/traces: {rotation: {max_megabytes: 64, max_backups: 1}}
  file/logs: {rotation: {max_megabytes: 64, max_backups: 1}}
";

/// The bucket of the converter's videos.
const BUCKET: &str = "robots";
/// More requests than this at once are asked to come back later.
const S3_REQUESTS: usize = 1;

/// The programs: the example, and what it calls itself in telemetry.
pub(crate) const PROGRAMS: [(&str, &str); 4] = [
    ("http_api", "http-api"),
    ("media_worker", "media-worker"),
    ("transcriber", "transcriber"),
    ("converter", "converter"),
];

/// How long a program may take to end by itself, before it is asked again to cancel what it does.
const GRACE: Duration = Duration::from_secs(1);

/// Where everything is kept.
pub(crate) struct Folder {
    root: PathBuf,
}

/// What runs. It is ended by [`stop`](Self::stop), in order; dropping it kills what is left.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) programs: Vec<Program>,
    pub(crate) prometheus: Option<Prometheus>,
    pub(crate) collector: Option<Collector>,
    s3: Option<S3>,
    /// The driver kills it now and then.
    pub(crate) redis: Option<std::sync::Arc<tokio::sync::Mutex<Redis>>>,
    redis_port: u16,
    addresses: BTreeMap<&'static str, Addresses>,
}

/// A program that runs.
pub(crate) struct Program {
    /// The example.
    pub(crate) name: &'static str,
    pub(crate) service: &'static str,
    pub(crate) addresses: Addresses,
    pub(crate) process: Process,
}

/// Where a program listens: `127.0.0.1:9464`.
#[derive(Clone, Default)]
pub(crate) struct Addresses {
    pub(crate) metrics: String,
    /// Of those that are asked something.
    pub(crate) requests: Option<String>,
}

impl Folder {
    /// The folder of a run, empty where an earlier run wrote.
    pub(crate) fn new(below: &Path, profile: Option<&str>) -> Result<Self> {
        let below = std::path::absolute(below)?;
        let root = profile.map_or_else(|| below.clone(), |profile| below.join(profile));
        let folder = Self { root };
        launch::claim(&folder.run(), "platform")?;
        for (program, _) in PROGRAMS {
            remove(&folder.page(program))?;
        }
        remove(&folder.endpoints())?;
        for folder in [folder.media(), folder.films(), folder.outputs()] {
            std::fs::create_dir_all(folder)?;
        }
        Ok(folder)
    }

    fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// Where inputs lie.
    pub(crate) fn media(&self) -> PathBuf {
        self.run().join("media")
    }

    /// What is uploaded.
    pub(crate) fn films(&self) -> PathBuf {
        self.run().join("films")
    }

    /// What the workers write.
    pub(crate) fn outputs(&self) -> PathBuf {
        self.run().join("outputs")
    }

    pub(crate) fn collector(&self) -> PathBuf {
        self.run().join("collector")
    }

    fn prometheus(&self) -> PathBuf {
        self.run().join("prometheus")
    }

    /// A program's log lines.
    pub(crate) fn log(&self, program: &str) -> PathBuf {
        self.run().join(format!("{program}.log"))
    }

    /// What a program served last.
    pub(crate) fn page(&self, program: &str) -> PathBuf {
        self.root.join(format!("{program}.prom"))
    }

    pub(crate) fn endpoints(&self) -> PathBuf {
        self.root.join("endpoints.json")
    }

    /// What everything that runs wrote to its log.
    pub(crate) fn logs(&self) -> Vec<PathBuf> {
        let programs = PROGRAMS.map(|(program, _)| self.log(program));
        let receivers = [self.prometheus().join("prometheus.log"), self.collector().join("collector.log")];
        programs.into_iter().chain(receivers).collect()
    }

    /// A path as people are shown it: from where they are.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let here = std::env::current_dir().unwrap_or_default();
        path.strip_prefix(here).unwrap_or(path).display().to_string()
    }
}

impl Addresses {
    /// What Prometheus scrapes.
    pub(crate) fn page(&self) -> String {
        format!("http://{}/metrics", self.metrics)
    }
}

impl Parts {
    /// Starts all that the programs need, and Prometheus, which finds them where they will be.
    pub(crate) async fn start_receivers(&mut self, folder: &Folder, options: &Options) -> Result<()> {
        let address = |port| port_or_free(port).map(|port| format!("127.0.0.1:{port}"));
        for ((program, _), port) in PROGRAMS.into_iter().zip(9464..) {
            let requests = match program {
                "http_api" => Some(address(8000)?),
                "media_worker" => Some(address(8080)?),
                _ => None,
            };
            self.addresses.insert(program, Addresses { metrics: address(port)?, requests });
        }
        let configuration = self.scrape(&options.rules)?;
        let (received, stored) = (folder.collector(), folder.prometheus());
        let (collector, prometheus, redis, s3) = tokio::try_join!(
            Collector::start_kept(&received, COLLECTOR),
            Prometheus::start_kept(&stored, &configuration, &PROMETHEUS),
            Redis::start(),
            S3::start_busy(&[BUCKET], S3_REQUESTS),
        )?;
        self.collector = Some(collector);
        self.prometheus = Some(prometheus);
        self.redis_port = redis.port();
        self.redis = Some(std::sync::Arc::new(tokio::sync::Mutex::new(redis)));
        self.s3 = Some(s3);
        Ok(())
    }

    /// Each program is a job of its own, named as it names itself.
    fn scrape(&self, rules: &[PathBuf]) -> Result<String> {
        let mut text = "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n".to_owned();
        if !rules.is_empty() {
            text.push_str("rule_files:\n");
        }
        for rule in rules {
            let file = rule.canonicalize().with_context(|| format!("--rules {}", rule.display()))?;
            writeln!(text, "- '{}'", file.display())?;
        }
        text.push_str("scrape_configs:\n");
        for (program, service) in PROGRAMS {
            let target = &self.addresses[program].metrics;
            writeln!(text, "- {{job_name: {service}, static_configs: [{{targets: ['{target}']}}]}}")?;
        }
        Ok(text)
    }

    /// Starts the programs. All that they are told of telemetry are OpenTelemetry's own variables, or the profile's.
    pub(crate) async fn start_programs(&mut self, folder: &Folder, options: &Options) -> Result<()> {
        // The API first: the others ask it for work.
        for (name, service) in PROGRAMS {
            let process = self.start(name, service, folder, options)?;
            let addresses = self.addresses[name].clone();
            self.programs.push(Program { name, service, addresses, process });
            if name == "http_api" {
                self.until_ready().await?;
            }
        }
        self.until_ready().await
    }

    /// A program is ready when its endpoint answers, which knows of the program's own readiness.
    async fn until_ready(&mut self) -> Result<()> {
        for program in &mut self.programs {
            program.process.until_answers(&format!("http://{}/ready", program.addresses.metrics)).await?;
        }
        Ok(())
    }

    fn start(&self, name: &'static str, service: &str, folder: &Folder, options: &Options) -> Result<Process> {
        let collector = self.collector.as_ref().context("the programs are started after the collector")?;
        let s3 = self.s3.as_ref().context("the programs are started after the S3 server")?;
        let collector = format!("http://{}", collector.http());
        let Addresses { metrics, requests } = &self.addresses[name];
        let (host, port) = metrics.split_once(':').context("an address without a port")?;
        let api = format!("http://{}", self.api());
        let file = format!("file://{}", folder.outputs().display());

        let mut command = launch::example(name)?;
        command.arg("--media").arg(folder.media());
        command.args(requests.iter().flat_map(|address| ["--listen", address]));
        match name {
            "http_api" => {
                command.arg("--output").arg(folder.outputs());
                command.arg("--database").arg(folder.run().join("platform.sqlite"));
                command.arg(format!("--redis=redis://127.0.0.1:{}/0", self.redis_port));
                // Sooner than by default, since somebody is waiting.
                command.args(["--reconcile-every", "10", "--worker-timeout", "30", "--player-timeout", "10"]);
                command.args(["--tenant", "demo=10737418240", "--tenant", "acme=53687091200", "--tenant", "tiny=1"]);
            }
            "media_worker" => {
                command.args(["--api", &api, "--name", "encoder-1", "--workers", "2", "--store", &file]);
            }
            "transcriber" => {
                command.args(["--api", &api, "--name", "ears-1", "--make", "--store", &file]);
                // Heeded where it is built with the feature `gpu`.
                command.env("GPU_RECORDING", concat!(env!("CARGO_MANIFEST_DIR"), "/examples/gpus.json"));
            }
            _ => {
                let bucket = format!("s3://{BUCKET}/videos");
                command.args(["--api", &api, "--name", "arm-1", "--make", "--store", &bucket]);
                command
                    .env("AWS_ENDPOINT", s3.url())
                    .env("AWS_ALLOW_HTTP", "true")
                    .env("AWS_REGION", S3::REGION)
                    .env("AWS_ACCESS_KEY_ID", S3::ACCESS_KEY)
                    .env("AWS_SECRET_ACCESS_KEY", S3::SECRET_KEY);
            }
        }
        match &options.profile {
            Some(profile) => command
                .env("OTEL_CONFIG_FILE", format!("{}/examples/profiles/{profile}.yaml", env!("CARGO_MANIFEST_DIR")))
                .env("SERVICE_NAME", service)
                .env("OTLP_ENDPOINT", &collector)
                .env("PROMETHEUS_PORT", port),
            None => command
                .env("OTEL_SERVICE_NAME", service)
                .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector)
                .env("OTEL_EXPORTER_PROMETHEUS_HOST", host)
                .env("OTEL_EXPORTER_PROMETHEUS_PORT", port)
                // Sooner than by default (60 s, 5 s, 1 s).
                .env("OTEL_METRIC_EXPORT_INTERVAL", "1000")
                .env("OTEL_BSP_SCHEDULE_DELAY", "200")
                .env("OTEL_BLRP_SCHEDULE_DELAY", "200"),
        };
        command.env("RUST_LOG", "info");
        Ok(Process::start_kept(name, command, &folder.log(name))?)
    }

    /// Where the API takes requests: `127.0.0.1:8000`.
    pub(crate) fn api(&self) -> &str {
        self.requests("http_api")
    }

    /// Where the media worker takes jobs of its own.
    pub(crate) fn worker(&self) -> &str {
        self.requests("media_worker")
    }

    fn requests(&self, program: &str) -> &str {
        self.addresses.get(program).and_then(|addresses| addresses.requests.as_deref()).unwrap_or_default()
    }

    pub(crate) fn program(&self, name: &str) -> Option<&Program> {
        self.programs.iter().find(|program| program.name == name)
    }

    /// Everything else that runs: its name, its address, and what it is for.
    pub(crate) fn others(&self, folder: &Folder) -> Vec<(&'static str, String, String)> {
        let received = folder.shown(&folder.collector());
        let prometheus = self.prometheus.as_ref().map(|prometheus| prometheus.url().to_owned());
        let collector = self.collector.as_ref().map(|collector| format!("http://{}", collector.http()));
        let s3 = self.s3.as_ref().map(|s3| s3.url().to_owned());
        let redis = self.redis.is_some().then(|| format!("redis://127.0.0.1:{}", self.redis_port));
        let of = |name, address: Option<String>, what: &str| address.map(|address| (name, address, what.to_owned()));
        let parts = [
            of("prometheus", prometheus, "scrapes every second and keeps exemplars"),
            of("collector", collector, &format!("gets OTLP and writes it to {received}")),
            of("redis", redis, "the API's cache; killed now and then"),
            of("s3", s3, "the converter's videos; busy on purpose"),
        ];
        parts.into_iter().flatten().collect()
    }

    /// Writes where everything is, for programs. `moved` says that everything has been seen to move.
    pub(crate) fn write_endpoints(&self, folder: &Folder, moved: bool) -> Result<()> {
        let programs = self.programs.iter().map(|Program { name, service, addresses, .. }| {
            let told = json!({
                "job": service,
                "instance": addresses.metrics,
                "metrics": addresses.page(),
                "requests": addresses.requests.as_ref().map(|address| format!("http://{address}")),
                "log": folder.log(name),
            });
            ((*name).to_owned(), told)
        });
        let mut endpoints: serde_json::Map<String, Value> =
            self.others(folder).into_iter().map(|(name, address, _)| (name.to_owned(), json!(address))).collect();
        endpoints.insert("programs".to_owned(), Value::Object(programs.collect()));
        endpoints.insert("moved".to_owned(), json!(moved));
        // Whoever waits for it reads all of it.
        let part = folder.endpoints().with_extension("part");
        std::fs::write(&part, serde_json::to_vec_pretty(&endpoints)?)?;
        Ok(std::fs::rename(part, folder.endpoints())?)
    }

    /// Fails where a program has ended by itself.
    pub(crate) fn still_run(&mut self) -> Result<()> {
        for Program { name, process, .. } in &mut self.programs {
            if let Some(status) = process.ended()? {
                anyhow::bail!("{name} ended: {status}");
            }
        }
        Ok(())
    }

    /// Ends everything: first who sends, then those who receive.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        let mut failed = Vec::new();
        // Those who take jobs before the one who gives them out.
        for Program { name, process, .. } in self.programs.iter_mut().rev() {
            let status = match tokio::time::timeout(GRACE, process.stop()).await {
                Ok(status) => status?,
                // Asked twice, it cancels what it does.
                Err(_) => process.stop().await?,
            };
            if !status.success() {
                failed.push(format!("{name}: {status}"));
            }
        }
        if let Some(prometheus) = &mut self.prometheus {
            prometheus.stop().await?;
        }
        if let Some(collector) = &mut self.collector {
            collector.stop().await?;
        }
        ensure!(failed.is_empty(), "ended badly: {}", failed.join(", "));
        Ok(())
    }
}

fn remove(file: &Path) -> Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", file.display()))
        }
        _ => Ok(()),
    }
}
