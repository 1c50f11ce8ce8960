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
