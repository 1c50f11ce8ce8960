use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{RwLock, TryLockError};

use opentelemetry::{Key, KeyValue, Value};

/// The attribute sets that an instrument has measured lately, each with what was remembered for it.
///
/// A set is found whatever the order of its attributes, without allocating, and without waiting: while
/// another thread writes, nothing is found.
#[derive(Debug)]
pub(super) struct Lookup<V> {
    /// The keys that tell sets apart, hashed; `None` if all do.
    keys: Option<Box<[u64]>>,
    limit: usize,
    seed: u64,
    random: RandomState,
    entries: RwLock<HashMap<u64, Entry<V>, BuildHasherDefault<Hashed>>>,
}

#[derive(Debug)]
struct Entry<V> {
    attributes: Box<[KeyValue]>,
    value: V,
    /// Whether it was found since the last sweep.
    used: AtomicBool,
}

/// What a lookup came to.
#[derive(Debug, PartialEq)]
pub(super) enum Found<R> {
    /// The set is remembered.
    Known(R),
    /// It is not. The selection is for [`Lookup::remember`].
    Unknown(Selection),
    /// Another thread writes.
    Busy,
}

/// The attributes of a set that count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Selection {
    hash: u64,
    /// One bit for each attribute; those past the last bit do not fit, and such sets are never remembered.
    mask: u64,
    fits: bool,
}

/// The hash of a set is its own hash.
#[derive(Debug, Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| fold(hash ^ u64::from(*byte)));
    }
}

impl<V> Lookup<V> {
    /// Remembers at most `limit` sets, told apart by `keys`.
    pub(super) fn new(keys: Option<&[Key]>, limit: usize) -> Self {
        let random = RandomState::new();
        let seed = random.hash_one(0_u64);
        Self {
            keys: keys.map(|keys| keys.iter().map(|key| hash_text(seed, key.as_str())).collect()),
            limit,
            seed,
            random,
            entries: RwLock::default(),
        }
    }

    /// Runs `f` with what was remembered for this set.
    #[inline]
    pub(super) fn find<R>(&self, attributes: &[KeyValue], f: impl FnOnce(&V) -> R) -> Found<R> {
        let selection = self.select(attributes);
        let entries = match self.entries.try_read() {
            Ok(entries) => entries,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Found::Busy,
        };
        match entries.get(&selection.hash) {
            Some(entry) if entry.is(attributes, selection) => {
                // A store to a line that others read costs them more than the look.
                if !entry.used.load(Ordering::Relaxed) {
                    entry.used.store(true, Ordering::Relaxed);
                }
                Found::Known(f(&entry.value))
            }
            _ => Found::Unknown(selection),
        }
    }

    /// Whether there is room for this set, and it can be told from others.
    pub(super) fn accepts(&self, attributes: &[KeyValue], selection: Selection) -> bool {
        // The SDK takes the first of two equal keys, so the order of such a set matters.
        let mut selected = selection.of(attributes);
        let distinct = std::iter::from_fn(|| selected.next().map(|attribute| (attribute, selected.clone())))
            .all(|(attribute, mut rest)| rest.all(|other| other.key != attribute.key));
        let entries = self.entries.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        selection.fits && distinct && entries.len() < self.limit && !entries.contains_key(&selection.hash)
    }

    pub(super) fn remember(&self, attributes: &[KeyValue], selection: Selection, value: V) {
        let attributes = selection.of(attributes).cloned().collect();
        let entry = Entry { attributes, value, used: AtomicBool::new(true) };
        let mut entries = self.entries.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let replaced = entries.insert(selection.hash, entry);
        drop(entries);
        drop(replaced);
    }

    /// Forgets what was not found since the last sweep.
    pub(super) fn sweep(&self) {
        let unused: Vec<u64> = {
            let entries = self.entries.read().unwrap_or_else(|poisoned| poisoned.into_inner());
            let unused = entries.iter().filter(|(_, entry)| !entry.used.swap(false, Ordering::Relaxed));
            unused.map(|(hash, _)| *hash).collect()
        };
        if unused.is_empty() {
            return;
        }
        let mut entries = self.entries.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let forgotten: Vec<_> = unused.iter().filter_map(|hash| entries.remove(hash)).collect();
        drop(entries);
        drop(forgotten);
    }

    #[inline]
    fn select(&self, attributes: &[KeyValue]) -> Selection {
        let mut selection = Selection { hash: self.seed, mask: 0, fits: attributes.len() <= u64::BITS as usize };
        for (place, attribute) in attributes.iter().enumerate() {
            let key = hash_text(self.seed, attribute.key.as_str());
            if self.keys.as_ref().is_some_and(|keys| !keys.contains(&key)) {
                continue;
            }
            // A sum does not depend on the order.
            selection.hash = selection.hash.wrapping_add(fold(key ^ self.hash_value(attribute)));
            selection.mask |= 1_u64.checked_shl(place as u32).unwrap_or(0);
        }
        selection
    }

    #[inline]
    fn hash_value(&self, attribute: &KeyValue) -> u64 {
        match &attribute.value {
            Value::String(text) => hash_text(!self.seed, text.as_str()),
            Value::I64(number) => fold(self.seed ^ *number as u64),
            Value::Bool(truth) => fold(self.seed.wrapping_add(u64::from(*truth))),
            _ => self.random.hash_one(attribute),
        }
    }
}

impl Selection {
    fn of(self, attributes: &[KeyValue]) -> impl Iterator<Item = &KeyValue> + Clone {
        attributes.iter().enumerate().filter(move |(place, _)| self.mask >> (place & 63) & 1 == 1).map(|(_, kept)| kept)
    }
}

impl<V> Entry<V> {
    /// Whether this is the entry of that set. Both have each key once, or the hashes would differ.
    #[inline]
    fn is(&self, attributes: &[KeyValue], selection: Selection) -> bool {
        selection.fits
            && selection.mask.count_ones() as usize == self.attributes.len()
            && selection.of(attributes).enumerate().all(|(place, attribute)| {
                self.attributes.get(place) == Some(attribute) || self.attributes.contains(attribute)
            })
    }
}

/// The hash of a text: eight bytes at a time, as wyhash and its kin do.
#[inline]
fn hash_text(seed: u64, text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = seed ^ bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        hash = fold(hash ^ chunk.first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight)));
    }
    let rest = chunks.remainder();
    if rest.is_empty() {
        return hash;
    }
    // The last bytes, however many, without a loop: what is read twice does no harm.
    let tail = match (bytes.last_chunk::<8>(), rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        (Some(eight), ..) => u64::from_le_bytes(*eight),
        (None, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => u64::from(rest[0]) << 16 | u64::from(rest[rest.len() / 2]) << 8 | u64::from(rest[rest.len() - 1]),
    };
    fold(hash ^ tail)
}

/// Mixes all bits of a word into all bits.
#[inline]
fn fold(word: u64) -> u64 {
    let product = u128::from(word ^ 0x9E37_79B9_7F4A_7C15) * u128::from(0xA076_1D64_78BD_642F_u64);
    (product >> 64) as u64 ^ product as u64
}
