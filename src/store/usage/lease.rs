//! One process among many.

use super::super::Error;
use object_store::{
    Error as StoreError, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, UpdateVersion, path::Path as Key,
};
use rustix::{
    fs::{FlockOperation, Mode, OFlags, flock, open},
    io::Errno,
};
use std::{
    fs::File,
    hash::{BuildHasher as _, RandomState},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long an object keeps others away unless [`Lease::lasting`] says otherwise: 5 minutes.
pub const DEFAULT_LEASE: Duration = Duration::from_secs(300);

/// What processes that share a store agree by which of them looks after its usage. Dropped, a file is free at once, and
/// an object when its time is up.
///
/// ```
/// use telecine::store::Lease;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("usage.lock");
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (first, second) = (Lease::file(&path), Lease::file(&path));
/// assert!(first.take().await?);
/// assert!(!second.take().await?);
/// first.release().await?;
/// assert!(second.take().await?);
/// # Ok::<(), telecine::store::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Lease {
    lasts: Duration,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    File { path: PathBuf, held: Arc<Mutex<Option<File>>> },
    Object(Object),
}

#[derive(Debug)]
struct Object {
    store: Arc<dyn ObjectStore>,
    key: Key,
    /// What this process writes to be told from others.
    holder: String,
    state: Mutex<State>,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Unknown,
    /// Another process has it. It is gone when this version has stood for the lease's time, by our own clock: theirs
    /// may be wrong.
    Theirs {
        version: UpdateVersion,
        since: Instant,
    },
    Ours {
        version: UpdateVersion,
        until: Instant,
    },
}

/// What stands in the object.
enum Stands {
    Nothing,
    Holder(String, UpdateVersion),
}

impl Lease {
    /// The process that has locked a file: for a local directory, and for network file systems that lock (`flock`)
    /// across machines, as NFS 4 does. The file is made, stays empty and is never removed. The kernel unlocks it when
    /// the process ends, however that was.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { lasts: DEFAULT_LEASE, kind: Kind::File { path: path.into(), held: Arc::default() } }
    }

    /// The process whose name stands in an object: for a store that writes under a condition, as S3 does
    /// ([`PutMode::Create`] and [`PutMode::Update`]). Each third of its time it is written anew; a process that ended
    /// without giving it back is missed after that time. `LocalFileSystem` has no such condition: take a file.
    pub fn object(store: Arc<dyn ObjectStore>, key: impl Into<Key>) -> Self {
        let random = || RandomState::new().hash_one(std::process::id());
        let object = Object {
            store,
            key: key.into(),
            holder: format!("{:016x}{:016x}", random(), random()),
            state: Mutex::new(State::Unknown),
        };
        Self { lasts: DEFAULT_LEASE, kind: Kind::Object(object) }
    }

    /// How long an object keeps the others away; [`DEFAULT_LEASE`] by default. The same in all processes. A third of
    /// it is how often a file is tried.
    #[must_use]
    pub fn lasting(mut self, lasts: Duration) -> Self {
        self.lasts = lasts;
        self
    }

    /// Takes it, or keeps it: whether it is this process's now. To be called again before a third of its time is over.
    ///
    /// # Errors
    /// When the file or the object cannot be read or written. What was held is held until its time is up.
    pub async fn take(&self) -> Result<bool, Error> {
        match &self.kind {
            Kind::File { path, held } => {
                let (path, held) = (path.clone(), Arc::clone(held));
                // A network's file system may keep us waiting.
                tokio::task::spawn_blocking(move || take_file(&path, &held)).await.map_err(Error::Ended)?
            }
            Kind::Object(object) => object.take(self.lasts).await,
        }
    }

    /// Whether it is this process's.
    pub fn is_held(&self) -> bool {
        self.left().is_some()
    }

    /// Gives it back.
    ///
    /// # Errors
    /// When the object cannot be written. It is free when its time is up.
    pub async fn release(&self) -> Result<(), Error> {
        match &self.kind {
            Kind::File { held, .. } => {
                *lock(held) = None;
                Ok(())
            }
            Kind::Object(object) => object.release().await,
        }
    }

    /// How long it is ours yet, unless it is kept.
    pub(super) fn left(&self) -> Option<Duration> {
        match &self.kind {
            Kind::File { path, held } => lock(held).as_ref().filter(|file| is_at(file, path)).map(|_| self.lasts),
            Kind::Object(object) => match &*lock(&object.state) {
                State::Ours { until, .. } => {
                    until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
                }
                State::Unknown | State::Theirs { .. } => None,
            },
        }
    }

    /// How often it is to be tried, or kept.
    pub(super) fn pause(&self) -> Duration {
        self.lasts / 3
    }

    /// Its key in the store that `root` is the directory of, or in the store itself.
    pub(super) fn key(&self, root: Option<&Path>) -> Option<String> {
        match (&self.kind, root) {
            (Kind::File { path, .. }, Some(root)) => Some(path.strip_prefix(root).ok()?.to_string_lossy().into_owned()),
            (Kind::Object(object), None) => Some(object.key.to_string()),
            (Kind::File { .. }, None) | (Kind::Object(_), Some(_)) => None,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take_file(path: &Path, held: &Mutex<Option<File>>) -> Result<bool, Error> {
    let failed = |source: Errno| Error::LeaseFile { path: path.to_owned(), source: source.into() };
    let mut held = lock(held);
    if held.as_ref().is_some_and(|file| is_at(file, path)) {
        return Ok(true);
    }
    *held = None;
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from(open(path, flags, Mode::RUSR | Mode::WUSR).map_err(failed)?);
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Ok(false),
        Err(error) => return Err(failed(error)),
    }
    // Somebody may have removed it, and somebody else locked another that they made, between the two calls.
    if !is_at(&file, path) {
        return Ok(false);
    }
    *held = Some(file);
    Ok(true)
}

/// Whether it is this file that others find at the path.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

impl Object {
    async fn take(&self, lasts: Duration) -> Result<bool, Error> {
        let state = lock(&self.state).clone();
        if let State::Ours { version, .. } = state {
            if self.write(Some(version), lasts).await? {
                return Ok(true);
            }
        }
        // Unknown, or somebody else's now, or ours by a write whose answer was lost.
        match self.read().await? {
            Stands::Nothing => self.write(None, lasts).await,
            Stands::Holder(holder, version) => {
                let free = holder.is_empty() || holder == self.holder || self.has_stood(&version, lasts);
                if free { self.write(Some(version), lasts).await } else { Ok(false) }
            }
        }
    }

    async fn release(&self) -> Result<(), Error> {
        let state = std::mem::replace(&mut *lock(&self.state), State::Unknown);
        if let State::Ours { version, .. } = state {
            // Not removed: by now it may be somebody else's.
            self.put(Some(version), String::new()).await?;
        }
        Ok(())
    }

    /// Whether another process has left this version untouched for the lease's time, as far as we have seen.
    fn has_stood(&self, found: &UpdateVersion, lasts: Duration) -> bool {
        let mut state = lock(&self.state);
        match &*state {
            State::Theirs { version, since } if version == found => since.elapsed() >= lasts,
            _ => {
                *state = State::Theirs { version: found.clone(), since: Instant::now() };
                false
            }
        }
    }

    /// Writes our name over this version, or where there is nothing. Whether nobody was faster.
    async fn write(&self, over: Option<UpdateVersion>, lasts: Duration) -> Result<bool, Error> {
        // From before the request: it may be long on its way.
        let until = Instant::now() + lasts;
        // Never the same twice, so that each has an entity tag of its own.
        let unique = RandomState::new().hash_one(&self.holder);
        let written = self.put(over, format!("{} {unique:016x}", self.holder)).await?;
        let mut state = lock(&self.state);
        match written {
            Some(version) => *state = State::Ours { version, until },
            None if matches!(*state, State::Ours { .. }) => *state = State::Unknown,
            None => {}
        }
        Ok(matches!(*state, State::Ours { .. }))
    }

    async fn put(&self, over: Option<UpdateVersion>, text: String) -> Result<Option<UpdateVersion>, Error> {
        let mode = over.map_or(PutMode::Create, PutMode::Update);
        match self.store.put_opts(&self.key, text.into(), PutOptions::from(mode)).await {
            Ok(put) => Ok(Some(UpdateVersion { e_tag: put.e_tag, version: put.version })),
            // Another process was faster, or removed it.
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. } | StoreError::NotFound { .. }) => {
                Ok(None)
            }
            Err(source) => Err(self.failed(source)),
        }
    }

    async fn read(&self) -> Result<Stands, Error> {
        let got = match self.store.get(&self.key).await {
            Ok(got) => got,
            Err(StoreError::NotFound { .. }) => return Ok(Stands::Nothing),
            Err(source) => return Err(self.failed(source)),
        };
        let version = UpdateVersion { e_tag: got.meta.e_tag.clone(), version: got.meta.version.clone() };
        let text = got.bytes().await.map_err(|source| self.failed(source))?;
        let holder = String::from_utf8_lossy(&text).split(' ').next().unwrap_or_default().to_owned();
        Ok(Stands::Holder(holder, version))
    }

    fn failed(&self, source: StoreError) -> Error {
        Error::LeaseObject { store: self.store.to_string(), key: self.key.clone(), source }
    }
}
