//! A cache: what it had, and what it had not.

use std::sync::Arc;

use crate::catalog::{attribute, cache as definitions};
use crate::operation::{BoundCounter, Counter, Instruments};

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    hits: Counter,
    misses: Counter,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self { hits: instruments.counter(&definitions::HITS), misses: instruments.counter(&definitions::MISSES) }
    }
}

/// Counts the look-ups of a cache, whatever keeps what is in it. A clone is the same.
///
/// ```
/// use std::collections::HashMap;
///
/// # let data = telecine::data::Data::new(&telecine::operation::Instruments::noop());
/// let cache = data.cache("manifests");
///
/// // A map:
/// let mut manifests = HashMap::from([("a", "#EXTM3U")]);
/// let manifest = cache.found(manifests.get("a"));
/// assert_eq!(manifest, Some(&"#EXTM3U"));
///
/// // A cache in another process answers by an `Option` too: `cache.found(redis.get(key).await?)`.
/// // One that loads what is missing says whether it did:
/// let is_hit = manifests.contains_key("b");
/// manifests.entry("b").or_insert("#EXTM3U");
/// cache.looked_up(is_hit);
/// ```
#[derive(Clone, Debug)]
pub struct Cache {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    hits: BoundCounter,
    misses: BoundCounter,
}

impl Cache {
    pub(super) fn new(instruments: &Instruments, metrics: &Metrics, name: &str) -> Self {
        let labels = instruments.labels().set(&attribute::CACHE_NAME, name);
        let shared = Shared { hits: metrics.hits.bind(&labels), misses: metrics.misses.bind(&labels) };
        Self { shared: Arc::new(shared) }
    }

    /// A look-up found what it asked for.
    pub fn hit(&self) {
        self.shared.hits.add(1);
    }

    /// A look-up did not find what it asked for.
    pub fn miss(&self) {
        self.shared.misses.add(1);
    }

    /// A look-up found what it asked for, or did not.
    pub fn looked_up(&self, is_hit: bool) {
        if is_hit { self.hit() } else { self.miss() }
    }

    /// Counts what a look-up found, and gives it back.
    pub fn found<T>(&self, found: Option<T>) -> Option<T> {
        self.looked_up(found.is_some());
        found
    }

    /// Counts what a look-up found, and gives it back, or what `load` makes.
    pub fn get_with<T>(&self, found: Option<T>, load: impl FnOnce() -> T) -> T {
        self.found(found).unwrap_or_else(load)
    }

    /// Counts what a look-up found, and gives it back, or what `load` gives in time.
    ///
    /// # Errors
    /// Those of `load`. The look-up was a miss all the same.
    pub async fn try_get_with<T, E, F>(&self, found: Option<T>, load: impl FnOnce() -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        match self.found(found) {
            Some(found) => Ok(found),
            None => load().await,
        }
    }
}
