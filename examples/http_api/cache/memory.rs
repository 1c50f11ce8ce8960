//! A cache in this process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<String, (String, Instant)>>);

/// Keys come from outside: no more than these are kept.
const MOST: usize = 1000;

impl Memory {
    pub(super) fn get(&self, key: &str) -> Option<String> {
        let entries = self.entries();
        entries.get(key).filter(|(_, until)| *until > Instant::now()).map(|(value, _)| value.clone())
    }

    pub(super) fn set(&self, key: &str, value: &str, life: Duration) {
        let (mut entries, now) = (self.entries(), Instant::now());
        if entries.len() >= MOST {
            entries.retain(|_, (_, until)| *until > now);
        }
        if entries.len() < MOST {
            entries.insert(key.to_owned(), (value.to_owned(), now + life));
        }
    }

    pub(super) fn remove(&self, key: &str) {
        self.entries().remove(key);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, (String, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
