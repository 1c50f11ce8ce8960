use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use opentelemetry::KeyValue;
use telecine::pull::{Format, Options};

use crate::fixture::Fixture;

type Series = BTreeMap<u64, u64>;

/// What a scrape says of the series of `x`.
fn scraped(fixture: &Fixture) -> Series {
    let text = fixture.scrape(Format::TEXT);
    let number = |text: &str| text.parse().unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("x{id=\""));
    lines.filter_map(|line| line.split_once("\"} ")).map(|(id, value)| (number(id), number(value))).collect()
}

/// A gauge that shows whatever is in the map: the SDK hands observed series out in another order each
/// time, and forgets those that are not observed any more.
fn observed() -> (Fixture, Arc<Mutex<Series>>) {
    let fixture = Fixture::with(Options { target_info: false, ..Options::default() });
    let series = Arc::new(Mutex::new(Series::new()));
    let shown = series.clone();
    let _gauge = fixture
        .meter("observed")
        .u64_observable_gauge("x")
        .with_callback(move |observer| {
            for (id, value) in &*shown.lock().unwrap() {
                observer.observe(*value, &[KeyValue::new("id", id.to_string())]);
            }
        })
        .build();
    (fixture, series)
}

#[test]
fn observed_series_are_those_of_now() {
    let (fixture, series) = observed();
    let mut random = 7_u64;
    for round in 0..60 {
        let expected: Series = {
            let mut series = series.lock().unwrap();
            for id in 0..300 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                match random >> 60 {
                    0 => drop(series.remove(&id)),
                    1 | 2 => drop(series.insert(id, random >> 40)),
                    _ => {}
                }
            }
            series.clone()
        };
        assert_eq!(scraped(&fixture), expected, "round {round}");
    }
    series.lock().unwrap().clear();
    assert_eq!(scraped(&fixture), Series::new());
}

#[test]
fn counted_series_come_in_between_and_stay() {
    let fixture = Fixture::with(Options { target_info: false, ..Options::default() });
    let counter = fixture.meter("counted").i64_up_down_counter("x").build();
    let mut expected = Series::new();
    for round in 0..40 {
        for id in (0..50).map(|number| (number * 37 + round * 11) % (20 + round * 30)) {
            counter.add(1, &[KeyValue::new("id", id.to_string())]);
            *expected.entry(id).or_default() += 1;
        }
        assert_eq!(scraped(&fixture), expected, "round {round}");
    }
}

#[test]
fn metrics_come_one_after_the_other() {
    let fixture = Fixture::with(Options { target_info: false, ..Options::default() });
    for number in 0..30 {
        // Scopes that are new put the others elsewhere.
        let scope: &'static str = ["a", "b", "c", "d", "e"][number % 5];
        fixture.meter(scope).u64_counter(format!("metric.{number}")).build().add(number as u64, &[]);
        let text = fixture.scrape(Format::OPENMETRICS);
        for earlier in 0..=number {
            assert!(text.contains(&format!("metric_{earlier}_total {earlier}\n")), "{earlier} of {number}\n{text}");
        }
    }
}

/// Formats that name things differently are remembered apart.
#[test]
fn formats_may_take_turns() {
    use telecine::pull::{Escaping, Protocol, Translation};

    let options = Options { translation: Translation::NoTranslation, target_info: false, ..Options::default() };
    let fixture = Fixture::with(options);
    let counter = fixture.meter("turns").u64_counter("a.b").build();
    for round in 1..5 {
        counter.add(1, &[]);
        for (escaping, name) in [(Escaping::AllowUtf8, "{\"a.b\"}"), (Escaping::Dots, "a_dot_b")] {
            let text = fixture.scrape(Format { protocol: Protocol::OpenMetrics, escaping });
            assert!(text.contains(&format!("\n{name} {round}\n")), "{text}");
        }
    }
}
