//! What may not take too long.

use std::time::Duration;

use tokio::time::Instant;

use crate::ffmpeg::Options;

/// Far enough to be never: a timer needs some time.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// Why it was asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Its user has enough.
    Stopped,
    /// It took too long.
    TimedOut,
    /// It stood still.
    Stalled,
}

/// The times at which something is to be done.
#[derive(Debug)]
pub(super) struct Watch {
    stall_after: Duration,
    stop_within: Duration,
    over: Instant,
    still: Instant,
    kill: Instant,
    streams: Option<Instant>,
    ending: Option<Ending>,
}

impl Watch {
    pub(super) fn new(options: &Options) -> Self {
        let now = Instant::now();
        Self {
            stall_after: options.stall_after.min(NEVER),
            stop_within: options.stop_within.min(NEVER),
            over: now + options.timeout.unwrap_or(NEVER).min(NEVER),
            still: now + options.stall_after.min(NEVER),
            kill: now + NEVER,
            streams: None,
            ending: None,
        }
    }

    /// The next time.
    pub(super) fn next(&self) -> Instant {
        match self.streams {
            Some(streams) => streams,
            None if self.ending.is_some() => self.kill,
            None => self.over.min(self.still),
        }
    }

    pub(super) fn progressed(&mut self) {
        self.still = Instant::now() + self.stall_after;
    }

    /// It stands still: that is counted once, until it moves again.
    pub(super) fn stalled(&mut self) {
        self.still = Instant::now() + NEVER;
    }

    pub(super) fn end(&mut self, ending: Ending) {
        self.ending = Some(ending);
        self.kill = Instant::now() + self.stop_within;
    }

    pub(super) fn killed(&mut self) {
        self.kill = Instant::now() + NEVER;
    }

    pub(super) fn exited(&mut self, streams_within: Duration) {
        self.streams = Some(Instant::now() + streams_within);
    }

    pub(super) fn ending(&self) -> Option<Ending> {
        self.ending
    }

    pub(super) fn is_to_be_killed(&self, now: Instant) -> bool {
        self.ending.is_some() && now >= self.kill
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.ending.is_none() && now >= self.over
    }

    pub(super) fn is_still(&self, now: Instant) -> bool {
        self.ending.is_none() && now >= self.still
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep_until;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_stall_is_one_until_it_moves_again() {
        let mut watch = Watch::new(&Options { stall_after: 10 * SECOND, ..Options::default() });
        let start = Instant::now();
        sleep_until(watch.next()).await;
        assert_eq!(start.elapsed(), 10 * SECOND);
        assert!(watch.is_still(Instant::now()));
        watch.stalled();
        tokio::time::advance(1000 * SECOND).await;
        assert!(!watch.is_still(Instant::now()));
        watch.progressed();
        tokio::time::advance(9 * SECOND).await;
        watch.progressed();
        tokio::time::advance(9 * SECOND).await;
        assert!(!watch.is_still(Instant::now()), "it moved");
        tokio::time::advance(SECOND).await;
        assert!(watch.is_still(Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_asked_to_end_is_killed_once_and_late() {
        let options = Options { timeout: Some(60 * SECOND), stop_within: 5 * SECOND, ..Options::default() };
        let mut watch = Watch::new(&options);
        tokio::time::advance(60 * SECOND).await;
        assert!(watch.is_over(Instant::now()));
        watch.end(Ending::TimedOut);
        assert!(!watch.is_over(Instant::now()) && !watch.is_to_be_killed(Instant::now()));
        sleep_until(watch.next()).await;
        assert!(watch.is_to_be_killed(Instant::now()) && !watch.is_still(Instant::now()));
        watch.killed();
        assert!(!watch.is_to_be_killed(Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn no_limit_is_too_large() {
        let options = Options {
            timeout: Some(Duration::MAX),
            stall_after: Duration::MAX,
            stop_within: Duration::MAX,
            ..Options::default()
        };
        let mut watch = Watch::new(&options);
        watch.progressed();
        watch.end(Ending::Stopped);
        assert!(watch.next() > Instant::now());
    }
}
