//! When a task runs.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

/// When a task runs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Schedule {
    pub(super) every: Duration,
    pub(super) jitter: Duration,
    pub(super) first_after: Duration,
}

/// What `tokio` takes for never: thirty years.
const NEVER: Duration = Duration::from_secs(86400 * 365 * 30);

impl Schedule {
    /// When the first run is due.
    pub(super) fn first(&self, now: Instant) -> Instant {
        later(now, self.first_after)
    }

    /// When the run after the one that was due then is: the first of its times that is not over.
    pub(super) fn next(&self, due: Instant, now: Instant) -> Instant {
        let next = later(due, self.every);
        if next > now {
            return next;
        }
        let nanos = self.every.as_nanos();
        let past = now.saturating_duration_since(due).as_nanos().checked_rem(nanos).unwrap_or(0);
        // Less than the interval, which is shorter here than the time since `due`: the cast loses nothing.
        later(now, Duration::from_nanos((nanos - past) as u64))
    }

    /// When the run that is due then starts.
    pub(super) fn start(&self, due: Instant) -> Instant {
        later(due, random(self.jitter.min(self.every)))
    }
}

/// A random time up to this.
pub(super) fn random(most: Duration) -> Duration {
    let fraction = (RandomState::new().hash_one(0_u8) >> 11) as f64 / (1_u64 << 53) as f64;
    Duration::try_from_secs_f64(most.as_secs_f64() * fraction).unwrap_or(most).min(most)
}

fn later(from: Instant, by: Duration) -> Instant {
    from.checked_add(by.min(NEVER)).unwrap_or(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_are_missed_are_skipped_and_the_beat_is_kept() {
        let schedule = Schedule { every: Duration::from_secs(10), ..Schedule::default() };
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(schedule.next(start, after(3)), after(10));
        assert_eq!(schedule.next(start, after(10)), after(20));
        assert_eq!(schedule.next(start, after(34)), after(40));
        assert_eq!(schedule.first(start), start);
        assert!(Schedule { every: Duration::MAX, ..schedule }.next(start, after(1)) > after(1_000_000));
    }

    #[test]
    fn a_run_starts_no_later_than_the_jitter_after_its_time() {
        let jitter = Duration::from_secs(5);
        let schedule = Schedule { every: Duration::from_secs(10), jitter, ..Schedule::default() };
        let due = Instant::now();
        let delays: Vec<_> = (0..100).map(|_| schedule.start(due) - due).collect();
        assert!(delays.iter().all(|delay| *delay <= jitter), "{delays:?}");
        assert!(delays.windows(2).any(|pair| pair[0] != pair[1]), "{delays:?}");
        assert_eq!(Schedule { jitter: Duration::ZERO, ..schedule }.start(due), due);
    }
}
