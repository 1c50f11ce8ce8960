//! Prometheus exporters of one's own.

use std::process::Command;

use crate::{Error, Postgres, Process, Redis, binary, free_port};

/// A Prometheus exporter on a free port of the loopback interface.
pub struct Exporter {
    process: Process,
    address: String,
}

impl Exporter {
    /// The host's, which is this machine.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub async fn node() -> Result<Self, Error> {
        Self::start("prometheus-node-exporter", &[], &[]).await
    }

    /// That of a PostgreSQL.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub async fn postgresql(of: &Postgres) -> Result<Self, Error> {
        let source =
            format!("postgresql://{}@127.0.0.1:{}/{}?sslmode=disable", Postgres::USER, of.port(), Postgres::DATABASE);
        Self::start("prometheus-postgres-exporter", &[], &[("DATA_SOURCE_NAME", &source)]).await
    }

    /// That of a Redis.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub async fn redis(of: &Redis) -> Result<Self, Error> {
        let address = format!("--redis.addr=redis://127.0.0.1:{}", of.port());
        Self::start("prometheus-redis-exporter", &[&address], &[]).await
    }

    async fn start(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Self, Error> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let mut command = Command::new(binary(name)?);
        command.arg(format!("--web.listen-address={address}")).args(arguments).envs(variables.iter().copied());
        let mut process = Process::start(name, command)?;
        process.until_answers(&format!("http://{address}/metrics")).await?;
        Ok(Self { process, address })
    }

    /// Where it listens: `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What it wrote to its log.
    pub fn output(&self) -> String {
        self.process.output()
    }
}
