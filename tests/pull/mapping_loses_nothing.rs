//! Random rules over random measurements: what mapped series add up to is what those that went into them do.

use std::collections::BTreeMap;

use opentelemetry::KeyValue;
use telecine::pull::{
    Format,
    mapping::{LabelRule, Match, Rule, Take},
};
use telecine_parts::Error;

use crate::{
    fixture::{Fixture, openmetrics, promtool},
    random::Random,
};

const METRICS: [&str; 5] = ["test.jobs", "test.time", "test.level", "test.size", "test.speed.exponential"];
const KEYS: [&str; 3] = ["one", "two.dotted", "three"];

/// One measurement: metric, values of the keys (0 is none), value.
type Measurement = (usize, [u64; 3], u64);

fn measure(fixture: &Fixture, measurements: &[Measurement]) {
    let meter = fixture.meter("a");
    let jobs = meter.u64_counter(METRICS[0]).with_description("Jobs").build();
    let time = meter.f64_counter(METRICS[1]).with_description("Time").build();
    let level = meter.i64_up_down_counter(METRICS[2]).with_description("Level").build();
    let size = meter.u64_histogram(METRICS[3]).with_boundaries(vec![10.0, 50.0]).with_description("Size").build();
    let speed = meter.f64_histogram(METRICS[4]).with_description("Speed").build();
    for (metric, keys, value) in measurements {
        let given = KEYS.iter().zip(keys).filter(|(_, value)| **value > 0);
        let set: Vec<_> = given.map(|(key, value)| KeyValue::new(*key, format!("v{value}"))).collect();
        match metric {
            0 => jobs.add(*value, &set),
            1 => time.add(*value as f64 / 8.0, &set),
            2 => level.add(*value as i64 - 50, &set),
            3 => size.record(*value, &set),
            _ => speed.record(*value as f64 / 8.0, &set),
        }
    }
}

fn some<T: Clone>(random: &mut Random, of: &[T]) -> T {
    of[random.below(of.len() as u64) as usize].clone()
}

fn rule(random: &mut Random, place: usize) -> Rule {
    let metric = some(random, &METRICS);
    let is_histogram = metric.ends_with("size") || metric.ends_with("exponential");
    let take = some(random, &[None, Some(Take::Count), Some(Take::Sum)]).filter(|_| is_histogram);
    let values = ["v1", "v2", "v?", "", "*", "v3"];
    let mut labels = LabelRule::default();
    for (key, label) in [("one", "uno"), ("two.dotted", "dos"), ("three", "uno")] {
        if random.below(3) == 0 && !labels.rename.iter().any(|(_, renamed)| renamed == label) {
            labels.rename.push((key.to_owned(), label.to_owned()));
        }
    }
    let names = ["one", "two_dotted", "three", "uno", "dos"];
    match random.below(3) {
        0 => labels.keep = Some((0..random.below(3)).map(|_| some(random, &names).to_owned()).collect()),
        1 => labels.drop = (0..random.below(3)).map(|_| some(random, &names).to_owned()).collect(),
        _ => {}
    }
    if random.below(3) == 0 {
        labels.values = vec![("one".to_owned(), vec![("v?".to_owned(), "same".to_owned())])];
    }
    if random.below(3) == 0 {
        labels.add = vec![("three".to_owned(), "added".to_owned())];
    }
    let suffix = if take.is_some() || metric.ends_with("jobs") || metric.ends_with("time") { "_total" } else { "" };
    Rule {
        matches: Match {
            name: metric.to_owned(),
            labels: match random.below(2) {
                0 => vec![],
                _ => vec![(some(random, &KEYS).to_owned(), vec![some(random, &values).to_owned()])],
            },
        },
        name: Some(format!("mapped_{place}{suffix}")),
        take,
        labels,
        ..Rule::default()
    }
}

/// Whether a rule is for a measurement, as the documentation says it.
fn is_meant(rule: &Rule, (metric, keys, _): &Measurement) -> bool {
    let fits = |pattern: &str, value: u64| match pattern {
        "*" => true,
        "" => value == 0,
        "v?" => value > 0,
        exact => exact == format!("v{value}"),
    };
    rule.matches.name == METRICS[*metric]
        && rule.matches.labels.iter().all(|(key, patterns)| {
            let value = KEYS.iter().zip(keys).find(|(known, _)| *known == key).map_or(0, |(_, value)| *value);
            patterns.iter().any(|pattern| fits(pattern, value))
        })
}

/// What all samples of a name, or of the buckets that go to infinity, add up to.
fn sums(text: &str) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        let bound = series.split_once("le=\"").map_or("", |(_, bound)| bound.split('"').next().unwrap());
        *sums.entry(format!("{name} {bound}").trim().to_owned()).or_insert(0.0) += value.parse::<f64>().unwrap();
    }
    sums
}

#[test]
fn what_is_mapped_adds_up_to_what_was_measured() -> Result<(), Error> {
    let mut random = Random::new(44);
    for round in 0..60 {
        let mut rules: Vec<Rule> = Vec::new();
        for place in 0..1 + random.below(6) as usize {
            rules.push(rule(&mut random, place));
        }
        let fixture = Fixture::mapped(rules.clone());
        let mut measurements: Vec<Measurement> = Vec::new();
        for _ in 0..3 {
            let more: Vec<Measurement> = (0..random.below(60))
                .map(|_| {
                    let keys = [random.below(4), random.below(4), random.below(3)];
                    (random.below(5) as usize, keys, random.below(100))
                })
                .collect();
            measure(&fixture, &more);
            measurements.extend(more);
            let text = fixture.scrape(Format::TEXT);
            let found = sums(&text);
            for (place, rule) in rules.iter().enumerate() {
                let name = rule.name.as_ref().unwrap();
                let meant: Vec<_> = measurements.iter().filter(|one| is_meant(rule, one)).collect();
                let expected = |of: fn(&Measurement) -> f64| meant.iter().map(|one| of(one)).sum::<f64>();
                let checks: Vec<(String, f64)> = match (rule.matches.name.as_str(), rule.take) {
                    (_, Some(Take::Count)) => vec![(name.clone(), expected(|_| 1.0))],
                    ("test.size", Some(Take::Sum)) => vec![(name.clone(), expected(|one| one.2 as f64))],
                    (_, Some(Take::Sum)) => vec![(name.clone(), expected(|one| one.2 as f64 / 8.0))],
                    ("test.jobs", _) => vec![(name.clone(), expected(|one| one.2 as f64))],
                    ("test.time", _) => vec![(name.clone(), expected(|one| one.2 as f64 / 8.0))],
                    ("test.level", _) => vec![(name.clone(), expected(|one| one.2 as f64 - 50.0))],
                    ("test.size", _) => vec![
                        (format!("{name}_bucket 10"), expected(|one| f64::from(one.2 <= 10))),
                        (format!("{name}_bucket 50"), expected(|one| f64::from(one.2 <= 50))),
                        (format!("{name}_bucket +Inf"), expected(|_| 1.0)),
                        (format!("{name}_count"), expected(|_| 1.0)),
                        (format!("{name}_sum"), expected(|one| one.2 as f64)),
                    ],
                    _ => vec![
                        (format!("{name}_bucket +Inf"), expected(|_| 1.0)),
                        (format!("{name}_sum"), expected(|one| one.2 as f64 / 8.0)),
                    ],
                };
                for (sample, expected) in checks {
                    let found = found.get(&sample).copied().unwrap_or(0.0);
                    assert_eq!(found, expected, "round {round}, rule {place}, {sample}: {rule:#?}\n{text}");
                }
            }
        }
        if round % 10 == 0 {
            promtool(&fixture.scrape(Format::TEXT))?;
            openmetrics(&fixture.scrape(Format::OPENMETRICS))?;
        }
        assert_eq!(fixture.exporter.stats().last.unwrap().metrics_left_out, 0);
    }
    Ok(())
}
