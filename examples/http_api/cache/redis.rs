//! A cache in a Redis.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError};
use telecine::Telemetry;
use telecine::data::{Database, Fault};
use telecine::operation::Observed;

use super::breaker::Breaker;
use crate::instruments::Own;

pub(super) struct Redis {
    client: Client,
    /// The one that works, if there is one: requests share it.
    connection: Mutex<Option<MultiplexedConnection>>,
    measured: Database,
    breaker: Arc<Breaker>,
    _observed: Observed,
}

/// Longer than this, and reading the database is the better way.
const PATIENCE: Duration = Duration::from_millis(500);

impl Redis {
    pub(super) fn open(url: &str, telemetry: &Telemetry) -> anyhow::Result<Self> {
        // A URL may have a password in it: no error shows it.
        let client = Client::open(url).context("--redis: not a URL like redis://host:port/0")?;
        let breaker = Arc::new(Breaker::default());
        let state = Arc::clone(&breaker);
        let observed = Own::circuit_breaker(telemetry, move || state.number());
        let measured = telemetry.data().database("redis").faults(|error| {
            let error = error.downcast_ref::<RedisError>()?;
            if error.is_connection_dropped() || error.is_connection_refusal() || error.is_timeout() {
                return Some(Fault::gone());
            }
            error.code().map(Fault::code)
        });
        Ok(Self { client, connection: Mutex::default(), measured, breaker, _observed: observed })
    }

    pub(super) async fn get(&self, key: &str) -> Option<String> {
        self.ask("GET", redis::cmd("GET").arg(key)).await.flatten()
    }

    pub(super) async fn set(&self, key: &str, value: &str, life: Duration) {
        let life = life.as_secs();
        let _: Option<()> = self.ask("SET", redis::cmd("SET").arg(key).arg(value).arg("EX").arg(life)).await;
    }

    pub(super) async fn remove(&self, key: &str) {
        let _: Option<()> = self.ask("DEL", redis::cmd("DEL").arg(key)).await;
    }

    /// Nothing where Redis does not answer, or is left alone.
    async fn ask<T: FromRedisValue>(&self, operation: &str, command: &Cmd) -> Option<T> {
        let call = self.breaker.call()?;
        let answer = self.measured.operation(operation).run(async {
            let mut connection = self.connection().await?;
            command.query_async::<T>(&mut connection).await
        });
        match answer.await {
            Ok(answer) => {
                call.worked();
                Some(answer)
            }
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "the cache does not answer");
                *self.shared() = None;
                None
            }
        }
    }

    async fn connection(&self) -> Result<MultiplexedConnection, RedisError> {
        if let Some(connection) = self.shared().clone() {
            return Ok(connection);
        }
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok(self.shared().insert(connection).clone())
    }

    fn shared(&self) -> MutexGuard<'_, Option<MultiplexedConnection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
