//! The sizes of the objects that are known, and what changes while a scan runs.

use super::super::Error;
use crate::catalog::OTHER;
use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasherDefault, Hasher},
};

/// More tenants than this are not told apart. Far fewer of them get a label of their own.
pub(super) const TENANTS_LIMIT: usize = 1000;

/// Bytes, and the objects that they are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) bytes: u64,
    pub(super) objects: u64,
}

/// Sizes by the hash of the key: a map of whole keys would be several times as large.
pub(super) type Sizes = HashMap<u64, u64, BuildHasherDefault<Hashed>>;

/// What each tenant has.
pub(super) type Totals = HashMap<Option<String>, Total>;

/// What is known of a store's objects. The running total is the sum of `sizes`, so an object's size counts once,
/// and goes as it came, whatever was done to the object behind telecine's back.
#[derive(Debug)]
pub(super) struct Ledger {
    limit: usize,
    /// None until the total is known.
    sizes: Option<Sizes>,
    changes: Option<Changes>,
}

/// What was written and removed since a scan began: the latest of each object, for a scan may have seen it
/// before, and may have seen it after.
#[derive(Debug, Default)]
struct Changes {
    by_key: HashMap<u64, Change, BuildHasherDefault<Hashed>>,
    lost: bool,
}

#[derive(Debug)]
struct Change {
    size: Option<u64>,
    tenant: Option<String>,
}

/// What a change of an object means for the total.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// Nothing: it is not known yet, or as it was.
    Nothing,
    /// The object had the first size, and has the second; without one it is not there.
    Changed(Option<u64>, Option<u64>),
    /// More objects than are remembered.
    Full,
}

/// What a scan has found.
#[derive(Debug, Default)]
pub(super) struct Found {
    sizes: Sizes,
    totals: Totals,
}

/// Passes on what is a hash already.
#[derive(Debug, Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Total {
    /// One object instead of another, or of none.
    pub(super) fn change(&mut self, before: Option<u64>, after: Option<u64>) {
        self.bytes = self.bytes.saturating_add(after.unwrap_or(0)).saturating_sub(before.unwrap_or(0));
        self.objects = (self.objects + u64::from(after.is_some())).saturating_sub(u64::from(before.is_some()));
    }
}

impl Ledger {
    pub(super) fn new(limit: usize, empty: bool) -> Self {
        Self { limit, sizes: empty.then(Sizes::default), changes: None }
    }

    /// Forgets all, and the scan that runs.
    pub(super) fn forget(&mut self) {
        self.sizes = None;
        self.changes = None;
    }

    /// An object has this size now; without one it is gone.
    pub(super) fn note(&mut self, key: u64, size: Option<u64>, tenant: Option<&str>) -> Noted {
        if let Some(changes) = &mut self.changes {
            changes.note(key, size, tenant, self.limit);
        }
        let Some(sizes) = &mut self.sizes else { return Noted::Nothing };
        let before = match size {
            Some(size) => {
                let full = sizes.len() >= self.limit;
                match sizes.entry(key) {
                    Entry::Occupied(mut known) => Some(known.insert(size)),
                    Entry::Vacant(_) if full => return Noted::Full,
                    Entry::Vacant(new) => {
                        new.insert(size);
                        None
                    }
                }
            }
            None => sizes.remove(&key),
        };
        if before == size { Noted::Nothing } else { Noted::Changed(before, size) }
    }

    /// The size of an object, if it is known.
    pub(super) fn size(&self, key: u64) -> Option<u64> {
        let changed = self.changes.as_ref().and_then(|changes| changes.by_key.get(&key));
        match (changed, &self.sizes) {
            (Some(change), _) => change.size,
            (None, Some(sizes)) => sizes.get(&key).copied(),
            (None, None) => None,
        }
    }

    /// Whether anybody wants to know of changes.
    pub(super) fn listens(&self) -> bool {
        self.sizes.is_some() || self.changes.is_some()
    }

    /// A scan begins.
    pub(super) fn begin(&mut self) {
        self.changes = Some(Changes::default());
    }

    /// The scan that runs is given up.
    pub(super) fn abandon(&mut self) {
        self.changes = None;
    }

    /// A scan is done: what it found and what changed since it began is what is known now. Gives the totals, and what
    /// was known before, to be dropped where nobody waits.
    pub(super) fn complete(&mut self, mut found: Found) -> Result<(Totals, Option<Sizes>), Error> {
        let changes = self.changes.take().ok_or(Error::Hidden)?;
        for (key, change) in changes.by_key {
            found.set(key, change.size, change.tenant.as_deref());
        }
        if changes.lost || found.sizes.len() > self.limit {
            return Err(Error::TooMany { limit: self.limit });
        }
        Ok((found.totals, self.sizes.replace(found.sizes)))
    }
}

impl Changes {
    fn note(&mut self, key: u64, size: Option<u64>, tenant: Option<&str>, limit: usize) {
        if self.by_key.len() >= limit && !self.by_key.contains_key(&key) {
            self.lost = true;
            return;
        }
        self.by_key.insert(key, Change { size, tenant: tenant.map(str::to_owned) });
    }
}

impl Found {
    pub(super) fn len(&self) -> usize {
        self.sizes.len()
    }

    /// An object has this size; without one it is not there.
    pub(super) fn set(&mut self, key: u64, size: Option<u64>, tenant: Option<&str>) {
        let before = match size {
            Some(size) => self.sizes.insert(key, size),
            None => self.sizes.remove(&key),
        };
        if before.is_some() || size.is_some() {
            self.total(tenant).change(before, size);
        }
    }

    fn total(&mut self, tenant: Option<&str>) -> &mut Total {
        let tenant = tenant.map(str::to_owned);
        let known = self.totals.contains_key(&tenant) || self.totals.len() < TENANTS_LIMIT;
        let tenant = if known { tenant } else { Some(OTHER.to_owned()) };
        self.totals.entry(tenant).or_default()
    }
}
