use std::time::Duration;

use super::Progress;

/// Turns blocks, whose figures are totals since the start, into increments.
///
/// Every total is monotonic: one that goes back adds nothing until it has passed its highest value.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    frames: u64,
    dropped: u64,
    duplicated: u64,
    media_us: u64,
    /// With `-copyts` the clock is the input's own: what it shows first is where the output begins.
    relative: bool,
    origin_us: Option<i64>,
}

/// What was done since the block before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Increment {
    /// Frames encoded.
    pub frames: u64,
    /// Frames left out.
    pub dropped: u64,
    /// Frames repeated.
    pub duplicated: u64,
    /// Media time produced.
    pub media_time: Duration,
}

impl Tracker {
    /// Counts media time from the first time that is seen, rather than from zero: for an ffmpeg that
    /// runs with `-copyts`, whose clock is the input's.
    #[must_use]
    pub fn relative(mut self) -> Self {
        self.relative = true;
        self
    }

    /// Takes the next block.
    pub fn advance(&mut self, progress: &Progress) -> Increment {
        let mut media_us = progress.out_time_us;
        if let (true, Some(us)) = (self.relative, media_us) {
            media_us = us.checked_sub(*self.origin_us.get_or_insert(us));
        }
        Increment {
            frames: raise(&mut self.frames, progress.frame),
            dropped: raise(&mut self.dropped, progress.drop_frames),
            duplicated: raise(&mut self.duplicated, progress.dup_frames),
            media_time: Duration::from_micros(raise(&mut self.media_us, media_us.and_then(|us| us.try_into().ok()))),
        }
    }

    /// What was done since the start.
    #[must_use]
    pub fn total(&self) -> Increment {
        Increment {
            frames: self.frames,
            dropped: self.dropped,
            duplicated: self.duplicated,
            media_time: Duration::from_micros(self.media_us),
        }
    }
}

impl Increment {
    /// Whether the output grew: a frame, or media time.
    #[must_use]
    pub fn is_progress(&self) -> bool {
        self.frames > 0 || !self.media_time.is_zero()
    }
}

fn raise(highest: &mut u64, now: Option<u64>) -> u64 {
    let added = now.unwrap_or(0).saturating_sub(*highest);
    *highest += added;
    added
}
