//! A pool of connections.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use telecine::data::Connections;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::Error;

pub(super) struct Pool {
    file: PathBuf,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

/// A connection that somebody has.
struct Taken {
    pool: Arc<Pool>,
    connection: Option<Connection>,
    _permit: OwnedSemaphorePermit,
}

const SIZE: usize = 4;
/// How long to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long SQLite waits for a lock that another connection has.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

impl Pool {
    pub(super) fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), permits: Arc::new(Semaphore::new(SIZE)), idle: Mutex::default() }
    }

    pub(super) fn open(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open(&self.file)?;
        connection.busy_timeout(LOCK_PATIENCE)?;
        Ok(connection)
    }

    /// Runs a statement on one of the connections. It goes on to its end where nobody waits for it any more.
    pub(super) async fn run<T, F>(self: &Arc<Self>, sql: &'static str, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, &'static str) -> rusqlite::Result<T> + Send + 'static,
    {
        let permit = timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok).ok_or(Error::Exhausted(PATIENCE))?;
        let connection = self.idle().pop();
        let mut taken = Taken { pool: Arc::clone(self), connection, _permit: permit };
        let done = tokio::task::spawn_blocking(move || {
            let connection = match &mut taken.connection {
                Some(connection) => connection,
                none => none.insert(taken.pool.open()?),
            };
            run(connection, sql)
        });
        Ok(done.await??)
    }

    pub(super) fn connections(&self) -> Connections {
        let used = SIZE.saturating_sub(self.permits.available_permits());
        Connections { idle: self.idle().len() as u64, used: used as u64 }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.pool.idle().extend(self.connection.take());
    }
}
