//! An exemplar is found by the data point it belongs to.

use std::thread;

use super::*;

const CODEC: &str = "codec";

fn attributes(codec: &'static str, job: i64) -> [KeyValue; 2] {
    [KeyValue::new(CODEC, codec), KeyValue::new("job", job)]
}

#[test]
fn the_order_of_attributes_does_not_matter() {
    let setup = Setup::new(Filter::AlwaysOn, []);
    let counter = setup.meter().u64_counter("frames").build();
    let [codec, job] = attributes("h264", 1);
    counter.add(3, &[codec.clone(), job.clone()]);
    setup.exemplars.collected();
    counter.add(4, &[job.clone(), codec.clone()]);
    assert_eq!(setup.values("frames", &[codec.clone(), job.clone()]), [4.0]);
    assert_eq!(setup.values("frames", &[job, codec]), [4.0]);
    assert_eq!(setup.values("frames", &[]), [0.0; 0]);
}

#[test]
fn of_equal_keys_the_first_counts_as_it_does_to_the_sdk() {
    let setup = Setup::new(Filter::AlwaysOn, []);
    let counter = setup.meter().u64_counter("frames").build();
    let [one, two] = [KeyValue::new(CODEC, "av1"), KeyValue::new(CODEC, "vp9")];
    for _ in 0..2 {
        counter.add(1, &[one.clone(), two.clone()]);
        counter.add(2, &[two.clone(), one.clone()]);
    }
    assert_eq!(setup.values("frames", &[one]), [1.0]);
    assert_eq!(setup.values("frames", &[two]), [2.0]);
    let mut points = Vec::new();
    for metric in setup.readers[0].collect().scope_metrics().flat_map(|scope| scope.metrics()) {
        each_point(metric.data(), |attributes, sum| {
            let series = setup.stream("frames").series(attributes).unwrap();
            points.push((sum, series.latest().unwrap().value));
        });
    }
    points.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(points, [("2".to_owned(), 1.0), ("4".to_owned(), 2.0)]);
}

#[test]
fn an_attribute_that_the_views_drop_goes_into_the_exemplar() {
    let setup = Setup::new(Filter::AlwaysOn, [with_keys(stream("frames", Aggregation::Default), &[CODEC])]);
    let counter = setup.meter().u64_counter("frames").build();
    let [codec, job] = attributes("h264", 1);
    counter.add(1, &[codec.clone(), job.clone()]);
    let held = setup.held("frames", std::slice::from_ref(&codec));
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].1.filtered, std::slice::from_ref(&job));

    // Through a handle, and for the set that is found again.
    setup.exemplars.collected();
    counter.bind(&attributes("h264", 2)).add(1);
    assert_eq!(setup.held("frames", std::slice::from_ref(&codec))[0].1.filtered, [KeyValue::new("job", 2)]);
    setup.exemplars.collected();
    counter.add(1, &attributes("h264", 3));
    assert_eq!(setup.held("frames", &[codec])[0].1.filtered, [KeyValue::new("job", 3)]);
    assert_eq!(setup.readers[0].points().len(), 1);

    counter.add(1, &[job]);
    assert_eq!(setup.values("frames", &[]), [1.0]);
}

#[test]
fn a_renamed_stream_is_found_by_its_new_name_in_any_case() {
    let (name, renamed) = stream("frames", Aggregation::Default);
    let setup = Setup::new(Filter::AlwaysOn, [(name, Stream { name: "Old.Frames".into(), ..renamed })]);
    setup.meter().u64_counter("frames").build().add(5, &[]);
    assert_eq!(setup.values("Old.Frames", &[]), [5.0]);
    assert_eq!(setup.values("old.frames", &[]), [5.0]);
    assert!(setup.exemplars.stream(&InstrumentationScope::builder("test").build(), "frames").is_none());
    assert!(setup.exemplars.stream(&InstrumentationScope::builder("other").build(), "old.frames").is_none());
}

#[test]
fn a_dropped_stream_has_no_reservoirs() {
    let setup = Setup::new(Filter::AlwaysOn, [stream("frames", Aggregation::Drop)]);
    setup.meter().u64_counter("frames").build().add(5, &[]);
    assert!(setup.exemplars.stream(&InstrumentationScope::builder("test").build(), "frames").is_none());
}

#[test]
fn the_second_of_two_different_streams_of_one_name_has_no_reservoirs() {
    let setup = Setup::new(Filter::AlwaysOn, []);
    setup.meter().u64_counter("frames").build().add(5, &[]);
    setup.meter().f64_histogram("frames").build().record(6.0, &[]);
    assert_eq!(setup.values("frames", &[]), [5.0]);
    setup.exemplars.collected();
    setup.meter().f64_histogram("frames").build().record(7.0, &[]);
    setup.meter().f64_counter("frames").build().bind(&[]).add(8.0);
    assert_eq!(setup.values("frames", &[]), [8.0], "streams that are alike share their reservoirs");
}

#[test]
fn sets_past_the_limit_share_the_overflow_series() {
    let setup = Setup::new(Filter::TraceBased, [with_limit(stream("frames", Aggregation::Default), 2)]);
    let counter = setup.meter().u64_counter("frames").build();
    let job = |number: i64| [KeyValue::new("job", number)];
    // Seen outside of any span, and counted all the same.
    counter.add(1, &job(1));
    let bound = counter.bind(&job(2));
    inside(true, 1, || {
        counter.add(3, &job(3));
        assert_eq!(setup.values("frames", &overflow()), [3.0]);
        setup.exemplars.collected();
        counter.bind(&job(4)).add(4);
        assert_eq!(setup.values("frames", &overflow()), [4.0]);
        setup.exemplars.collected();
        counter.add(5, &job(3));
        assert_eq!(setup.values("frames", &overflow()), [5.0]);
        counter.add(1, &job(1));
        bound.add(2);
        counter.add(9, &[]);
    });
    assert_eq!(setup.values("frames", &job(1)), [1.0]);
    assert_eq!(setup.values("frames", &job(2)), [2.0]);
    assert_eq!(setup.values("frames", &job(3)), [0.0; 0]);
    assert_eq!(setup.values("frames", &[]), [9.0]);
    assert_eq!(setup.readers[0].points().len(), 4);
}

/// Threads race for the places under the limit. Whoever got one, every exemplar is found under the
/// data point that counted its measurement: the value says which set it was.
#[test]
fn each_exemplar_is_under_the_data_point_that_counted_it() {
    for round in 0..20 {
        let setup = Setup::new(Filter::AlwaysOn, [with_limit(stream("frames", Aggregation::LastValue), 5)]);
        let gauge = setup.meter().u64_gauge("frames").build();
        thread::scope(|scope| {
            for thread in 0..4_u64 {
                let gauge = gauge.clone();
                scope.spawn(move || {
                    for step in 0..40_u64 {
                        let set = (step + thread * round) % 10;
                        let attributes = [KeyValue::new("set", set as i64)];
                        if step % 7 == thread {
                            gauge.bind(&attributes).record(set);
                        } else {
                            gauge.record(set, &attributes);
                        }
                    }
                });
            }
        });
        let points = setup.readers[0].points();
        assert_eq!(points.len(), 6);
        let admitted: Vec<i64> = (0..10)
            .filter(|set| points.contains_key(&("frames".to_owned(), text([KeyValue::new("set", *set)].iter()))))
            .collect();
        assert_eq!(admitted.len(), 5);
        for set in 0..10 {
            let expected: &[f64] = if admitted.contains(&set) { &[set as f64] } else { &[] };
            assert_eq!(setup.values("frames", &[KeyValue::new("set", set)]), expected);
        }
        let beyond = setup.values("frames", &overflow());
        assert_eq!(beyond.len(), 1);
        assert!(!admitted.contains(&(beyond[0] as i64)));
    }
}

#[test]
fn an_instrument_of_several_streams_has_reservoirs_in_each() {
    let setup = Setup::new(Filter::AlwaysOn, []);
    let scope = InstrumentationScope::builder("test").build();
    let sdk = SdkMeterProvider::builder().build().meter("test").u64_counter("frames").build();
    let streams = [
        with_keys(stream("by.codec", Aggregation::Default), &[CODEC]).1,
        stream("dropped", Aggregation::Drop).1,
        with_limit(stream("by.all", Aggregation::Default), 1).1,
    ];
    let counter = setup.exemplars.instrument(&scope, InstrumentKind::Counter, "", &streams, sdk).unwrap();
    let counter = opentelemetry::metrics::Counter::<u64>::new(counter);
    let [codec, job] = attributes("h264", 1);
    let both = [codec.clone(), job.clone()];
    let check = |value, other: &[KeyValue]| {
        let by_codec = setup.held("by.codec", std::slice::from_ref(&codec));
        assert_eq!((by_codec[0].1.value, &by_codec[0].1.filtered[..]), (value, std::slice::from_ref(&job)));
        let by_all = setup.held("by.all", other);
        assert_eq!((by_all[0].1.value, &by_all[0].1.filtered[..]), (value, &[][..]));
        setup.exemplars.collected();
    };
    counter.add(1, &both);
    check(1.0, &both);
    counter.add(2, &both);
    check(2.0, &both);
    counter.bind(&both).add(3);
    check(3.0, &both);
    // Past the limit of one stream, within that of the other.
    counter.add(4, &attributes("av1", 2));
    assert_eq!(setup.values("by.all", &overflow()), [4.0]);
    assert_eq!(setup.values("by.codec", &[KeyValue::new(CODEC, "av1")]), [4.0]);
}
