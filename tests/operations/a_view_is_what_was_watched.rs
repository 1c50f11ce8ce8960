//! Sessions count while they are there, and as a view when enough was watched, whatever a player claims.

use std::time::{Duration, Instant};

use telecine::catalog::playback;

use crate::support::Bench;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_session_counts_until_it_is_dropped() {
    let bench = Bench::new();
    let (one, two) = (bench.media.playback().start(), bench.media.playback().start());
    assert_eq!(bench.total(playback::SESSIONS.name()), 2.0);
    drop(one);
    assert_eq!(bench.total(playback::SESSIONS.name()), 1.0);
    drop(two);
    assert_eq!(bench.total(playback::SESSIONS.name()), 0.0);
    assert_eq!((bench.total(playback::VIEWS.name()), bench.total(playback::WATCH_TIME.name())), (0.0, 0.0));
}

#[test]
fn a_view_is_counted_once_and_when_enough_was_watched() {
    let bench = Bench::new();
    let views = || bench.total(playback::VIEWS.name());
    let started = Instant::now();
    let session = bench.media.playback().length(3600 * SECOND).start_at(started);
    for beat in 1..=29 {
        session.heartbeat_at(started + beat * SECOND, SECOND);
    }
    assert_eq!((views(), session.is_view()), (0.0, false));
    session.heartbeat_at(started + 30 * SECOND, SECOND);
    assert_eq!((views(), session.is_view()), (1.0, true));
    session.heartbeat_at(started + 90 * SECOND, 60 * SECOND);
    assert_eq!(views(), 1.0);
    assert_eq!(session.watched(), 90 * SECOND);
    assert_eq!(bench.total(playback::WATCH_TIME.name()), 90.0);
    assert_eq!(session.last_heard(), started + 90 * SECOND);
}

#[test]
fn of_a_short_media_half_is_enough_and_a_program_may_ask_for_more_or_less() {
    let bench = Bench::new();
    let media = &bench.media;
    for (playback, not_yet, enough) in [
        (media.playback().length(20 * SECOND), 9, 10),
        (media.playback().length(600 * SECOND), 29, 30),
        (media.playback().view_after(3 * SECOND), 2, 3),
        (media.playback().view_after(120 * SECOND), 119, 120),
    ] {
        let session = playback.start();
        let late = Instant::now() + 600 * SECOND;
        session.heartbeat_at(late, not_yet * SECOND);
        assert!(!session.is_view());
        session.heartbeat_at(late, (enough - not_yet) * SECOND);
        assert!(session.is_view());
    }
    // Nothing watched is no view, though half of nothing is nothing.
    let session = media.playback().length(Duration::ZERO).start();
    session.heartbeat(Duration::ZERO);
    assert!(!session.is_view());
}

#[test]
fn more_than_can_have_been_watched_is_not_believed() {
    let bench = Bench::new();
    let started = Instant::now();
    let session = bench.media.playback().start_at(started);
    let after = started + 10 * SECOND;
    for _ in 0..2 {
        session.heartbeat_at(after, Duration::MAX);
        // Ten seconds at four times the speed.
        assert_eq!(session.watched(), 40 * SECOND);
    }
    // A heartbeat that comes late counts for nothing, and takes nothing back.
    session.heartbeat_at(started, SECOND);
    assert_eq!((session.watched(), session.last_heard()), (40 * SECOND, after));
    assert_eq!(bench.total(playback::WATCH_TIME.name()), 40.0);
}
