use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::metrics::InstrumentKind;

use super::*;
use crate::catalog::{job, transcode};

fn resolve(name: &str, unit: &str, boundaries: Option<&[f64]>) -> Stream {
    let views = Views::new(&Catalog::own());
    let scope = InstrumentationScope::builder("test").build();
    let mut streams = views.resolve(&scope, name, InstrumentKind::Histogram, unit, boundaries);
    assert_eq!(streams.len(), 1);
    streams.remove(0)
}

#[test]
fn the_catalogue_gives_buckets_keys_and_a_limit() {
    let stream = resolve(job::DURATION.name(), "s", None);
    assert_eq!(
        stream.aggregation,
        Aggregation::Explicit { boundaries: Family::Work.bounds().to_vec(), record_min_max: true }
    );
    let keys: Vec<_> = stream.keys.iter().flat_map(|keys| keys.iter().map(Key::as_str)).collect();
    assert_eq!(keys, ["error.type", "media.error.origin", "media.job.type", "media.outcome"]);
    assert_eq!(resolve(job::WASTED_TIME.name(), "s", None).cardinality_limit, 16 + 2 + 1);
    assert_eq!(resolve(transcode::DURATION.name(), "s", None).cardinality_limit, DEFAULT_CARDINALITY_LIMIT);
}

#[test]
fn a_view_comes_before_the_bounds_that_the_instrument_was_built_with() {
    let stream = resolve(job::DURATION.name(), "s", Some(&[1.0]));
    assert_eq!(
        stream.aggregation,
        Aggregation::Explicit { boundaries: Family::Work.bounds().to_vec(), record_min_max: true }
    );
}

#[test]
fn an_unknown_histogram_keeps_its_bounds_or_gets_some_that_suit_its_unit() {
    let bounds = |unit, given| match resolve("mine.wait", unit, given).aggregation {
        Aggregation::Explicit { boundaries, .. } => boundaries,
        other => panic!("{other:?}"),
    };
    assert_eq!(bounds("s", Some(&[1.0, 2.0])), [1.0, 2.0]);
    assert_eq!(bounds("s", None), SECONDS);
    assert_eq!(bounds("By", None), Family::Size.bounds());
    assert_eq!(bounds("{frame}", None), UNITLESS);
}

const EXPONENTIAL: Aggregation = Aggregation::Exponential { max_size: 160, max_scale: 20, record_min_max: true };

fn explicit(boundaries: &[f64]) -> Aggregation {
    Aggregation::Explicit { boundaries: boundaries.to_vec(), record_min_max: true }
}

fn rule(name: &str, stream: StreamRule) -> Rule {
    Rule { selector: Selector { instrument_name: Some(name.to_owned()), ..Selector::default() }, stream }
}

fn keys(included: Option<&[&str]>, excluded: &[&str]) -> Option<KeyFilter> {
    let owned = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    Some(KeyFilter { included: included.map(owned), excluded: owned(excluded) })
}

fn with(rules: &[Rule]) -> Result<Views, Error> {
    Views::with_rules(&Catalog::own(), rules.to_vec(), HistogramAggregation::default(), CardinalityLimits::default())
}

fn streams(views: &Views, name: &str, kind: InstrumentKind) -> Vec<Stream> {
    let scope = InstrumentationScope::builder("test").with_version("1").build();
    views.resolve(&scope, name, kind, "s", None)
}

fn faults(rules: &[Rule]) -> Vec<String> {
    match with(rules) {
        Ok(_) => Vec::new(),
        Err(Error::Faults(faults)) => faults.iter().map(Fault::to_string).collect(),
    }
}

fn held(stream: &Stream) -> Vec<&str> {
    stream.keys.iter().flat_map(|keys| keys.iter().map(Key::as_str)).collect()
}

#[test]
fn a_rule_overrides_what_it_says_and_nothing_else() {
    let name = job::DURATION.name();
    let before = resolve(name, "s", None);
    let views = with(&[rule(name, StreamRule { name: Some("jobs".to_owned()), ..StreamRule::default() })]).unwrap();
    assert_eq!(streams(&views, name, InstrumentKind::Histogram), [Stream { name: "jobs".into(), ..before.clone() }]);

    let views = with(&[rule(name, StreamRule { aggregation: Some(explicit(&[1.0])), ..StreamRule::default() })]);
    let streamed = streams(&views.unwrap(), name, InstrumentKind::Histogram);
    assert_eq!(streamed, [Stream { aggregation: explicit(&[1.0]), ..before.clone() }]);

    let default = StreamRule { aggregation: Some(Aggregation::Default), ..StreamRule::default() };
    assert_eq!(streams(&with(&[rule(name, default)]).unwrap(), name, InstrumentKind::Histogram), [before]);
}

#[test]
fn patterns_choose_among_the_keys_of_the_definition() {
    let name = job::DURATION.name();
    for (filter, expected) in [
        (keys(None, &["media.*"]), vec!["error.type"]),
        (keys(Some(&["media.*"]), &["media.error.*"]), vec!["media.job.type", "media.outcome"]),
        (keys(Some(&["media.outcome", "mine"]), &[]), vec!["media.outcome", "mine"]),
        (keys(Some(&["Media.*"]), &[]), vec![]),
        (keys(Some(&["*"]), &["*"]), vec![]),
    ] {
        let views = with(&[rule(name, StreamRule { attribute_keys: filter, ..StreamRule::default() })]).unwrap();
        let stream = streams(&views, name, InstrumentKind::Histogram).remove(0);
        assert_eq!(held(&stream), expected);
        assert!(stream.keys.is_some());
    }
    let outcomes = rule(name, StreamRule { attribute_keys: keys(Some(&["media.outcome"]), &[]), ..Default::default() });
    let stream = streams(&with(&[outcomes]).unwrap(), name, InstrumentKind::Histogram).remove(0);
    assert!(stream.cardinality_limit < 20, "no larger than one key needs: {}", stream.cardinality_limit);
}

#[test]
fn keys_of_an_instrument_that_nobody_declared_are_filtered_if_they_cannot_be_written_out() {
    for (filter, expected) in [
        (keys(Some(&["a", "b"]), &["b"]), Ok(Some(vec!["a"]))),
        (keys(Some(&["a", "b.c"]), &["b.*"]), Ok(Some(vec!["a"]))),
        (keys(Some(&["*"]), &[]), Ok(None)),
        (keys(Some(&["a*"]), &[]), Err(())),
        (keys(None, &["b"]), Err(())),
    ] {
        let said = StreamRule { attribute_keys: filter.clone(), ..StreamRule::default() };
        let views = with(&[rule("mine", said.clone())]).unwrap();
        let stream = streams(&views, "mine", InstrumentKind::Counter).remove(0);
        match expected {
            Ok(keys) => assert_eq!((stream.keys.is_some().then(|| held(&stream)), &stream.filter), (keys, &None)),
            Err(()) => assert_eq!((&stream.keys, stream.filter.as_deref()), (&None, filter.as_ref())),
        }
        // Another stream that keeps all of them is shown what this one is not to have: then both have it.
        let other = StreamRule { name: Some("other".to_owned()), ..StreamRule::default() };
        let views = with(&[rule("mine", said), rule("mine", other)]).unwrap();
        let both = streams(&views, "mine", InstrumentKind::Counter);
        assert_eq!((both.len(), &both[0].filter, &both[1].filter), (2, &None, &None));
    }
}

#[test]
fn every_rule_that_matches_makes_a_stream_and_of_one_name_the_first_is_made() {
    let named = |name: &str| StreamRule { name: Some(name.to_owned()), ..StreamRule::default() };
    let drop = StreamRule { aggregation: Some(Aggregation::Drop), ..StreamRule::default() };
    let views = with(&[
        rule("mine", named("a")),
        rule("min?", StreamRule::default()),
        rule("mine", named("A")),
        rule("*", drop),
        rule("other", named("b")),
    ])
    .unwrap();
    let names = |name| {
        let streams = streams(&views, name, InstrumentKind::Counter);
        streams.iter().map(|stream| (stream.name.to_string(), stream.aggregation.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(names("mine"), [("a".to_owned(), "default"), ("mine".to_owned(), "default")]);
    assert_eq!(names("other"), [("other".to_owned(), "drop"), ("b".to_owned(), "default")]);
}

#[test]
fn all_criteria_of_a_selector_must_hold() {
    let all = Selector {
        instrument_name: Some("m*".to_owned()),
        instrument_type: Some(InstrumentKind::Counter),
        unit: Some("s".to_owned()),
        meter_name: Some("test".to_owned()),
        meter_version: Some("1".to_owned()),
        meter_schema_url: None,
    };
    let matches = |selector: Selector| {
        let stream = StreamRule { aggregation: Some(Aggregation::Drop), ..StreamRule::default() };
        let views = with(&[Rule { selector, stream }]).unwrap();
        streams(&views, "mine", InstrumentKind::Counter)[0].aggregation == Aggregation::Drop
    };
    assert!(matches(all.clone()));
    assert!(matches(Selector::default()));
    for other in [
        Selector { instrument_name: Some("n*".to_owned()), ..all.clone() },
        Selector { instrument_type: Some(InstrumentKind::ObservableCounter), ..all.clone() },
        Selector { unit: Some("By".to_owned()), ..all.clone() },
        Selector { meter_name: Some("Test".to_owned()), ..all.clone() },
        Selector { meter_version: Some("2".to_owned()), ..all.clone() },
        Selector { meter_schema_url: Some("https://example".to_owned()), ..all },
    ] {
        assert!(!matches(other.clone()), "{other:?}");
    }
}

#[test]
fn histograms_without_a_rule_follow_the_provider() {
    let rules = vec![rule("mine.*", StreamRule { aggregation: Some(explicit(&[1.0])), ..StreamRule::default() })];
    let limits = CardinalityLimits { default: Some(70), counter: Some(9), ..CardinalityLimits::default() };
    let views = Views::with_rules(&Catalog::own(), rules, HistogramAggregation::Exponential, limits).unwrap();
    let stream = |name, kind| streams(&views, name, kind).remove(0);
    assert_eq!(stream(job::DURATION.name(), InstrumentKind::Histogram).aggregation, EXPONENTIAL);
    assert_eq!(stream("unknown", InstrumentKind::Histogram).aggregation, EXPONENTIAL);
    assert_eq!(stream("mine.too", InstrumentKind::Histogram).aggregation, explicit(&[1.0]));
    assert_eq!(stream(job::DURATION.name(), InstrumentKind::Histogram).cardinality_limit, 70);
    assert_eq!(stream(job::WASTED_TIME.name(), InstrumentKind::Counter).cardinality_limit, 9);
    assert_eq!(stream("unknown", InstrumentKind::Counter).cardinality_limit, 9);
    assert_eq!(stream("unknown", InstrumentKind::Gauge).cardinality_limit, 70);
}

#[test]
fn every_fault_is_found_and_names_its_place() {
    let aggregated = |aggregation| StreamRule { aggregation: Some(aggregation), ..StreamRule::default() };
    let exponential = |max_size, max_scale| Aggregation::Exponential { max_size, max_scale, record_min_max: true };
    let named = StreamRule { name: Some("x".to_owned()), ..StreamRule::default() };
    let of_kind = Rule {
        selector: Selector { instrument_type: Some(InstrumentKind::ObservableGauge), ..Selector::default() },
        stream: aggregated(Aggregation::Sum),
    };
    let found = faults(&[
        rule("a*", named.clone()),
        Rule { stream: named, ..Rule::default() },
        rule("", StreamRule { name: Some(String::new()), cardinality_limit: Some(0), ..StreamRule::default() }),
        rule("a", aggregated(explicit(&[1.0, 1.0]))),
        rule("a", aggregated(explicit(&[f64::NAN]))),
        rule("a", aggregated(exponential(1, 21))),
        rule(job::DURATION.name(), aggregated(Aggregation::LastValue)),
        of_kind,
        rule("*", aggregated(Aggregation::LastValue)),
    ]);
    let paths: Vec<_> = found.iter().filter_map(|fault| fault.split(": ").next()).collect();
    assert_eq!(
        paths,
        [
            "views[0].stream.name",
            "views[1].stream.name",
            "views[2].selector.instrument_name",
            "views[2].stream.name",
            "views[2].stream.aggregation_cardinality_limit",
            "views[3].stream.aggregation.explicit_bucket_histogram.boundaries",
            "views[4].stream.aggregation.explicit_bucket_histogram.boundaries",
            "views[5].stream.aggregation.base2_exponential_bucket_histogram.max_size",
            "views[5].stream.aggregation.base2_exponential_bucket_histogram.max_scale",
            "views[6].stream.aggregation.last_value",
            "views[7].stream.aggregation.sum",
        ],
        "{found:?}"
    );
    let limits = CardinalityLimits { gauge: Some(usize::MAX), ..CardinalityLimits::default() };
    let error = Views::with_rules(&Catalog::own(), vec![], HistogramAggregation::Explicit, limits).unwrap_err();
    assert!(error.to_string().starts_with("cardinality_limits.gauge: "), "{error}");
}

#[test]
fn a_rule_says_which_instruments_it_is_for() {
    let rules = [
        rule("media.job.*", StreamRule::default()),
        rule("media.jobs.*", StreamRule::default()),
        Rule {
            selector: Selector {
                instrument_type: Some(InstrumentKind::ObservableUpDownCounter),
                ..Selector::default()
            },
            ..Rule::default()
        },
    ];
    let explained = explain(&rules, &Catalog::own());
    assert!(explained[0].contains(&job::DURATION.name()) && !explained[0].contains(&transcode::DURATION.name()));
    assert_eq!(explained[1], [""; 0]);
    assert!(!explained[2].is_empty());
}

#[test]
fn what_is_found_before_anyone_logs_is_said_once_someone_does() {
    use std::sync::{Arc, Mutex};

    let rule = |boundaries: &[f64]| Rule {
        selector: Selector { instrument_name: Some(job::DURATION.name().to_owned()), ..Selector::default() },
        stream: StreamRule {
            aggregation: Some(Aggregation::Explicit { boundaries: boundaries.to_vec(), record_min_max: true }),
            ..StreamRule::default()
        },
    };
    let views = Views::with_rules(
        &Catalog::own(),
        vec![rule(&[1.0]), rule(&[2.0])],
        HistogramAggregation::default(),
        CardinalityLimits::default(),
    );
    let views = views.unwrap().quiet();
    let scope = InstrumentationScope::builder("test").build();
    let resolve = || views.resolve(&scope, job::DURATION.name(), InstrumentKind::Histogram, "s", None);
    assert_eq!(resolve().len(), 1);

    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let writer = crate::logs::Writer::new(move |line| {
        kept.lock().unwrap().push(String::from_utf8_lossy(line).into_owned());
        Ok(())
    });
    let config = crate::logs::Config { writer: Some(writer), ..crate::logs::Config::default() };
    let (layer, _guard) = crate::logs::layers(&config).unwrap();
    let subscriber = tracing_subscriber::layer::SubscriberExt::with(tracing_subscriber::registry(), layer);
    tracing::subscriber::with_default(subscriber, || {
        views.speak();
        views.speak();
        assert_eq!(resolve().len(), 1);
    });
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("views[1]") && lines[0].contains(job::DURATION.name()), "{lines:?}");
}
