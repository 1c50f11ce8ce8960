//! Playback: `media.playback.*`. One session is one player that plays one media.

use super::definition::Instrument;

/// Seconds watched.
pub const WATCH_TIME: Instrument =
    Instrument::counter("media.playback.watch_time", "s", "Media time that players say was watched");

/// Players that play.
pub const SESSIONS: Instrument =
    Instrument::up_down_counter("media.playback.sessions", "{session}", "Players that play now");

/// Media that was watched.
pub const VIEWS: Instrument = Instrument::counter(
    "media.playback.views",
    "{view}",
    "Sessions that have watched enough to count as a view: 30 s, or half of a shorter media, unless the program says otherwise",
);

/// All of them.
pub const ALL: &[Instrument] = &[WATCH_TIME, SESSIONS, VIEWS];
