//! An OpenTelemetry Collector of one's own.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{DEADLINE, Error, PAUSE, Process, binary, free_port, port_or_free};

/// Starts again when another program took a port between its choice and its use.
const TRIES: u32 = 5;

/// The collector of the demo (`collector/demo/demo.yaml`) on free ports of the loopback interface, which writes what it
/// receives to files that are thrown away with it.
pub struct Collector {
    process: Process,
    http: String,
    grpc: String,
    folder: PathBuf,
    _thrown_away: Option<TempDir>,
}

/// What the collector keeps apart: a file for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Spans.
    Traces,
    /// Metrics.
    Metrics,
    /// Log records.
    Logs,
}

impl Collector {
    /// Starts one and waits until it is ready.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub async fn start() -> Result<Self, Error> {
        Self::start_with("").await
    }

    /// Starts one whose configuration is the demo's with `yaml` merged over it.
    ///
    /// # Errors
    /// When it is not installed, or does not accept the configuration.
    pub async fn start_with(yaml: &str) -> Result<Self, Error> {
        Self::start_in(None, yaml).await
    }

    /// Starts one that keeps its files, `collector.log` among them, in a folder of the caller's, and listens where
    /// OpenTelemetry's defaults send if these ports (4318 and 4317) are free. Ctrl-C does not reach it.
    ///
    /// # Errors
    /// When it is not installed, or does not accept the configuration.
    pub async fn start_kept(folder: &Path, yaml: &str) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)?;
        Self::start_in(Some(folder), yaml).await
    }

    async fn start_in(kept: Option<&Path>, yaml: &str) -> Result<Self, Error> {
        let mut tries = 1;
        loop {
            match Self::try_start(kept, yaml).await {
                Err(Error::Ended { output, .. }) if tries < TRIES && output.contains("address already in use") => {
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    async fn try_start(kept: Option<&Path>, yaml: &str) -> Result<Self, Error> {
        let thrown_away = if kept.is_none() { Some(TempDir::new()?) } else { None };
        let folder = kept.or(thrown_away.as_ref().map(TempDir::path)).map(Path::to_owned).unwrap_or_default();
        let (http, grpc) =
            if kept.is_some() { (port_or_free(4318)?, port_or_free(4317)?) } else { (free_port()?, free_port()?) };
        let [http, grpc, health] = [http, grpc, free_port()?].map(|port| format!("127.0.0.1:{port}"));
        let mut command = Command::new(binary("otelcol-telecine")?);
        command
            .arg("--config")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../collector/demo/demo.yaml"))
            .env("TELECINE_COLLECTOR_HTTP", &http)
            .env("TELECINE_COLLECTOR_GRPC", &grpc)
            .env("TELECINE_COLLECTOR_HEALTH", &health)
            .env("TELECINE_COLLECTOR_OUT", &folder);
        if !yaml.is_empty() {
            let file = folder.join("more.yaml");
            std::fs::write(&file, yaml)?;
            command.arg("--config").arg(file);
        }
        let mut process = match kept {
            Some(folder) => Process::start_kept("otelcol-telecine", command, &folder.join("collector.log"))?,
            None => Process::start("otelcol-telecine", command)?,
        };
        process.until_answers(&format!("http://{health}")).await?;
        Ok(Self { process, http, grpc, folder, _thrown_away: thrown_away })
    }

    /// Where it takes OTLP over HTTP: `127.0.0.1:PORT`, without a scheme.
    pub fn http(&self) -> &str {
        &self.http
    }

    /// Where it takes OTLP over gRPC: `127.0.0.1:PORT`, without a scheme.
    pub fn grpc(&self) -> &str {
        &self.grpc
    }

    /// What it wrote to its log.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// The file of a signal, JSON lines in OTLP's encoding. It appears with the first export.
    pub fn file(&self, of: Received) -> PathBuf {
        self.folder.join(format!("{of}.jsonl"))
    }

    /// The requests of a signal that it has written so far.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else than JSON lines.
    pub fn received(&self, of: Received) -> Result<Vec<Value>, Error> {
        let file = self.file(of);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        let parse = |line: &str| {
            serde_json::from_str(line)
                .map_err(|error| Error::Request { what: format!("read {}", file.display()), why: error.to_string() })
        };
        complete.lines().map(parse).collect()
    }

    /// Looks at the requests of a signal again and again until `find` finds what it wants in them.
    ///
    /// # Errors
    /// [`Error::Late`] with all that came after [`DEADLINE`].
    pub async fn until<T>(
        &self,
        what: &str,
        of: Received,
        mut find: impl FnMut(&[Value]) -> Option<T>,
    ) -> Result<T, Error> {
        let started = Instant::now();
        loop {
            let received = self.received(of)?;
            if let Some(found) = find(&received) {
                return Ok(found);
            }
            if started.elapsed() > DEADLINE {
                let lines: Vec<String> = received.iter().map(Value::to_string).collect();
                let output = format!("{of} received:\n{}\nand it said:\n{}", lines.join("\n"), self.output());
                return Err(Error::Late { what: what.to_owned(), output });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Asks it to end, waits until it has, and so until everything is written.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&mut self) -> Result<(), Error> {
        self.process.stop().await.map(|_| ())
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        })
    }
}
