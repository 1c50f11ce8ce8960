//! One look at all that a store holds.

use super::{super::Error, Shared, directory, ledger::Found};
use futures_util::StreamExt as _;
use object_store::{ObjectStore, path::Path as Key};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// What a scan is given unless [`Source::timeout`] says otherwise: 10 minutes.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// Where a scan finds what a store holds. A clone is the same.
///
/// - A directory is walked in a thread of its own. Regular files count with their size, whatever they take on the
///   disk, once for each name. Symbolic links are never followed, save that the directory itself may be one. What
///   vanishes meanwhile is gone. Pipes, devices and the names `…#1`, under which `object_store` keeps what is being
///   uploaded, are left out.
/// - An object store is listed. Of `LocalFileSystem`, which follows links when it lists, take the directory.
#[derive(Clone)]
pub struct Source {
    kind: Kind,
    timeout: Duration,
}

#[derive(Clone)]
enum Kind {
    Directory(PathBuf),
    Store(Arc<dyn ObjectStore>),
}

/// Held while a scan runs, by everything that works on it.
#[derive(Debug, Default)]
pub(super) struct Running {
    stopped: AtomicBool,
}

/// A scan on its way.
pub(super) struct Progress {
    pub(super) found: Found,
    shared: Arc<Shared>,
    running: Arc<Running>,
    began: Instant,
    timeout: Duration,
}

impl Source {
    /// The files below a directory. Their keys are their paths from there, with `/` between.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self { kind: Kind::Directory(path.into()), timeout: DEFAULT_TIMEOUT }
    }

    /// The objects that a store lists. Where it is a [`MeteredStore`](crate::store::MeteredStore), the listing is
    /// measured like any.
    pub fn store(store: Arc<dyn ObjectStore>) -> Self {
        Self { kind: Kind::Store(store), timeout: DEFAULT_TIMEOUT }
    }

    /// How long a scan may take; [`DEFAULT_TIMEOUT`] by default. One that takes longer is partial.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The directory that is walked, if it is one.
    pub(super) fn root(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Directory(path) => Some(path),
            Kind::Store(_) => None,
        }
    }

    pub(super) async fn scan(&self, shared: &Arc<Shared>, running: &Arc<Running>) -> Result<Found, Error> {
        let progress = Progress {
            found: Found::default(),
            shared: Arc::clone(shared),
            running: Arc::clone(running),
            began: Instant::now(),
            timeout: self.timeout,
        };
        let scan = async {
            match &self.kind {
                Kind::Directory(path) => walk(path.clone(), progress).await,
                Kind::Store(store) => list(&**store, progress).await,
            }
        };
        // A walk may hang in a system call, and a listing in a request.
        let timed_out = |_| Error::TimedOut { timeout: self.timeout };
        tokio::time::timeout(self.timeout, scan).await.map_err(timed_out)?
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.kind {
            Kind::Directory(path) => path.display().to_string(),
            Kind::Store(store) => store.to_string(),
        };
        f.debug_struct("Source").field("of", &name).field("timeout", &self.timeout).finish()
    }
}

impl Running {
    /// Nobody waits for the scan any more.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

impl Progress {
    pub(super) fn go_on(&self) -> Result<(), Error> {
        let late = self.began.elapsed() > self.timeout;
        if late || self.running.stopped.load(Ordering::Relaxed) {
            return Err(Error::TimedOut { timeout: self.timeout });
        }
        Ok(())
    }

    pub(super) fn leaves_out(&self, key: &str) -> bool {
        self.shared.leaves_out(key)
    }

    pub(super) fn add(&mut self, key: &str, size: u64) -> Result<(), Error> {
        if self.found.len() >= self.shared.max_objects {
            return Err(Error::TooMany { limit: self.shared.max_objects });
        }
        self.found.set(self.shared.hash(key), Some(size), self.shared.tenant(key).as_deref());
        Ok(())
    }
}

async fn walk(path: PathBuf, mut progress: Progress) -> Result<Found, Error> {
    let prefix = progress.shared.prefix.clone();
    let walk = move || {
        let walked = directory::walk(Path::new(&path), prefix.as_deref(), &mut progress);
        walked.map(|()| progress.found)
    };
    tokio::task::spawn_blocking(walk).await.map_err(Error::Ended)?
}

async fn list(store: &dyn ObjectStore, mut progress: Progress) -> Result<Found, Error> {
    let prefix = progress.shared.prefix.as_deref().map(Key::from);
    let mut objects = store.list(prefix.as_ref());
    let mut seen = 0;
    while let Some(object) = objects.next().await {
        let object = object.map_err(|source| match seen {
            0 => Error::List { store: store.to_string(), source },
            objects => Error::BrokenOff { store: store.to_string(), objects, source },
        })?;
        seen += 1;
        progress.go_on()?;
        let key = object.location.as_ref();
        if progress.shared.covers(key) {
            progress.add(key, object.size)?;
        }
    }
    Ok(progress.found)
}
