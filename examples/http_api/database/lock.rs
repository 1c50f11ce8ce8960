//! Faults of the database, made on purpose: another connection takes the lock that everybody needs.
//!
//! Nothing is pretended. Statements wait for the lock as they would for another program's, and fail with SQLite's own
//! `SQLITE_BUSY` when they have waited for too long. So what is seen of it, slow operations, retries, errors, requests
//! that are answered 503, is what would be seen of the real thing.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

/// What the database suffers from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    #[default]
    None,
    /// The lock is taken for most of the time: statements wait for it, and get it.
    Slow,
    /// The lock is taken all the time: statements fail.
    Down,
}

/// Who takes the lock. A clone is the same.
#[derive(Clone)]
pub struct Lock {
    file: PathBuf,
    now: Arc<Mutex<Now>>,
}

#[derive(Default)]
struct Now {
    fault: Fault,
    until: Option<Instant>,
    /// Of the fault that is in force: the thread of an earlier one sees that it is over.
    number: u64,
}

/// The longest that a fault lasts, so that nobody forgets one.
pub const LONGEST: Duration = Duration::from_secs(120);

/// How long the lock is held, and let go, where it is slow.
const HELD: Duration = Duration::from_millis(150);
const FREE: Duration = Duration::from_millis(120);
/// How often it is looked whether a fault is over.
const LOOK: Duration = Duration::from_millis(20);

impl Lock {
    pub fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), now: Arc::default() }
    }

    /// The fault that is in force.
    pub fn fault(&self) -> Fault {
        let now = self.now();
        if now.until.is_some_and(|until| until > Instant::now()) { now.fault } else { Fault::None }
    }

    /// Puts a fault in force, in the place of the one before.
    pub fn set(&self, fault: Fault, lasts: Duration) -> rusqlite::Result<()> {
        let number = {
            let mut now = self.now();
            now.number += 1;
            now.fault = fault;
            now.until = Some(Instant::now() + lasts.min(LONGEST));
            now.number
        };
        if fault == Fault::None {
            return Ok(());
        }
        let connection = Connection::open(&self.file)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        let lock = self.clone();
        // It sleeps with the lock in its hand: nothing that tokio's threads should do.
        std::thread::spawn(move || {
            let result = match fault {
                Fault::Slow => lock.now_and_then(&connection, number),
                Fault::None | Fault::Down => lock.hold(&connection, number, LONGEST),
            };
            if let Err(error) = result {
                tracing::warn!(error = &error as &dyn std::error::Error, "the fault {fault:?} is not in force");
            }
        });
        Ok(())
    }

    fn now_and_then(&self, connection: &Connection, number: u64) -> rusqlite::Result<()> {
        while self.is_on(number) {
            self.hold(connection, number, HELD)?;
            std::thread::sleep(FREE);
        }
        Ok(())
    }

    fn hold(&self, connection: &Connection, number: u64, longest: Duration) -> rusqlite::Result<()> {
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        let since = Instant::now();
        while self.is_on(number) && since.elapsed() < longest {
            std::thread::sleep(LOOK.min(longest));
        }
        connection.execute_batch("ROLLBACK")
    }

    fn is_on(&self, number: u64) -> bool {
        let now = self.now();
        now.number == number && now.until.is_some_and(|until| until > Instant::now())
    }

    fn now(&self) -> std::sync::MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
