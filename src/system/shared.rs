//! One reading for all the instruments that are asked in a collection.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How old a reading may be that an instrument is given. Two collections may run at once, by the two
/// exits; what one of them has read is the other's too, for no longer than this.
const FRESH_FOR: Duration = Duration::from_millis(50);

/// Reads once for the instruments of a collection. The SDK asks each by itself; one that asks again does so
/// for another collection, and a new reading is made.
pub(super) struct Shared<T> {
    read: Box<dyn Fn() -> T + Send + Sync>,
    last: Mutex<Option<Last<T>>>,
}

struct Last<T> {
    reading: Arc<T>,
    at: Instant,
    /// Those who were given it, a bit for each.
    given_to: u32,
}

impl<T> Shared<T> {
    pub(super) fn new(read: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self { read: Box::new(read), last: Mutex::default() }
    }

    /// The reading for an instrument, each of which has a number of its own below 32.
    pub(super) fn reading_for(&self, instrument: usize) -> Arc<T> {
        let bit = 1 << instrument;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last.as_mut() {
            Some(last) if last.given_to & bit == 0 && last.at.elapsed() < FRESH_FOR => {
                last.given_to |= bit;
                Arc::clone(&last.reading)
            }
            _ => {
                let reading = Arc::new((self.read)());
                *last = Some(Last { reading: Arc::clone(&reading), at: Instant::now(), given_to: bit });
                reading
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn instruments_of_a_collection_share_a_reading_and_the_next_collection_has_its_own() {
        let reads = AtomicUsize::new(0);
        let shared = Shared::new(move || reads.fetch_add(1, Ordering::Relaxed));
        let collect = || [shared.reading_for(0), shared.reading_for(1), shared.reading_for(2)].map(|reading| *reading);
        // A reading may be old by the time of the next instrument, on a machine that is busy.
        let (first, second) = (collect(), collect());
        assert!(first[0] == 0 && first.is_sorted(), "{first:?}");
        assert!(second[0] > first[2] && second.is_sorted(), "{second:?}");
    }
}
