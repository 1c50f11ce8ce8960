//! A Prometheus of one's own.

use std::{fmt::Display, path::Path, process::Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Error, Process, binary, http, port_or_free};

/// A Prometheus server on a free port of the loopback interface, with a storage that is thrown
/// away with it.
pub struct Prometheus {
    process: Process,
    url: String,
    _thrown_away: Option<TempDir>,
}

impl Prometheus {
    /// Starts one with a configuration (the text of `prometheus.yml`) and further flags, and waits
    /// until it is ready. [`scrape`](Self::scrape) writes the configuration for the simple case.
    ///
    /// # Errors
    /// When it is not installed, or does not accept what it is given.
    pub async fn start(configuration: &str, flags: &[&str]) -> Result<Self, Error> {
        let folder = TempDir::new()?;
        let command = Self::command(folder.path(), 0, configuration, flags)?;
        Self::ready(Process::start("prometheus", command)?, Some(folder)).await
    }

    /// Starts one that keeps its files, `prometheus.log` among them, in a folder of the caller's, and listens on
    /// its usual port, 9090, if that is free. Ctrl-C does not reach it.
    ///
    /// # Errors
    /// When it is not installed, or does not accept what it is given.
    pub async fn start_kept(folder: &Path, configuration: &str, flags: &[&str]) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)?;
        let command = Self::command(folder, port_or_free(9090)?, configuration, flags)?;
        Self::ready(Process::start_kept("prometheus", command, &folder.join("prometheus.log"))?, None).await
    }

    fn command(folder: &Path, port: u16, configuration: &str, flags: &[&str]) -> Result<Command, Error> {
        let file = folder.join("prometheus.yml");
        std::fs::write(&file, configuration)?;
        let mut command = Command::new(binary("prometheus")?);
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(flags);
        Ok(command)
    }

    async fn ready(mut process: Process, thrown_away: Option<TempDir>) -> Result<Self, Error> {
        let said = process.until_says("msg=\"Listening on\"").await?;
        let address = said.split("address=").nth(1).map_or("", str::trim).to_owned();
        let url = format!("http://{address}");
        process.until_answers(&format!("{url}/-/ready")).await?;
        Ok(Self { process, url, _thrown_away: thrown_away })
    }

    /// A configuration that scrapes `/metrics` of each target (`host:port`) twice a second,
    /// as job `telecine`. `extra` holds more lines of that scrape configuration, or nothing.
    pub fn scrape(targets: &[impl Display], extra: &str) -> String {
        let targets: Vec<String> = targets.iter().map(|target| format!("'{target}'")).collect();
        let mut text = format!(
            "global:\n  scrape_interval: 500ms\n  scrape_timeout: 500ms\nscrape_configs:\n- job_name: telecine\n  static_configs:\n  - targets: [{}]\n",
            targets.join(", ")
        );
        for line in extra.lines() {
            text.push_str("  ");
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it wrote to its log.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// Evaluates an expression now. Returns `data.result` of its answer.
    ///
    /// # Errors
    /// When it does not answer, or refuses the expression.
    pub async fn query(&self, expression: &str) -> Result<Vec<Value>, Error> {
        let data = self.get("query", &[("query", expression)]).await?;
        Ok(list(&data["result"]))
    }

    /// The exemplars of the series that an expression selects, of all times. Needs the flag
    /// `--enable-feature=exemplar-storage`. Returns `data` of its answer.
    ///
    /// # Errors
    /// When it does not answer, or refuses the expression.
    pub async fn query_exemplars(&self, expression: &str) -> Result<Vec<Value>, Error> {
        let always = [("query", expression), ("start", "0"), ("end", "253402300799")];
        Ok(list(&self.get("query_exemplars", &always).await?))
    }

    /// Its scrape targets, with the last error of each. Returns `data.activeTargets`.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn targets(&self) -> Result<Vec<Value>, Error> {
        Ok(list(&self.get("targets", &[]).await?["activeTargets"]))
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&mut self) -> Result<(), Error> {
        self.process.stop().await.map(|_| ())
    }

    async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, Error> {
        let url = format!("{}/api/v1/{path}", self.url);
        let refused = |why: String| Error::Request { what: format!("GET {url} {parameters:?}"), why };
        let mut answer: Value = http()
            .get(&url)
            .query(parameters)
            .send()
            .await
            .map_err(|error| refused(error.to_string()))?
            .json()
            .await
            .map_err(|error| refused(error.to_string()))?;
        if answer["status"] != "success" {
            return Err(refused(answer["error"].to_string()));
        }
        Ok(answer["data"].take())
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
