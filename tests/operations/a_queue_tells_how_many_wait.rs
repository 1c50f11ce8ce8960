//! The size of a queue and the age of its oldest job: from those who wait in it, from who looks at it, and from
//! nobody where it is not known.

use std::future;
use std::io;
use std::time::Duration;

use telecine::catalog::{background, queue};
use telecine::work::{Clock, Depth};
use tokio::sync::mpsc;

use crate::support::{Bench, Value};

const SECOND: Duration = Duration::from_secs(1);

/// Size and oldest age, by queue.
fn depths(bench: &Bench) -> Vec<(String, Option<f64>, Option<f64>)> {
    let read = |name| {
        bench.series(name).into_iter().map(|series| {
            let Value::Sum(value) = series.value else { panic!("{series:?}") };
            (series.label("media.queue.name").to_owned(), value)
        })
    };
    let mut depths: std::collections::BTreeMap<String, (Option<f64>, Option<f64>)> = Default::default();
    read(queue::SIZE.name()).for_each(|(name, size)| depths.entry(name).or_default().0 = Some(size));
    read(queue::OLDEST_AGE.name()).for_each(|(name, age)| depths.entry(name).or_default().1 = Some(age));
    depths.into_iter().map(|(name, (size, age))| (name, size, age)).collect()
}

fn of(name: &str, size: f64, age: f64) -> Vec<(String, Option<f64>, Option<f64>)> {
    vec![(name.to_owned(), Some(size), Some(age))]
}

#[test]
fn those_who_wait_are_counted_and_the_oldest_tells_its_age() {
    let (bench, clock) = (Bench::new(), Clock::stopped());
    let work = bench.work.with_clock(clock.clone());
    let queue = work.queue("transcode");
    assert_eq!(depths(&bench), []);
    let first = queue.enter();
    clock.advance(10 * SECOND);
    let second = work.queue("transcode").enter();
    assert_eq!(depths(&bench), of("transcode", 2.0, 10.0));
    clock.advance(5 * SECOND);
    drop(first);
    assert_eq!(depths(&bench), of("transcode", 1.0, 5.0));
    drop(second);
    assert_eq!(depths(&bench), of("transcode", 0.0, 0.0));
    drop(queue);
    assert_eq!(depths(&bench), []);
}

#[test]
fn what_is_reported_is_told_until_it_is_forgotten() {
    let bench = Bench::new();
    let queue = bench.work.queue("transcode");
    queue.report(Depth { size: 12, oldest: Some(90 * SECOND) });
    assert_eq!(depths(&bench), of("transcode", 12.0, 90.0));
    queue.report(3);
    assert_eq!(depths(&bench), [("transcode".to_owned(), Some(3.0), None)]);
    queue.report(0);
    assert_eq!(depths(&bench), of("transcode", 0.0, 0.0));
    queue.forget();
    assert_eq!(depths(&bench), []);
}

#[test]
fn queues_past_the_budget_are_one() {
    let bench = Bench::new();
    let queues: Vec<_> = (0..20).map(|number| bench.work.queue(format!("queue-{number:02}"))).collect();
    for queue in &queues {
        queue.report(Depth { size: 2, oldest: Some(SECOND) });
    }
    queues[19].report(Depth { size: 5, oldest: Some(7 * SECOND) });
    let depths = depths(&bench);
    assert_eq!(depths.len(), 16 + 1);
    assert_eq!(depths[0], ("other".to_owned(), Some(11.0), Some(7.0)));
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_or_hangs_or_panics_leaves_no_number_behind() {
    let bench = Bench::new();
    let queue = bench.work.queue("transcode");
    let (looked, mut looks) = mpsc::unbounded_channel();
    let mut look = 0;
    let poll = queue
        .poll(bench.work.background("queue_depth").every(10 * SECOND).timeout(2 * SECOND), move || {
            look += 1;
            let (looked, number) = (looked.clone(), look);
            looked.send(number).unwrap();
            async move {
                tokio::time::sleep(SECOND).await;
                match number {
                    2 => Err(io::Error::from(io::ErrorKind::ConnectionRefused)),
                    4 => future::pending().await,
                    6 => panic!("boom"),
                    _ => Ok(Depth { size: number, oldest: Some(SECOND) }),
                }
            }
        })
        .unwrap();
    let mut seen = Vec::new();
    for _ in 1..=7 {
        looks.recv().await.unwrap();
        // What the look before left behind.
        seen.push(depths(&bench).first().and_then(|(_, size, _)| *size));
    }
    assert_eq!(seen, [None, Some(1.0), None, Some(3.0), None, Some(5.0), None]);
    poll.stop().await;
    assert_eq!(depths(&bench), []);
    let errors = bench.series(background::ERRORS.name());
    let mut errors: Vec<_> = errors.iter().map(|series| series.label("error.type")).collect();
    errors.sort_unstable();
    assert_eq!(errors, ["network", "panic", "timeout"]);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_hangs_is_over_after_the_interval_where_nothing_is_said() {
    let bench = Bench::new();
    let (looked, mut looks) = mpsc::unbounded_channel();
    let _poll = bench
        .work
        .queue("transcode")
        .poll(bench.work.background("queue_depth").every(10 * SECOND), move || {
            looked.send(tokio::time::Instant::now()).unwrap();
            future::pending::<Result<Depth, io::Error>>()
        })
        .unwrap();
    let (first, second) = (looks.recv().await.unwrap(), looks.recv().await.unwrap());
    assert!((second - first).as_secs() <= 20, "{:?}", second - first);
    assert_eq!(bench.one(background::ERRORS.name()).label("error.type"), "timeout");
}
