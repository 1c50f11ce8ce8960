//! A gauge of something that is gone must go with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use telecine::catalog::{Attribute, Instrument};
use telecine::operation::Observed;

use crate::support::Bench;

const NAME: Attribute = Attribute::budget("media.worker.name", "Name of the worker", 2);
const AGE: Instrument = Instrument::gauge("test.age", "s", "Age of something").attributes(&[NAME]);
const READ: Instrument = Instrument::counter("test.read", "By", "Bytes that somebody else counts");

fn age_of(bench: &Bench, name: &str, age: f64) -> Observed {
    let labels = bench.instruments.labels().set(&NAME, name);
    bench.instruments.observe(&AGE, move |observer| observer.observe(age, &labels))
}

#[test]
fn each_source_gives_its_own_series() {
    let bench = Bench::new();
    let first = age_of(&bench, "one", 1.0);
    let second = age_of(&bench, "two", 2.0);
    assert_eq!((bench.series("test.age").len(), bench.total("test.age")), (2, 3.0));
    drop(first);
    assert_eq!((bench.series("test.age").len(), bench.total("test.age")), (1, 2.0));
    drop(second);
    assert!(bench.series("test.age").is_empty());
    let _again = age_of(&bench, "one", 4.0);
    assert_eq!(bench.total("test.age"), 4.0);
}

#[test]
fn a_counter_that_somebody_else_counts_is_read_at_each_collection() {
    let bench = Bench::new();
    let read = Arc::new(AtomicU64::new(10));
    let counted = Arc::clone(&read);
    let labels = bench.instruments.labels();
    let _observed = bench.instruments.observe(&READ, move |observer| {
        observer.observe(counted.load(Ordering::Relaxed) as f64, &labels);
    });
    assert_eq!(bench.total("test.read"), 10.0);
    read.store(25, Ordering::Relaxed);
    assert_eq!(bench.total("test.read"), 25.0);
}

#[test]
fn a_label_that_is_released_makes_room_for_another() {
    let bench = Bench::new();
    let label = |name| bench.instruments.labels().set(&NAME, name).as_slice()[0].value.to_string();
    assert_eq!([label("one"), label("two"), label("three")], ["one", "two", "other"]);
    bench.instruments.release_label(&NAME, "one");
    assert_eq!([label("three"), label("one"), label("two")], ["three", "other", "two"]);
}
