//! Sessions by the ids that players send.

use std::time::{Duration, Instant};

use telecine::catalog::playback;

use crate::support::Bench;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_session_ends_when_its_player_says_so_or_nothing() {
    let bench = Bench::new();
    let sessions = bench.media.sessions().timeout(30 * SECOND);
    let start = Instant::now();
    let beat = |second: u32, id: &str| {
        assert!(sessions.heartbeat_at(start + second * SECOND, id, 5 * SECOND, || bench.media.playback()));
    };
    let active = || bench.total(playback::SESSIONS.name());
    beat(0, "one");
    beat(0, "two");
    beat(0, "three");
    assert_eq!((active(), sessions.len()), (3.0, 3));
    sessions.end("three");
    assert_eq!(active(), 2.0);
    for second in [10, 20, 31] {
        beat(second, "one");
    }
    // The other one was last heard of half a minute ago.
    assert_eq!((active(), sessions.len()), (1.0, 1));
    sessions.expire_at(start + 60 * SECOND);
    assert_eq!(active(), 1.0);
    sessions.expire_at(start + 61 * SECOND);
    assert_eq!((active(), sessions.is_empty()), (0.0, true));
    // Of the first heartbeat nothing can have been watched yet.
    assert_eq!(bench.total(playback::WATCH_TIME.name()), 15.0);
}

#[test]
fn a_million_made_up_ids_take_no_more_than_the_limit() {
    let bench = Bench::new();
    let sessions = bench.media.sessions().limit(100);
    let start = Instant::now();
    let counted = (0..1_000_000_u32)
        .filter(|id| sessions.heartbeat_at(start, id.to_string(), SECOND, || bench.media.playback()))
        .count();
    assert_eq!((counted, sessions.len(), bench.total(playback::SESSIONS.name())), (100, 100, 100.0));
    // Those that are there already are heard.
    assert!(sessions.heartbeat_at(start, "0", SECOND, || bench.media.playback()));
    // Once they are gone, there is room.
    let later = start + 3600 * SECOND;
    assert!(sessions.heartbeat_at(later, "new", SECOND, || bench.media.playback()));
    assert_eq!(sessions.len(), 1);
}
