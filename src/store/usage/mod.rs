//! How much a store holds.

mod board;
mod directory;
mod lease;
mod ledger;
mod reconcile;
mod regular;
mod scan;

pub use board::Status;
pub use lease::{DEFAULT_LEASE, Lease};
pub use reconcile::Reconciled;
pub use regular::{DEFAULT_INTERVAL, Reconciler, Reconciliation};
pub use scan::{DEFAULT_TIMEOUT, Source};

use crate::operation::{Instruments, Observed};
use board::Board;
use ledger::{Ledger, Noted};
use scan::Running;
use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
};

/// How many objects are remembered unless [`UsageBuilder::max_objects`] says otherwise: a million.
pub const DEFAULT_MAX_OBJECTS: usize = 1_000_000;

/// How many bytes and objects a store holds: `media.storage.usage` and `media.storage.objects`, by tenant where
/// there are some. A clone is the same.
///
/// A scan finds what is there; from then on the total follows what is written and removed. A
/// [`MeteredStore`](super::MeteredStore) tells what it does by itself, by
/// [`with_usage`](super::MeteredStore::with_usage); a program that writes files of its own says so by
/// [`added`](Self::added) and [`removed`](Self::removed).
///
/// The size of each object is remembered, so that an overwrite counts its net change, a removal takes what the object
/// counted, and neither asks the store anything. That takes 20 to 39 bytes an object, and the same again while a scan
/// runs; [`max_objects`](UsageBuilder::max_objects) bounds it. Removing an object that is not known changes nothing:
/// it was not counted.
///
/// What was not seen to come or go, by other programs and other processes of this one, is found by the next scan:
/// [`reconcile`](Self::reconcile), or regularly by a [`Reconciliation`]. Its amount is `media.storage.drift`. Until a
/// first scan has succeeded the total is not known, and not shown.
///
/// ```
/// use object_store::{ObjectStoreExt as _, memory::InMemory};
/// use std::sync::Arc;
/// use telecine::store::{MeteredStore, Source, Usage};
///
/// # let instruments = telecine::operation::Instruments::noop();
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// // Renditions lie below the id of the tenant, who goes by a name on dashboards.
/// let names = std::collections::HashMap::from([("t-17", "Acme")]);
/// let usage = Usage::builder("memory")
///     .tenants(move |key| names.get(key.split('/').next()?).copied())
///     .build(&instruments);
/// usage.set_tenant_limit("Acme", 10 << 30);
///
/// let memory = Arc::new(InMemory::new());
/// memory.put(&"t-17/1/720p.mp4".into(), vec![0; 1000].into()).await?;
/// let store = MeteredStore::new("memory", Arc::clone(&memory), &instruments).with_usage(&usage);
/// usage.reconcile(&Source::store(memory)).await?;
/// assert_eq!(usage.bytes(), Some(1000));
///
/// store.put(&"t-17/1/720p.mp4".into(), vec![0; 300].into()).await?;
/// store.put(&"t-17/1/index.m3u8".into(), vec![0; 20].into()).await?;
/// assert_eq!((usage.bytes(), usage.objects()), (Some(320), Some(2)));
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Usage {
    store: Arc<str>,
    shared: Arc<Shared>,
    _observed: Arc<Vec<Observed>>,
}

/// A [`Usage`] in the making.
#[must_use = "nothing is tracked until it is built"]
pub struct UsageBuilder {
    store: String,
    prefix: Option<String>,
    except: Option<Except>,
    tenants: Option<Tenants>,
    max_objects: usize,
    empty: bool,
}

type Except = Box<dyn Fn(&str) -> bool + Send + Sync>;
type Tenants = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

struct Shared {
    prefix: Option<String>,
    except: Option<Except>,
    tenants: Option<Tenants>,
    max_objects: usize,
    hasher: RandomState,
    /// Locked before the board is. A collection locks the board alone, and waits for no scan.
    ledger: Mutex<Ledger>,
    board: Arc<Board>,
    running: Mutex<Weak<Running>>,
    /// What the processes that share the store agree by is no part of it.
    lease: OnceLock<String>,
}

impl Usage {
    /// Tracks the store of this short name: `s3`, `file`. The name is a label: the same as the
    /// [`MeteredStore`](super::MeteredStore) has.
    pub fn builder(store: impl Into<String>) -> UsageBuilder {
        UsageBuilder {
            store: store.into(),
            prefix: None,
            except: None,
            tenants: None,
            max_objects: DEFAULT_MAX_OBJECTS,
            empty: false,
        }
    }

    /// An object has this many bytes now, whether it is new or was there before.
    pub fn added(&self, key: impl AsRef<str>, bytes: u64) {
        self.shared.note(key.as_ref(), Some(bytes));
    }

    /// An object is gone.
    pub fn removed(&self, key: impl AsRef<str>) {
        self.shared.note(key.as_ref(), None);
    }

    /// The bytes that the store holds; nothing as long as that is not known.
    pub fn bytes(&self) -> Option<u64> {
        Some(self.shared.board.total()?.bytes)
    }

    /// How many objects the store holds.
    pub fn objects(&self) -> Option<u64> {
        Some(self.shared.board.total()?.objects)
    }

    /// How the last scan ended; nothing where there was none.
    pub fn status(&self) -> Option<Status> {
        self.shared.board.last_status()
    }

    /// How many bytes the whole store may hold: `media.storage.limit` without a tenant. `None` takes the limit away.
    pub fn set_limit(&self, bytes: impl Into<Option<u64>>) {
        self.shared.board.set_limit(None, bytes.into());
    }

    /// How many bytes a tenant may hold: `media.storage.limit`. By the name that
    /// [`tenants`](UsageBuilder::tenants) gives; `None` takes the limit away.
    pub fn set_tenant_limit(&self, tenant: impl AsRef<str>, bytes: impl Into<Option<u64>>) {
        self.shared.board.set_limit(Some(tenant.as_ref()), bytes.into());
    }

    /// Shows nothing, limits and status included, and forgets what is known: another process looks after the store.
    /// A scan that runs comes to nothing. Where processes agree by a [`Lease`], [`Reconciliation`] does this.
    pub fn hide(&self) {
        self.shared.show(false);
    }

    /// Shows again, as a tracker does from the start. What the store holds is known after the next scan.
    pub fn show(&self) {
        self.shared.show(true);
    }

    /// Whether anybody wants to know of changes: the total is known, or a scan runs.
    pub(super) fn listens_to(&self, key: &str) -> bool {
        self.shared.ledger().listens() && self.shared.covers(key)
    }

    /// The size of an object, if it is known.
    pub(super) fn size(&self, key: &str) -> Option<u64> {
        self.shared.ledger().size(self.shared.hash(key))
    }
}

impl UsageBuilder {
    /// Only what lies below this prefix, a whole path: `videos` has `videos/1.mp4` and not `videos.txt`. A scan begins
    /// there.
    pub fn prefix(mut self, prefix: impl AsRef<str>) -> Self {
        let prefix = prefix.as_ref().trim_matches('/');
        self.prefix = (!prefix.is_empty()).then(|| prefix.to_owned());
        self
    }

    /// Leaves out what this says yes to: an object by its key, or all that lies below a path. For a volume's
    /// `lost+found`, or for files in the making.
    pub fn except(mut self, except: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.except = Some(Box::new(except));
        self
    }

    /// Tells tenants apart: from a key to the tenant's display name, which goes on a label. It must be no secret, and
    /// for one key always the same. Nothing where the object is nobody's in particular.
    pub fn tenants<S: Into<String>>(mut self, tenant: impl Fn(&str) -> Option<S> + Send + Sync + 'static) -> Self {
        self.tenants = Some(Box::new(move |key| tenant(key).map(Into::into)));
        self
    }

    /// How many objects are remembered; [`DEFAULT_MAX_OBJECTS`] by default. A scan that finds more is partial. What is
    /// written beyond is not counted, and the status is partial from then on.
    pub fn max_objects(mut self, objects: usize) -> Self {
        self.max_objects = objects;
        self
    }

    /// The store is empty: what it holds is known without a scan.
    pub fn starts_empty(mut self) -> Self {
        self.empty = true;
        self
    }

    /// Tracks it.
    pub fn build(self, instruments: &Instruments) -> Usage {
        let Self { store, prefix, except, tenants, max_objects, empty } = self;
        let board = Board::new(instruments, &store, tenants.is_some(), empty);
        let observed = board.observe();
        let shared = Shared {
            prefix,
            except,
            tenants,
            max_objects,
            hasher: RandomState::new(),
            ledger: Mutex::new(Ledger::new(max_objects, empty)),
            board,
            running: Mutex::default(),
            lease: OnceLock::new(),
        };
        Usage { store: store.into(), shared: Arc::new(shared), _observed: Arc::new(observed) }
    }
}

impl Shared {
    fn show(&self, shown: bool) {
        let mut ledger = self.ledger();
        if self.board.is_shown() != shown {
            ledger.forget();
            self.board.show(shown);
        }
    }

    fn note(&self, key: &str, size: Option<u64>) {
        if !self.covers(key) {
            return;
        }
        let (hash, tenant) = (self.hash(key), self.tenant(key));
        let mut ledger = self.ledger();
        match ledger.note(hash, size, tenant.as_deref()) {
            Noted::Nothing => {}
            Noted::Changed(before, after) => self.board.change(tenant.as_deref(), before, after),
            Noted::Full => self.board.status(Status::Partial),
        }
    }

    fn covers(&self, key: &str) -> bool {
        let below = match &self.prefix {
            Some(prefix) => key.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('/')),
            None => true,
        };
        let mut paths = key.match_indices('/').map(|(at, _)| &key[..at]).chain([key]);
        below && !paths.any(|path| self.leaves_out(path))
    }

    fn leaves_out(&self, path: &str) -> bool {
        self.except.as_ref().is_some_and(|except| except(path)) || self.lease.get().is_some_and(|lease| lease == path)
    }

    fn tenant(&self, key: &str) -> Option<String> {
        self.tenants.as_ref().and_then(|tenants| tenants(key))
    }

    fn hash(&self, key: &str) -> u64 {
        self.hasher.hash_one(key)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("prefix", &self.prefix).field("board", &self.board).finish_non_exhaustive()
    }
}

impl fmt::Debug for UsageBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageBuilder").field("store", &self.store).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
