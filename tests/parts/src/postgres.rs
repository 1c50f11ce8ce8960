//! A PostgreSQL of one's own.

use std::{
    os::unix::{fs::chown, process::CommandExt},
    path::PathBuf,
    process::Command,
};

use tempfile::TempDir;

use crate::{Error, Process, binary, free_port, process::feed};

/// A PostgreSQL on a free port of the loopback interface, with an empty database in a directory that is thrown away
/// with it.
pub struct Postgres {
    process: Option<Process>,
    port: u16,
    folder: TempDir,
}

impl Postgres {
    /// Its only user, who needs no password.
    pub const USER: &str = "postgres";
    /// The database that is there.
    pub const DATABASE: &str = "postgres";

    /// Starts one and waits until it takes connections.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub async fn start() -> Result<Self, Error> {
        let folder = TempDir::new()?;
        if rustix::process::geteuid().is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY))?;
        }
        let mut initdb = command("initdb")?;
        initdb
            .args(["--username", Self::USER, "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"])
            .arg("--pgdata")
            .arg(folder.path().join("data"));
        feed("initdb", initdb, b"")?;
        let mut postgres = Self { process: None, port: free_port()?, folder };
        postgres.start_again().await?;
        Ok(postgres)
    }

    /// Starts it again, after [`kill`](Self::kill), with what was in it, on the same port.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_again(&mut self) -> Result<(), Error> {
        let mut server = command("postgres")?;
        server.arg("-D").arg(self.folder.path().join("data")).arg("-k").arg(self.folder.path()).args([
            "-h",
            "127.0.0.1",
            "-p",
            &self.port.to_string(),
            "-c",
            "fsync=off",
        ]);
        let mut process = Process::start("postgres", server)?;
        process.until_says("database system is ready to accept connections").await?;
        self.process = Some(process);
        Ok(())
    }

    /// Ends it at once, in the middle of whatever it does, and returns when it is gone.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Not SIGKILL, which its own processes would outlive for a while.
            process.end_by(rustix::process::Signal::QUIT);
        }
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

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The user that owns nothing, in Debian and elsewhere.
const NOBODY: u32 = 65534;

/// One of PostgreSQL's programs. They refuse to be run by root, to whose folders nobody else has access: the path is
/// that of the file itself.
fn command(name: &str) -> Result<Command, Error> {
    let path: PathBuf = binary(name)?.canonicalize()?;
    let mut command = Command::new(path);
    command.current_dir("/").env("LC_ALL", "C");
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    Ok(command)
}
