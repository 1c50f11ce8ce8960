//! Playback: players that play, what of it is watched, and what counts as a view.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::catalog::playback as definitions;
use crate::operation::{BoundCounter, BoundTimeCounter, Counter, InFlight, Instruments, TimeCounter, UpDownCounter};

/// Watch time after which a session counts as a view, unless [`Playback::view_after`] says otherwise.
pub const DEFAULT_VIEW_AFTER: Duration = Duration::from_secs(30);

/// The fastest that a player may play, in times real time. Watch time past it is not believed.
pub const FASTEST: u32 = 4;

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    watch_time: TimeCounter,
    sessions: UpDownCounter,
    views: Counter,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self {
            watch_time: instruments.time_counter(&definitions::WATCH_TIME),
            sessions: instruments.up_down_counter(&definitions::SESSIONS),
            views: instruments.counter(&definitions::VIEWS),
        }
    }
}

/// A player that is about to play one media.
#[must_use = "a playback that is not started is not measured"]
#[derive(Debug)]
pub struct Playback {
    instruments: Instruments,
    metrics: Metrics,
    length: Option<Duration>,
    view_after: Duration,
}

/// A player that plays. It counts as active until it is dropped.
///
/// Players say now and then how much they have played since they last said so; browsers send it as a
/// request. A session that is watched long enough counts as one view, once: for
/// [`DEFAULT_VIEW_AFTER`], or for half of a media that is shorter than twice that.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// # let media = telecine::media::Media::new(&telecine::operation::Instruments::noop());
/// let started = Instant::now();
/// let session = media.playback().length(Duration::from_secs(20)).start();
/// session.heartbeat_at(started + Duration::from_secs(10), Duration::from_secs(10));
/// assert_eq!(session.watched(), Duration::from_secs(10));
/// assert!(session.is_view());
/// ```
///
/// What a player says comes from outside, so it is not believed past [`FASTEST`] times the time that has
/// gone by since the session's start: a request that claims a day of watching counts as the seconds that it
/// can be.
#[must_use = "a session that is dropped has ended"]
#[derive(Debug)]
pub struct Session {
    watch_time: BoundTimeCounter,
    views: BoundCounter,
    view_after: Duration,
    started: Instant,
    heard: Mutex<Heard>,
    _in_flight: InFlight,
}

#[derive(Debug)]
struct Heard {
    watched: Duration,
    is_view: bool,
    last: Instant,
}

impl Playback {
    pub(super) fn new(instruments: &Instruments, metrics: &Metrics) -> Self {
        Self {
            instruments: instruments.clone(),
            metrics: metrics.clone(),
            length: None,
            view_after: DEFAULT_VIEW_AFTER,
        }
    }

    /// The media's length. Half of it is enough for a view where that is shorter than what is asked for.
    pub fn length(mut self, length: Duration) -> Self {
        self.length = Some(length);
        self
    }

    /// Watch time after which the session counts as a view; [`DEFAULT_VIEW_AFTER`] otherwise.
    pub fn view_after(mut self, view_after: Duration) -> Self {
        self.view_after = view_after;
        self
    }

    /// The player plays from now on.
    pub fn start(self) -> Session {
        self.start_at(Instant::now())
    }

    /// The player has played since then.
    pub fn start_at(self, started: Instant) -> Session {
        let labels = self.instruments.labels();
        Session {
            watch_time: self.metrics.watch_time.bind(&labels),
            views: self.metrics.views.bind(&labels),
            view_after: self.length.map_or(self.view_after, |length| self.view_after.min(length / 2)),
            started,
            heard: Mutex::new(Heard { watched: Duration::ZERO, is_view: false, last: started }),
            _in_flight: self.metrics.sessions.hold(&labels),
        }
    }
}

impl Session {
    /// The player has played so much since the last heartbeat, or since its start.
    pub fn heartbeat(&self, watched: Duration) {
        self.heartbeat_at(Instant::now(), watched);
    }

    /// [`heartbeat`](Self::heartbeat), heard at another time than now.
    pub fn heartbeat_at(&self, at: Instant, watched: Duration) {
        let mut heard = self.heard();
        let possible = at.saturating_duration_since(self.started).saturating_mul(FASTEST);
        let watched = watched.min(possible.saturating_sub(heard.watched));
        heard.watched += watched;
        heard.last = heard.last.max(at);
        self.watch_time.add(watched.as_secs_f64());
        if !heard.is_view && heard.watched >= self.view_after && !heard.watched.is_zero() {
            heard.is_view = true;
            self.views.add(1);
        }
    }

    /// What was watched so far.
    pub fn watched(&self) -> Duration {
        self.heard().watched
    }

    /// Whether it has counted as a view.
    pub fn is_view(&self) -> bool {
        self.heard().is_view
    }

    /// When the player was last heard of: to drop sessions of players that went away.
    pub fn last_heard(&self) -> Instant {
        self.heard().last
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
