//! The database: SQLite, embedded, by a pool of connections.
//!
//! SQLite blocks the thread that asks it, so a statement runs on one of tokio's threads for that. Reads are tried
//! again when another connection has the lock for too long; writes are not.

pub mod lock;
mod pool;
mod schema;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use telecine::data::{Data, Fault, Retry};
use telecine::operation::{ErrorType, Observed};
use tokio::time::Sleep;

use pool::Pool;

/// The database. A clone is the same.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Arc<Pool>,
    measured: telecine::data::Database,
    reads: Retry<fn(Duration) -> Sleep>,
    _observed: Observed,
}

/// A statement, and what it is called in measurements.
#[derive(Clone, Copy)]
pub struct Statement {
    operation: &'static str,
    table: &'static str,
    sql: &'static str,
}

/// Why the database did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the database: none of its connections is free after {0:?}")]
    Exhausted(Duration),
    #[error("the database: the statement did not come to its end: {0}")]
    Ended(#[from] tokio::task::JoinError),
    #[error("the database: what is in it is not JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Statement {
    pub const fn new(operation: &'static str, table: &'static str, sql: &'static str) -> Self {
        Self { operation, table, sql }
    }
}

impl Database {
    pub fn open(file: &Path, data: &Data) -> Result<Self, Error> {
        let pool = Arc::new(Pool::new(file));
        schema::create(&mut pool.open()?)?;
        let measured = data.database("sqlite").namespace("platform").faults(|error| match error.downcast_ref()? {
            Error::Exhausted(_) => Some(Fault::of(ErrorType::Timeout)),
            Error::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => {
                Some(Fault::code(error.extended_code.to_string()))
            }
            _ => None,
        });
        let connections = Arc::clone(&pool);
        let observed = measured.pool("platform", move || connections.connections());
        let reads = Retry::new(tokio::time::sleep as fn(Duration) -> Sleep);
        Ok(Self { shared: Arc::new(Shared { pool, measured, reads, _observed: observed }) })
    }

    /// Runs a statement that changes nothing, again where that may help.
    pub async fn read<T, F>(&self, statement: Statement, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Connection, &'static str) -> rusqlite::Result<T> + Clone + Send + 'static,
    {
        let Shared { pool, reads, .. } = &*self.shared;
        self.operation(statement).retry(reads, || pool.run(statement.sql, run.clone())).await
    }

    /// Runs a statement once.
    pub async fn write<T, F>(&self, statement: Statement, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, &'static str) -> rusqlite::Result<T> + Send + 'static,
    {
        self.operation(statement).run(self.shared.pool.run(statement.sql, run)).await
    }

    fn operation(&self, Statement { operation, table, sql }: Statement) -> telecine::data::Operation {
        self.shared.measured.operation(operation).collection(table).text(sql)
    }
}

impl Error {
    /// Whether it may work in a moment.
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => {
                matches!(error.code, rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
            }
            Self::Exhausted(_) => true,
            _ => false,
        }
    }
}
