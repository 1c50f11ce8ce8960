//! The platform of `examples/platform`, running, with a Prometheus that scrapes all of it and evaluates our rules.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use telecine_parts::{Exporter, Process, Prometheus};
use tempfile::TempDir;

use crate::trouble::Trouble;

/// How long the platform may take until it has started.
const START: Duration = Duration::from_secs(180);

pub(crate) struct Platform {
    pub(crate) prometheus: Prometheus,
    platform: Process,
    _node: Exporter,
    trouble: Trouble,
    folder: PathBuf,
    _thrown_away: TempDir,
}

impl Platform {
    /// Under the names of a profile, if one is given.
    pub(crate) async fn start(profile: Option<&str>) -> Result<Self> {
        let thrown_away = TempDir::new()?;
        let root = thrown_away.path().join("platform");
        let mut command = Command::new(crate::example::built("platform"));
        // Each starts programs that lie beside it.
        for name in ["http_api", "media_worker", "transcriber", "converter"] {
            crate::example::built(name);
        }
        command.args(["--keep-open", "--folder"]).arg(&root);
        command.args(profile.iter().flat_map(|name| ["--profile", name]));
        let mut platform = Process::start("platform", command)?;
        let folder = profile.map_or(root.clone(), |name| root.join(name));
        let rest = async {
            let endpoints = endpoints(&mut platform, &folder).await?;
            let node = Exporter::node().await?;
            let rules = if profile.is_some() { Vec::new() } else { rules(thrown_away.path())? };
            let trouble = Trouble::start().await?;
            let others: Vec<_> =
                [("node", node.address().to_owned())].into_iter().chain(trouble.metrics.clone()).collect();
            let configuration = configuration(&endpoints, &others, &rules);
            let prometheus = Prometheus::start(&configuration, &["--enable-feature=exemplar-storage"]).await?;
            anyhow::Ok((node, trouble, prometheus))
        };
        match rest.await {
            Ok((node, trouble, prometheus)) => {
                Ok(Self { prometheus, platform, _node: node, trouble, folder, _thrown_away: thrown_away })
            }
            Err(error) => {
                // What it has started ends only with its consent.
                platform.stop().await?;
                Err(error)
            }
        }
    }

    /// What its collector has of traces, as text with every trace's id in it.
    pub(crate) fn traces(&self) -> Result<String> {
        let file = self.folder.join("run/collector/traces.jsonl");
        std::fs::read_to_string(&file).with_context(|| file.display().to_string())
    }

    pub(crate) async fn stop(mut self) -> Result<()> {
        self.platform.stop().await?;
        self.trouble.stop().await?;
        Ok(())
    }
}

async fn endpoints(platform: &mut Process, folder: &Path) -> Result<Value> {
    let started = Instant::now();
    loop {
        if let Ok(text) = std::fs::read_to_string(folder.join("endpoints.json")) {
            return Ok(serde_json::from_str(&text)?);
        }
        ensure!(started.elapsed() < START && platform.ended()?.is_none(), "no platform:\n{}", platform.output());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Our rules, evaluated every second, for nobody waits for them here.
fn rules(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut copies = Vec::new();
    let alerts = Path::new(env!("CARGO_MANIFEST_DIR")).join("alerts");
    for entry in std::fs::read_dir(&alerts).with_context(|| alerts.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let copy = folder.join(path.file_name().unwrap_or_default());
            std::fs::write(&copy, std::fs::read_to_string(&path)?.replace("interval: 30s", "interval: 1s"))?;
            copies.push(copy);
        }
    }
    Ok(copies)
}

fn configuration(endpoints: &Value, others: &[(&str, String)], rules: &[PathBuf]) -> String {
    let mut text = "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n".to_owned();
    if !rules.is_empty() {
        text.push_str("rule_files:\n");
    }
    for rule in rules {
        text.push_str(&format!("- '{}'\n", rule.display()));
    }
    text.push_str("scrape_configs:\n");
    let programs = endpoints["programs"].as_object().into_iter().flatten();
    let programs = programs.filter_map(|(_, program)| Some((program["job"].as_str()?, program["instance"].as_str()?)));
    for (job, target) in programs.chain(others.iter().map(|(job, target)| (*job, target.as_str()))) {
        text.push_str(&format!("- {{job_name: {job}, static_configs: [{{targets: ['{target}']}}]}}\n"));
    }
    text
}
