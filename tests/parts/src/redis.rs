//! A Redis of one's own.

use std::process::Command;

use tempfile::TempDir;

use crate::{Error, Process, binary, free_port};

/// A Redis on a free port of the loopback interface, which keeps nothing on disk.
pub struct Redis {
    process: Option<Process>,
    port: u16,
    folder: TempDir,
}

impl Redis {
    /// Starts one and waits until it takes connections.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub async fn start() -> Result<Self, Error> {
        let mut redis = Self { process: None, port: free_port()?, folder: TempDir::new()? };
        redis.start_again().await?;
        Ok(redis)
    }

    /// Starts it again, after [`kill`](Self::kill), empty, on the same port.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_again(&mut self) -> Result<(), Error> {
        let mut server = Command::new(binary("redis-server")?);
        server
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(self.folder.path());
        let mut process = Process::start("redis-server", server)?;
        process.until_says("Ready to accept connections").await?;
        self.process = Some(process);
        Ok(())
    }

    /// Ends it at once: no client is told.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// The port that it listens on, of 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it wrote to its log since it was started last.
    pub fn output(&self) -> String {
        self.process.as_ref().map(Process::output).unwrap_or_default()
    }
}
