//! What a reservoir keeps, and for how long.

use std::thread;

use super::*;

fn explicit(name: &'static str, boundaries: &[f64]) -> (&'static str, Stream) {
    stream(name, Aggregation::Explicit { boundaries: boundaries.to_vec(), record_min_max: true })
}

#[test]
fn a_bucket_holds_one_exemplar_that_lies_in_it() {
    let bounds: Vec<f64> = (1..=15).map(|bound| f64::from(bound) * 10.0).collect();
    let setup = Setup::new(Filter::TraceBased, [explicit("time", &bounds)]);
    let histogram = setup.meter().f64_histogram("time").build();
    let attributes = [KeyValue::new("codec", "h264")];
    let bound = histogram.bind(&attributes);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (histogram, bound, attributes) = (&histogram, &bound, &attributes);
            let setup = &setup;
            scope.spawn(move || {
                inside(true, thread + 1, || {
                    for offer in 0..1000_u64 {
                        let value = ((offer * 37 + thread) % 2000) as f64 / 10.0;
                        if offer % 2 == 0 {
                            bound.record(value)
                        } else {
                            histogram.record(value, attributes)
                        }
                        if offer % 100 == 0 {
                            setup.exemplars.collected();
                            assert!(setup.held("time", attributes).len() <= 16);
                        }
                    }
                });
            });
        }
    });
    let held = setup.held("time", &attributes);
    assert_eq!(held.iter().map(|(bucket, _)| *bucket).collect::<Vec<_>>(), (0..16).collect::<Vec<_>>());
    for (bucket, exemplar) in held {
        let from = bucket.checked_sub(1).map_or(f64::NEG_INFINITY, |below| bounds[below]);
        let to = bounds.get(bucket).copied().unwrap_or(f64::INFINITY);
        assert!(from < exemplar.value && exemplar.value <= to, "{from} < {} <= {to}", exemplar.value);
        assert_ne!(exemplar.span_id, SpanId::INVALID);
        assert_eq!(exemplar.trace_id, u64::from_be_bytes(exemplar.span_id.to_bytes()).into_trace());
    }
}

#[test]
fn a_value_on_a_bound_is_below_it() {
    for count in [1, 3, 4, 5, 8, 64, 65, 200] {
        let bounds: Vec<f64> = (0..count).map(f64::from).collect();
        let setup = Setup::new(Filter::AlwaysOn, [explicit("time", &bounds)]);
        let histogram = setup.meter().f64_histogram("time").build();
        for place in 0..=count {
            histogram.record(f64::from(place), &[]);
        }
        let places: Vec<_> = setup.held("time", &[]).into_iter().map(|(place, held)| (place, held.value)).collect();
        let expected: Vec<_> = (0..=count).map(|place| (place as usize, f64::from(place))).collect();
        assert_eq!(places, expected);
    }
}

#[test]
fn sizes_are_those_of_the_specification() {
    let exponential = |max_size| Aggregation::Exponential { max_size, max_scale: 20, record_min_max: true };
    let setup = Setup::new(
        Filter::AlwaysOn,
        [
            stream("wide", exponential(160)),
            stream("narrow", exponential(4)),
            stream("summed", Aggregation::Sum),
            explicit("bare", &[]),
        ],
    );
    for name in ["wide", "narrow", "summed", "bare", "other"] {
        let histogram = setup.meter().u64_histogram(name).build();
        (0..1000).for_each(|value| histogram.record(value, &[]));
    }
    let gauge = setup.meter().i64_gauge("gauge").build();
    (-500..500).for_each(|value| gauge.record(value, &[]));
    let size = |name| setup.held(name, &[]).len();
    assert_eq!([size("wide"), size("narrow"), size("summed"), size("bare"), size("gauge")], [20, 4, 1, 1, 1]);
    assert_eq!(
        setup.held("wide", &[]).iter().map(|(place, _)| *place).collect::<Vec<_>>(),
        (0..20).collect::<Vec<_>>()
    );
    assert!(size("other") > 5);
}

/// Each of the offers since the last collection is as likely to be held as any other.
#[test]
fn the_sample_is_uniform() {
    for (name, aggregation, size) in [
        ("one", Aggregation::Sum, 1),
        ("many", Aggregation::Exponential { max_size: 10, max_scale: 20, record_min_max: true }, 10),
    ] {
        let setup = Setup::new(Filter::AlwaysOn, [stream(name, aggregation)]);
        let histogram = setup.meter().u64_histogram(name).build().bind(&[]);
        let mut tenths = [0; 10];
        let rounds = 4000 / size;
        for _ in 0..rounds {
            (0..100).for_each(|value| histogram.record(value));
            setup.values(name, &[]).iter().for_each(|value| tenths[*value as usize / 10] += 1);
            setup.exemplars.collected();
        }
        // 400 expected, with a standard deviation of 19.
        assert!(tenths.iter().all(|count| (300..500).contains(count)), "{name}: {tenths:?}");
    }
}

#[test]
fn after_a_collection_the_next_offer_is_kept_and_the_old_one_stays_until_then() {
    let setup = Setup::new(Filter::AlwaysOn, [explicit("time", &[10.0, 1e9])]);
    let histogram = setup.meter().u64_histogram("time").build().bind(&[]);
    histogram.record(1);
    (100..100_000).for_each(|value| histogram.record(value));
    let series = setup.stream("time").series([].iter()).unwrap();
    let before = setup.values("time", &[]);
    setup.exemplars.collected();
    assert_eq!(setup.values("time", &[]), before, "an exit that collects takes nothing from another");
    histogram.record(7_000_000);
    assert_eq!(setup.values("time", &[]), [1.0, 7_000_000.0]);
    assert_eq!(series.latest().unwrap().value, 7_000_000.0);
    let counts = setup.exemplars.counts();
    assert_eq!(counts.offered, 1 + 99_900 + 1);
    assert!((3..100).contains(&counts.kept), "{counts:?}");
}

#[test]
fn both_readers_find_the_same_exemplar() {
    let setup = Setup::new(Filter::AlwaysOn, []);
    let counter = setup.meter().u64_counter("frames").build();
    let attributes = [KeyValue::new("codec", "h264"), KeyValue::new("job", 1)];
    counter.add(3, &attributes);
    for reader in &setup.readers {
        let metrics = reader.collect();
        setup.exemplars.collected();
        let mut points = 0;
        for scope in metrics.scope_metrics() {
            for metric in scope.metrics() {
                let stream = setup.exemplars.stream(scope.scope(), metric.name()).unwrap();
                each_point(metric.data(), |attributes, _| {
                    assert_eq!(stream.series(attributes).unwrap().latest().unwrap().value, 3.0);
                    points += 1;
                });
            }
        }
        assert_eq!(points, 1);
    }
}
