//! Workers: what they do, how long ago they were heard of, and what is left of one that is gone: nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use telecine::catalog::worker;
use telecine::operation::{ErrorType, Outcome};
use telecine::work::{Clock, Heartbeat, Work};

use crate::support::{Bench, Value};

const SECOND: Duration = Duration::from_secs(1);
/// As the catalogue has it.
const NAMES: usize = 128;

fn start() -> (Bench, Work, Clock) {
    let (bench, clock) = (Bench::new(), Clock::stopped());
    let work = bench.work.with_clock(clock.clone());
    (bench, work, clock)
}

/// The values of an instrument that are not zero, by one of its labels.
fn by(bench: &Bench, name: &str, label: &str) -> BTreeMap<String, f64> {
    let mut values = BTreeMap::new();
    for series in bench.series(name) {
        assert_eq!(series.label("otel.metric.overflow"), "", "{name}");
        let Value::Sum(value) = series.value else { panic!("{series:?}") };
        if value != 0.0 {
            *values.entry(series.label(label).to_owned()).or_default() += value;
        }
    }
    values
}

fn states(bench: &Bench) -> (f64, f64, f64) {
    let states = by(bench, worker::ACTIVE.name(), "media.worker.state");
    let of = |state: &str| states.get(state).copied().unwrap_or_default();
    (of("idle"), of("busy"), of("lost"))
}

/// The names that have a series of their own, zero or not.
fn names(bench: &Bench, instrument: &str) -> Vec<String> {
    let mut names: Vec<_> =
        bench.series(instrument).iter().map(|series| series.label("media.worker.name").to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn a_coordinator_hears_of_workers_and_misses_them() {
    let (bench, work, clock) = start();
    let workers = work.workers();
    assert!(bench.series(worker::ACTIVE.name()).is_empty());
    workers.hear("one", &Heartbeat::new().running(2).capacity(4).load("cpu", 1.5));
    workers.hear("two", &Heartbeat::new().capacity(2).load("cpu", 0.5).load("gpu", f64::NAN));
    workers.done("one", Outcome::Success);
    assert_eq!(states(&bench), (1.0, 1.0, 0.0));
    assert_eq!(bench.total(worker::CAPACITY.name()), 6.0);
    assert_eq!(by(&bench, worker::LOAD.name(), "media.worker.resource"), [("cpu".to_owned(), 1.0)].into());

    clock.advance(60 * SECOND);
    workers.heartbeat("two");
    clock.advance(60 * SECOND);
    assert_eq!(states(&bench), (1.0, 0.0, 1.0));
    let ages = by(&bench, worker::HEARTBEAT_AGE.name(), "media.worker.name");
    assert_eq!(ages, [("one".to_owned(), 120.0), ("two".to_owned(), 60.0)].into());
    // What one that is lost said of itself is not true any more.
    assert_eq!(bench.total(worker::CAPACITY.name()), 2.0);
    assert_eq!(by(&bench, worker::LOAD.name(), "media.worker.resource"), [("cpu".to_owned(), 0.5)].into());
    assert_eq!(names(&bench, worker::JOBS.name()), ["one", "two"]);

    clock.advance(500 * SECOND);
    assert_eq!(names(&bench, worker::HEARTBEAT_AGE.name()), ["two"]);
    assert_eq!(names(&bench, worker::JOBS.name()), ["two"]);
    clock.advance(100 * SECOND);
    assert_eq!(states(&bench), (0.0, 0.0, 0.0));
    assert_eq!(bench.series(worker::ACTIVE.name()).len(), 3);
    for gone in [worker::HEARTBEAT_AGE, worker::JOBS, worker::LOAD, worker::CAPACITY] {
        assert!(bench.series(gone.name()).is_empty(), "{}", gone.name());
    }
    assert_eq!(bench.total(worker::HEARTBEATS.name()), 3.0);
}

#[test]
fn one_that_says_goodbye_is_gone_and_may_come_back() {
    let (bench, work, clock) = start();
    let workers = work.workers();
    workers.lost_after(5 * SECOND).gone_after(20 * SECOND);
    workers.heartbeat("one");
    clock.advance(6 * SECOND);
    assert_eq!(states(&bench), (0.0, 0.0, 1.0));
    workers.heartbeat("one");
    assert_eq!(states(&bench), (1.0, 0.0, 0.0));
    workers.leave("one");
    workers.leave("nobody");
    assert_eq!(states(&bench), (0.0, 0.0, 0.0));
    assert!(names(&bench, worker::JOBS.name()).is_empty());
    workers.done("one", Outcome::Failure);
    assert_eq!(states(&bench), (1.0, 0.0, 0.0));
    assert_eq!(by(&bench, worker::JOBS.name(), "media.outcome"), [("failure".to_owned(), 1.0)].into());
    clock.advance(21 * SECOND);
    assert_eq!(states(&bench), (0.0, 0.0, 0.0));
}

#[test]
fn a_worker_of_this_process_is_there_until_it_is_dropped() {
    let (bench, work, clock) = start();
    let one = work.worker("one");
    one.capacity(2);
    one.load("gpu", 1.25);
    let job = work.job("transcode").max_attempts(2).create();
    let attempt = one.attempt(&job);
    assert_eq!(states(&bench), (0.0, 1.0, 0.0));
    attempt.failure(ErrorType::Network);
    assert_eq!(states(&bench), (1.0, 0.0, 0.0));
    one.attempt(&job).success();
    drop(one.attempt(&work.job("transcode").create()));
    let jobs = by(&bench, worker::JOBS.name(), "media.outcome");
    assert_eq!(jobs, [("cancelled", 1.0), ("failure", 1.0), ("success", 1.0)].map(|(k, v)| (k.to_owned(), v)).into());
    assert_eq!((bench.total(worker::CAPACITY.name()), bench.total(worker::LOAD.name())), (2.0, 1.25));

    // It promised no heartbeats.
    clock.advance(3600 * SECOND);
    assert_eq!(states(&bench), (1.0, 0.0, 0.0));
    assert!(bench.series(worker::HEARTBEAT_AGE.name()).is_empty());
    one.heartbeat();
    clock.advance(3600 * SECOND);
    assert_eq!(states(&bench), (0.0, 0.0, 1.0));
    assert_eq!(bench.total(worker::HEARTBEAT_AGE.name()), 3600.0);

    let same = one.clone();
    drop(one);
    assert_eq!(states(&bench).2, 1.0);
    drop(same);
    assert_eq!(states(&bench), (0.0, 0.0, 0.0));
    assert!(names(&bench, worker::JOBS.name()).is_empty());
}

#[test]
fn a_worker_is_busy_as_long_as_its_last_attempt() {
    let (bench, work, _) = start();
    let one = work.worker("one");
    let (first, second) = (one.attempt(&work.job("clip").create()), one.attempt(&work.job("clip").create()));
    drop(one);
    first.success();
    assert_eq!(states(&bench), (0.0, 1.0, 0.0));
    second.success();
    assert_eq!(states(&bench), (0.0, 0.0, 0.0));
}

/// Names that somebody chose with care.
fn hostile(number: usize) -> String {
    match number % 8 {
        0 => format!("worker-{number}"),
        1 => format!("\"}} evil{{name=\"{number}"),
        2 => format!("line\nbreak\r\u{0}\u{7f}{number}"),
        3 => format!("https://example.com/{number}"),
        4 => format!("{number:064x}"),
        5 => format!("  {}{number}", "ü".repeat(500)),
        6 => format!("{number}-\u{202e}gnp.\u{1f4a3}"),
        _ => String::new(),
    }
}

#[test]
fn a_thousand_workers_with_hostile_names_stay_within_the_budget() {
    let (bench, work, clock) = start();
    let workers = work.workers();
    for number in 0..1000 {
        workers.heartbeat(hostile(number));
        workers.done(hostile(number), Outcome::Success);
    }
    let ages = bench.series(worker::HEARTBEAT_AGE.name());
    assert_eq!(ages.len(), NAMES + 1);
    for name in names(&bench, worker::JOBS.name()) {
        assert!(name.chars().count() <= 64 && !name.chars().any(char::is_control), "{name:?}");
        assert!(name == "other" || !(name.contains("://") || name.is_empty()), "{name:?}");
    }
    let jobs = by(&bench, worker::JOBS.name(), "media.worker.name");
    assert_eq!((jobs.len(), jobs.values().sum::<f64>()), (NAMES + 1, 1000.0));
    assert!(bench.instruments.refused_labels().iter().any(|(key, count)| *key == "media.worker.name" && *count >= 500));
    assert_eq!(bench.total(worker::HEARTBEATS.name()), 1000.0);

    // They vanish, and others take their places.
    clock.advance(601 * SECOND);
    assert!(bench.series(worker::HEARTBEAT_AGE.name()).is_empty());
    // What has no name of its own stays counted: a counter never goes down.
    let left = by(&bench, worker::JOBS.name(), "media.worker.name");
    assert_eq!(left, [("other".to_owned(), jobs["other"])].into());
    clock.advance(121 * SECOND);
    assert_eq!(states(&bench), (0.0, 0.0, 0.0));
    for number in 0..NAMES {
        workers.heartbeat(format!("next-{number}"));
    }
    clock.advance(SECOND);
    let ages = by(&bench, worker::HEARTBEAT_AGE.name(), "media.worker.name");
    assert_eq!((ages.len(), ages.keys().all(|name| name.starts_with("next-"))), (NAMES, true));
}

#[test]
fn a_place_that_becomes_free_goes_to_a_worker_that_had_none() {
    let (bench, work, clock) = start();
    let workers = work.workers();
    for number in 0..=NAMES {
        workers.heartbeat(format!("worker-{number:03}"));
    }
    workers.done("worker-128", Outcome::Success);
    let jobs = || by(&bench, worker::JOBS.name(), "media.worker.name");
    assert_eq!(jobs(), [("other".to_owned(), 1.0)].into());
    workers.leave("worker-007");
    assert!(!names(&bench, worker::HEARTBEAT_AGE.name()).contains(&"worker-007".to_owned()));
    clock.advance(121 * SECOND);
    let ages = by(&bench, worker::HEARTBEAT_AGE.name(), "media.worker.name");
    assert!(ages.contains_key("worker-128") && !ages.contains_key("other"), "{ages:?}");
    workers.done("worker-128", Outcome::Success);
    assert_eq!(jobs(), [("other".to_owned(), 1.0), ("worker-128".to_owned(), 1.0)].into());
}

#[test]
fn names_that_are_the_same_on_a_label_are_one_worker() {
    let (bench, work, _) = start();
    for name in ["one", " one ", "o\u{7}ne", "one\u{200b}"] {
        work.workers().heartbeat(name);
    }
    assert_eq!(states(&bench), (1.0, 0.0, 0.0));
}

#[test]
fn more_workers_than_anybody_has_are_not_remembered() {
    let (bench, work, _) = start();
    for number in 0..20_000 {
        work.workers().heartbeat(format!("worker-{number}"));
    }
    assert_eq!(states(&bench).0, telecine::work::worker::MAX_WORKERS as f64);
    assert_eq!(bench.total(worker::HEARTBEATS.name()), 20_000.0);
}

#[test]
fn workers_come_and_go_while_they_are_collected() {
    let (bench, work, clock) = start();
    work.workers().lost_after(2 * SECOND).gone_after(5 * SECOND);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let work = work.clone();
            scope.spawn(move || {
                for number in 0..500 {
                    let own = work.worker(format!("own-{thread}-{}", number % 50));
                    work.workers().hear(format!("far-{}", number % 200), &Heartbeat::new().load("cpu", 0.5));
                    own.heartbeat();
                    own.attempt(&work.job("clip").queue(&work.queue("clip")).create()).success();
                }
            });
        }
        for _ in 0..200 {
            clock.advance(SECOND);
            let ages = by(&bench, worker::HEARTBEAT_AGE.name(), "media.worker.name");
            assert!(ages.len() <= NAMES + 1, "{ages:?}");
        }
    });
    assert_eq!(bench.total(worker::HEARTBEATS.name()), 4000.0);
    clock.advance(6 * SECOND);
    assert_eq!(states(&bench), (0.0, 0.0, 0.0));
}
