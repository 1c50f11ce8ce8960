//! An S3 server of one's own.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{Error, Process, binary, free_port};

/// An S3 server (versitygw) on a free port of the loopback interface, over a directory that is thrown away with
/// it. Bucket names follow the S3 rules.
pub struct S3 {
    process: Process,
    url: String,
    folder: TempDir,
}

impl S3 {
    /// The access key id of its only user.
    pub const ACCESS_KEY: &str = "telecine";
    /// That user's secret.
    pub const SECRET_KEY: &str = "telecine-secret";
    /// The region that it says it is in.
    pub const REGION: &str = "us-east-1";

    /// Starts one with these buckets and waits until it answers.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub async fn start(buckets: &[&str]) -> Result<Self, Error> {
        Self::start_with(buckets, &[]).await
    }

    /// Starts one that asks for fewer requests (503, `SlowDown`) where more than so many are under way.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub async fn start_busy(buckets: &[&str], requests: usize) -> Result<Self, Error> {
        Self::start_with(buckets, &["--max-requests", &requests.to_string()]).await
    }

    /// Starts one that sends numbers about itself by StatsD, with DogStatsD's tags, to this `host:port`.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub async fn start_telling(buckets: &[&str], statsd: &str) -> Result<Self, Error> {
        Self::start_with(buckets, &["--metrics-dogstatsd-servers", statsd]).await
    }

    async fn start_with(buckets: &[&str], more: &[&str]) -> Result<Self, Error> {
        let folder = TempDir::new()?;
        let objects = folder.path().join("objects");
        // Each directory is a bucket.
        for bucket in buckets {
            std::fs::create_dir_all(objects.join(bucket))?;
        }
        std::fs::create_dir_all(&objects)?;
        let address = format!("127.0.0.1:{}", free_port()?);
        let mut command = Command::new(binary("versitygw")?);
        command
            .args(["--port", &address, "--health", "/health", "--region", Self::REGION])
            .args(["--access", Self::ACCESS_KEY, "--secret", Self::SECRET_KEY])
            .args(more)
            .arg("posix")
            .arg(&objects);
        let mut process = Process::start("versitygw", command)?;
        let url = format!("http://{address}");
        process.until_answers(&format!("{url}/health")).await?;
        Ok(Self { process, url, folder })
    }

    /// Where it listens: `http://127.0.0.1:PORT`, the endpoint for clients with path-style addresses.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file that an object is kept in.
    pub fn file(&self, bucket: &str, key: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join("objects").join(bucket).join(key)
    }

    /// What it wrote to its log, a line a request among it.
    pub fn output(&self) -> String {
        self.process.output()
    }
}
