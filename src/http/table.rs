//! A table that only grows, up to a limit, and is read without waiting for anyone.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Values by a hash and a test of one's own. Nothing is ever removed: a place that was found stays.
#[derive(Debug)]
pub(super) struct Table<V> {
    slots: Box<[OnceLock<(u64, V)>]>,
    taken: AtomicUsize,
    limit: usize,
}

impl<V> Table<V> {
    /// A table of at most `limit` values; a few more where several threads add the last ones at once.
    pub(super) fn new(limit: usize) -> Self {
        // Half of it stays empty, so that a search ends soon, and ends at all.
        let slots = (2 * limit.max(1)).next_power_of_two();
        Self { slots: (0..slots).map(|_| OnceLock::new()).collect(), taken: AtomicUsize::new(0), limit }
    }

    /// The value, and its place.
    #[inline]
    pub(super) fn find(&self, hash: u64, is: impl Fn(&V) -> bool) -> Option<(usize, &V)> {
        for place in self.places(hash) {
            let (found, value) = self.slots[place].get()?;
            if *found == hash && is(value) {
                return Some((place, value));
            }
        }
        None
    }

    /// The value and its place, made if it is not there; nothing where the table is full.
    #[cold]
    pub(super) fn add(&self, hash: u64, is: impl Fn(&V) -> bool, make: impl FnOnce() -> V) -> Option<(usize, &V)> {
        if self.taken.load(Ordering::Relaxed) >= self.limit {
            return self.find(hash, is);
        }
        let mut made = Some((hash, make()));
        for place in self.places(hash) {
            let slot = &self.slots[place];
            if let Some(value) = made.take() {
                match slot.set(value) {
                    Ok(()) => {
                        self.taken.fetch_add(1, Ordering::Relaxed);
                        return slot.get().map(|(_, value)| (place, value));
                    }
                    Err(value) => made = Some(value),
                }
            }
            let (found, value) = slot.get()?;
            // Another thread may have been faster.
            if *found == hash && is(value) {
                return Some((place, value));
            }
        }
        None
    }

    /// The value at a place that was found before.
    pub(super) fn at(&self, place: usize) -> Option<&V> {
        self.slots.get(place)?.get().map(|(_, value)| value)
    }

    fn places(&self, hash: u64) -> impl Iterator<Item = usize> + use<V> {
        let mask = self.slots.len() - 1;
        let start = (hash >> 32) as usize;
        (0..self.slots.len()).map(move |step| (start + step) & mask)
    }
}

/// Mixes a word well: the two halves of a product, as wyhash and its kin do.
#[inline]
pub(super) fn mix(word: u64) -> u64 {
    let product = u128::from(word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
    (product >> 64) as u64 ^ product as u64
}

/// Texts, each with a small number.
#[derive(Debug)]
pub(super) struct Names {
    table: Table<Arc<str>>,
    seed: u64,
}

/// The number of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name(pub(super) u16);

impl Name {
    /// There is none.
    pub(super) const NONE: Self = Self(u16::MAX);
    /// One of those for which there is no room.
    pub(super) const OTHER: Self = Self(u16::MAX - 1);
}

impl Names {
    pub(super) fn new(limit: usize) -> Self {
        Self { table: Table::new(limit), seed: RandomState::new().hash_one(0_u64) }
    }

    #[inline]
    pub(super) fn name(&self, text: &str) -> Name {
        let hash = self.hash(text.as_bytes());
        let is = |known: &Arc<str>| **known == *text;
        let found = self.table.find(hash, is).or_else(|| self.table.add(hash, is, || text.into()));
        found.and_then(|(place, _)| u16::try_from(place).ok()).map_or(Name::OTHER, Name)
    }

    pub(super) fn text(&self, name: Name) -> Option<&str> {
        self.table.at(usize::from(name.0)).map(AsRef::as_ref)
    }

    /// Seeded, since a client chooses some of the texts that are looked up.
    #[inline]
    fn hash(&self, bytes: &[u8]) -> u64 {
        let mut chunks = bytes.chunks_exact(8);
        let mut hash = self.seed ^ bytes.len() as u64;
        for chunk in &mut chunks {
            hash = mix(hash ^ chunk.first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight)));
        }
        let rest = chunks.remainder().iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        mix(hash ^ rest)
    }
}
