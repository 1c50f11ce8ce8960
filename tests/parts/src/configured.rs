//! A collector that runs the configurations of `collector/`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{Error, Process, binary, free_port, process::feed};

/// The collector of `collector/builder.yaml` with some of the configurations beside it, on free ports of the loopback
/// interface, with a state that is thrown away with it.
pub struct Configured {
    process: Option<Process>,
    files: Vec<String>,
    environment: BTreeMap<String, String>,
    state: TempDir,
}

impl Configured {
    /// Starts it with these files of `collector/`, in this order, and these variables beside those of its ports and
    /// of its state, and waits until it is ready.
    ///
    /// # Errors
    /// When it is not installed, or does not accept the configuration.
    pub async fn start(files: &[&str], variables: &[(&str, &str)]) -> Result<Self, Error> {
        let state = TempDir::new()?;
        let address = || free_port().map(|port| format!("127.0.0.1:{port}"));
        let mut environment = BTreeMap::from([
            ("TELECINE_COLLECTOR_HTTP".to_owned(), address()?),
            ("TELECINE_COLLECTOR_GRPC".to_owned(), address()?),
            ("TELECINE_COLLECTOR_HEALTH".to_owned(), address()?),
            ("TELECINE_COLLECTOR_METRICS_PORT".to_owned(), free_port()?.to_string()),
            ("TELECINE_COLLECTOR_STATE".to_owned(), state.path().display().to_string()),
        ]);
        environment.extend(variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        let files = files.iter().map(|&file| file.to_owned()).collect();
        let mut configured = Self { process: None, files, environment, state };
        configured.start_again().await?;
        Ok(configured)
    }

    /// Starts it again, after [`kill`](Self::kill), on the same ports with the same state.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_again(&mut self) -> Result<(), Error> {
        let mut command = Self::command(&self.files)?;
        command.envs(&self.environment);
        let mut process = Process::start("otelcol-telecine-full", command)?;
        process.until_answers(&format!("http://{}", self.environment["TELECINE_COLLECTOR_HEALTH"])).await?;
        self.process = Some(process);
        Ok(())
    }

    /// Sets a variable for when it is [started again](Self::start_again).
    pub fn set(&mut self, variable: &str, value: &str) {
        self.environment.insert(variable.to_owned(), value.to_owned());
    }

    /// Ends it at once (SIGKILL), in the middle of whatever it does, and returns when it is gone.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Asks it to end and waits until it has, and so until it has delivered what it can.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&mut self) -> Result<(), Error> {
        if let Some(mut process) = self.process.take() {
            process.stop().await?;
        }
        Ok(())
    }

    /// Where it takes OTLP over HTTP: `127.0.0.1:PORT`, without a scheme.
    pub fn http(&self) -> &str {
        &self.environment["TELECINE_COLLECTOR_HTTP"]
    }

    /// Where it takes OTLP over gRPC: `127.0.0.1:PORT`, without a scheme.
    pub fn grpc(&self) -> &str {
        &self.environment["TELECINE_COLLECTOR_GRPC"]
    }

    /// Where its numbers about itself are: a URL.
    pub fn metrics(&self) -> String {
        format!("http://127.0.0.1:{}/metrics", self.environment["TELECINE_COLLECTOR_METRICS_PORT"])
    }

    /// The folder of its queues.
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// What it wrote to its log since it was started last.
    pub fn output(&self) -> String {
        self.process.as_ref().map(Process::output).unwrap_or_default()
    }

    /// The lines of its log that are warnings or worse.
    pub fn complaints(&self) -> String {
        let output = self.output();
        output.lines().filter(|line| !line.contains(r#""level":"info""#)).collect::<Vec<_>>().join("\n")
    }

    /// Asks the collector whether it would accept these files of `collector/`; returns what it said.
    ///
    /// # Errors
    /// When it is not installed, or would not.
    pub fn validate(files: &[impl AsRef<str>]) -> Result<String, Error> {
        let mut validate = Command::new(binary("otelcol-telecine-full")?);
        validate.arg("validate").args(configs(files)).env_clear();
        feed("otelcol-telecine-full validate", validate, b"")
    }

    fn command(files: &[String]) -> Result<Command, Error> {
        let mut command = Command::new(binary("otelcol-telecine-full")?);
        command.args(configs(files));
        Ok(command)
    }
}

/// Relative to `collector/`; an absolute path stays what it is.
fn configs(files: &[impl AsRef<str>]) -> impl Iterator<Item = PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../collector");
    files.iter().flat_map(move |file| ["--config".into(), folder.join(file.as_ref())])
}
