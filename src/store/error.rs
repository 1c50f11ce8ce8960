//! What goes wrong when a store's usage is reconciled.

use std::{io, path::PathBuf, time::Duration};
use thiserror::Error as Derive;

/// Why a store's usage was not reconciled. No total has changed.
#[derive(Debug, Derive)]
#[non_exhaustive]
pub enum Error {
    /// The scan could not begin: the directory is not there, or cannot be read.
    #[error("cannot scan {}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The scan could not begin: the store does not list its objects.
    #[error("cannot list {store}: {source}")]
    List {
        /// The store, as it describes itself.
        store: String,
        /// Why.
        source: object_store::Error,
    },
    /// A part of a directory could not be read. Leave it out by
    /// [`except`](super::UsageBuilder::except) where it is of no interest.
    #[error("the scan is partial, it ends at {}: {source}", path.display())]
    Unreadable {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Directories lie deeper in each other than a scan goes.
    #[error("the scan is partial, it ends at {}: more than {limit} directories deep", path.display())]
    TooDeep {
        /// The directory.
        path: PathBuf,
        /// How deep it goes.
        limit: usize,
    },
    /// A listing broke off.
    #[error("the scan is partial, the listing of {store} ends after {objects} objects: {source}")]
    BrokenOff {
        /// The store, as it describes itself.
        store: String,
        /// How many objects were listed before.
        objects: u64,
        /// Why.
        source: object_store::Error,
    },
    /// There are more objects than the tracker remembers, or more of them changed while the scan ran:
    /// [`max_objects`](super::UsageBuilder::max_objects).
    #[error("the scan is partial: there are more than {limit} objects, raise max_objects")]
    TooMany {
        /// The number that is remembered.
        limit: usize,
    },
    /// The scan took too long: [`timeout`](super::Source::timeout).
    #[error("the scan is partial: it was not done after {}s", timeout.as_secs_f64())]
    TimedOut {
        /// What it was given.
        timeout: Duration,
    },
    /// Another scan of the same tracker runs, or has run out of time in a system call that does not come back.
    #[error("another scan of this store has not ended")]
    Running,
    /// The tracker was [hidden](super::Usage::hide) while the scan ran: what it found is not wanted any more.
    #[error("the scan was given up: another process looks after the store now")]
    Hidden,
    /// The thread that looks at files ended early: a program's own function panicked, one that names tenants or
    /// exceptions, or the runtime went away.
    #[error("the look at the files was not done: {0}")]
    Ended(tokio::task::JoinError),
    /// The file that processes lock to be the only one cannot be locked.
    #[error("cannot lock {}: {source}", path.display())]
    LeaseFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The object that processes write to be the only one cannot be read or written.
    #[error("cannot take the lease {key} in {store}: {source}")]
    LeaseObject {
        /// The store, as it describes itself.
        store: String,
        /// The object.
        key: object_store::path::Path,
        /// Why.
        source: object_store::Error,
    },
}

impl Error {
    /// Whether a part of the store was seen, but not all.
    pub fn is_partial(&self) -> bool {
        match self {
            Self::Unreadable { .. }
            | Self::TooDeep { .. }
            | Self::BrokenOff { .. }
            | Self::TooMany { .. }
            | Self::TimedOut { .. } => true,
            Self::Directory { .. }
            | Self::List { .. }
            | Self::Running
            | Self::Hidden
            | Self::Ended(_)
            | Self::LeaseFile { .. }
            | Self::LeaseObject { .. } => false,
        }
    }
}
