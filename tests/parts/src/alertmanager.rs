//! An Alertmanager of one's own.

use std::{path::Path, process::Command};

use tempfile::TempDir;

use crate::{Error, Process, binary};

/// An Alertmanager on a free port of the loopback interface, alone, with a storage that is thrown away with it.
pub struct Alertmanager {
    process: Process,
    url: String,
    _folder: TempDir,
}

impl Alertmanager {
    /// Starts one with a configuration file, and waits until it is ready.
    ///
    /// # Errors
    /// When it is not installed, or does not accept the configuration.
    pub async fn start(configuration: &Path) -> Result<Self, Error> {
        let folder = TempDir::new()?;
        let mut command = Command::new(binary("alertmanager")?);
        command
            .arg(format!("--config.file={}", configuration.display()))
            .arg(format!("--storage.path={}", folder.path().display()))
            // Without peers it waits for none.
            .args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="]);
        let mut process = Process::start("alertmanager", command)?;
        let said = process.until_says("msg=\"Listening on\"").await?;
        let address = said.split("address=").nth(1).map_or("", str::trim);
        let url = format!("http://{address}");
        process.until_answers(&format!("{url}/-/ready")).await?;
        Ok(Self { process, url, _folder: folder })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it wrote to its log.
    pub fn output(&self) -> String {
        self.process.output()
    }
}
