//! When something that failed is tried again.

use std::time::Duration;

use super::schedule::random;

/// When a run that failed is tried again: after `first`, then after twice as long each time, up to `max`. Each
/// pause is a random part, at least half, of that.
///
/// ```
/// use std::time::Duration;
/// use telecine::work::Backoff;
///
/// let backoff = Backoff { retries: 5, ..Backoff::default() };
/// assert_eq!((backoff.first, backoff.max), (Duration::from_secs(1), Duration::from_secs(60)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// How often it is tried again before the task waits for its next time; 3 by default.
    pub retries: u32,
    /// The first pause; 1 s by default.
    pub first: Duration,
    /// The longest pause; 60 s by default.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { retries: 3, first: Duration::from_secs(1), max: Duration::from_secs(60) }
    }
}

impl Backoff {
    /// The pause after so many failures in a row; nothing where it is not tried again.
    pub(super) fn pause(&self, failures: u32) -> Option<Duration> {
        if failures == 0 || failures > self.retries {
            return None;
        }
        let doubled = 2_u32.checked_pow(failures - 1).and_then(|factor| self.first.checked_mul(factor));
        let longest = doubled.unwrap_or(self.max).min(self.max);
        Some(longest / 2 + random(longest / 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_end() {
        let backoff = Backoff { retries: 40, first: Duration::from_secs(1), max: Duration::from_secs(10) };
        for (failures, longest) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (40, 10)] {
            let pause = backoff.pause(failures).unwrap();
            let longest = Duration::from_secs(longest);
            assert!(pause >= longest / 2 && pause <= longest, "{failures}: {pause:?}");
        }
        assert_eq!((backoff.pause(0), backoff.pause(41)), (None, None));
        let forever = Backoff { retries: u32::MAX, first: Duration::MAX, max: Duration::MAX };
        assert!(forever.pause(u32::MAX).is_some());
    }
}
