//! An example of one's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use telecine_parts::{Process, eventually};
use tempfile::TempDir;

use crate::example;

/// A program that runs, with what it reads and writes, which is thrown away with it.
pub(crate) struct Program {
    pub(crate) process: Process,
    metrics: String,
    folders: Folders,
}

pub(crate) struct Folders(TempDir);

impl Folders {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["media", "store", "scratch"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self(folder)
    }

    pub(crate) fn media(&self) -> PathBuf {
        self.0.path().join("media")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.0.path().join("store")
    }

    /// An example, to be started: metrics are served, nothing is pushed.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(example::built(name));
        command
            .env("TMPDIR", self.0.path().join("scratch"))
            .env("OTEL_METRICS_EXPORTER", "prometheus")
            .env("OTEL_TRACES_EXPORTER", "none")
            .env("OTEL_LOGS_EXPORTER", "none")
            .env("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
            .env_remove("RUST_LOG")
            .arg("--media")
            .arg(self.media());
        command
    }

    /// The same, with a directory for its outputs.
    pub(crate) fn command_with_store(&self, name: &str) -> Command {
        let mut command = self.command(name);
        command.arg("--store").arg(format!("file://{}", self.store().display()));
        command
    }

    /// The outputs whose names end so, whichever job they are of, by what they are called below the job.
    pub(crate) fn outputs(&self, end: &str) -> BTreeMap<String, PathBuf> {
        let mut found = BTreeMap::new();
        for job in std::fs::read_dir(self.store().join("jobs")).into_iter().flatten().flatten() {
            for path in files_below(&job.path()) {
                let name = path.strip_prefix(job.path()).unwrap().to_str().unwrap().to_owned();
                if name.ends_with(end) {
                    found.insert(name, path);
                }
            }
        }
        found
    }
}

impl Program {
    pub(crate) async fn start(folders: Folders, command: Command) -> Self {
        let mut process = Process::start("example", command).unwrap();
        let line = process.until_says("/metrics").await.unwrap();
        let metrics = line.split(['"', ' ', ';']).find(|word| word.ends_with("/metrics")).unwrap().to_owned();
        Self { process, metrics, folders }
    }

    pub(crate) fn folders(&self) -> &Folders {
        &self.folders
    }

    pub(crate) async fn metrics(&self) -> String {
        telecine_parts::http().get(&self.metrics).send().await.unwrap().text().await.unwrap()
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

    /// Waits until so many jobs are over.
    pub(crate) async fn until_over(&self, jobs: usize) {
        let over = || async {
            let output = self.process.output();
            (output.matches("\"the job is over\"").count() == jobs).then_some(())
        };
        let over = eventually("the jobs to be over", over).await;
        over.unwrap_or_else(|error| panic!("{error}\n{}", self.process.output()));
    }

    /// Waits until it has started a program of this name, and gives where the system lists it.
    pub(crate) async fn until_runs(&self, name: &str) -> PathBuf {
        let runs = || async { child_of(self.process.id(), name) };
        let pid = eventually(name, runs).await.unwrap_or_else(|error| panic!("{error}\n{}", self.process.output()));
        Path::new("/proc").join(pid)
    }

    /// Asks it to end, without waiting for it.
    pub(crate) fn signal(&self) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }
}

/// What ffprobe says of a file.
pub(crate) fn probed(path: &Path, what: &[&str]) -> String {
    let mut ffprobe = Command::new(telecine_parts::binary("ffprobe").unwrap());
    let output = ffprobe.args(["-v", "error"]).args(what).args(["-of", "csv=p=0"]).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn child_of(parent: u32, name: &str) -> Option<String> {
    std::fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        // pid (comm) state ppid …
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (comm, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let ppid: u32 = rest.split_whitespace().nth(1)?.parse().ok()?;
        // The system keeps fifteen letters of a name.
        (ppid == parent && name.starts_with(comm)).then(|| entry.file_name().into_string().ok())?
    })
}
