//! What the SDK gets is what it would have got without us.

use super::*;

/// Measures with every kind of instrument, with and without handles.
fn drive(meter: &Meter) {
    let sets: [&[KeyValue]; 4] = [
        &[],
        &[KeyValue::new("codec", "h264"), KeyValue::new("job", 7)],
        &[KeyValue::new("job", 7), KeyValue::new("codec", "h264")],
        &[KeyValue::new("codec", "av1"), KeyValue::new("live", true), KeyValue::new("rate", 29.97)],
    ];
    macro_rules! drive {
        ($builder:ident, $method:ident, $name:literal, $values:expr) => {
            let instrument = meter.$builder($name).with_unit("s").with_description("what it is").build();
            for attributes in sets {
                let bound = instrument.bind(attributes);
                for value in $values {
                    instrument.$method(value, attributes);
                    bound.$method(value);
                }
            }
        };
    }
    let unusual = [1.5, f64::NAN, 2.5, f64::INFINITY, f64::NEG_INFINITY];
    drive!(u64_counter, add, "counter.u64", [1, 2]);
    drive!(f64_counter, add, "counter.f64", unusual);
    drive!(i64_up_down_counter, add, "up_down.i64", [5, -2]);
    drive!(f64_up_down_counter, add, "up_down.f64", unusual);
    drive!(u64_gauge, record, "gauge.u64", [1, 2]);
    drive!(i64_gauge, record, "gauge.i64", [1, -2]);
    drive!(f64_gauge, record, "gauge.f64", unusual);
    drive!(u64_histogram, record, "histogram.u64", [1, 200]);
    drive!(f64_histogram, record, "histogram.f64", unusual);
    drive!(f64_histogram, record, "histogram.exponential", unusual);
    drive!(f64_histogram, record, "histogram.sum", unusual);
    drive!(u64_counter, add, "dropped", [1]);
    drive!(u64_counter, add, "keys", [1]);
    drive!(u64_counter, add, "limited", [1]);
    drive!(u64_counter, add, "not a valid name", [1]);
    let histogram = meter.f64_histogram("histogram.bounds").with_boundaries(vec![1.0, 2.0]).build();
    histogram.record(2.0, &[]);
    macro_rules! observe {
        ($builder:ident, $name:literal, $value:expr) => {
            let builder = meter.$builder($name).with_unit("By").with_description("what it is");
            let _ = builder.with_callback(|to| to.observe($value, &[KeyValue::new("seen", true)])).build();
        };
    }
    observe!(u64_observable_counter, "observed.counter.u64", 3);
    observe!(f64_observable_counter, "observed.counter.f64", 3.5);
    observe!(i64_observable_up_down_counter, "observed.up_down.i64", -3);
    observe!(f64_observable_up_down_counter, "observed.up_down.f64", -3.5);
    observe!(u64_observable_gauge, "observed.gauge.u64", 3);
    observe!(i64_observable_gauge, "observed.gauge.i64", -3);
    observe!(f64_observable_gauge, "observed.gauge.f64", 3.5);
}

fn streams() -> Vec<(&'static str, Stream)> {
    let exponential = Aggregation::Exponential { max_size: 160, max_scale: 20, record_min_max: true };
    let explicit = Aggregation::Explicit { boundaries: vec![1.0, 10.0], record_min_max: true };
    vec![
        stream("histogram.u64", explicit.clone()),
        stream("histogram.f64", explicit),
        stream("histogram.exponential", exponential),
        stream("histogram.sum", Aggregation::Sum),
        stream("dropped", Aggregation::Drop),
        with_keys(stream("keys", Aggregation::Default), &["codec"]),
        with_limit(stream("limited", Aggregation::Default), 1),
    ]
}

#[test]
fn every_kind_of_instrument_delivers_the_same_numbers_with_and_without() {
    let views = Arc::new(Views::of(streams()));
    let readers = [Reader::new(Temporality::Cumulative), Reader::new(Temporality::Delta)];
    let plain = sdk(&views, &readers);
    drive(&plain.meter("test"));
    let [cumulative, delta] = readers.map(|reader| reader.points());
    assert_eq!(cumulative.keys().filter(|(name, _)| name == "counter.u64").count(), 3);

    for filter in [Filter::AlwaysOff, Filter::TraceBased, Filter::AlwaysOn] {
        for sampled in [false, true] {
            let wrapped = Setup::new(filter, streams());
            inside(sampled, 1, || drive(&wrapped.meter()));
            assert_eq!(wrapped.readers[0].points(), cumulative, "{filter}");
            assert_eq!(wrapped.readers[1].points(), delta, "{filter}");
        }
    }
}

#[test]
fn with_the_filter_off_the_instruments_are_the_sdks_own() {
    let setup = Setup::new(Filter::AlwaysOff, []);
    inside(true, 1, || setup.meter().u64_counter("frames").build().add(1, &[]));
    assert!(setup.exemplars.stream(&InstrumentationScope::builder("test").build(), "frames").is_none());
    assert_eq!(setup.exemplars.counts(), Counts::default());
}

#[test]
fn a_histogram_that_nothing_is_said_about_gets_the_bounds_of_its_unit() {
    for exemplars in [Exemplars::off(), Exemplars::new(Filter::AlwaysOn, Arc::default())] {
        let reader = Reader::new(Temporality::Cumulative);
        let provider = exemplars.wrap(SdkMeterProvider::builder().with_reader(reader.clone()).build());
        provider.meter("test").f64_histogram("wait").with_unit("s").build().record(20_000.0, &[]);
        let points = reader.points();
        assert!(points.values().all(|values| values.starts_with("[0.005, ")), "{points:?}");
    }
}

#[test]
fn a_measurement_that_the_sdk_drops_makes_no_series_and_no_exemplar() {
    let setup = Setup::new(Filter::AlwaysOn, []);
    let counter = setup.meter().f64_counter("time").build();
    let attributes = [KeyValue::new("codec", "h264")];
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        counter.add(value, &attributes);
    }
    assert_eq!(setup.readers[0].points(), Points::new());
    let bound = counter.bind(&attributes);
    bound.add(f64::NAN);
    bound.add(f64::INFINITY);
    assert_eq!(setup.values("time", &attributes), [0.0; 0]);
    bound.add(2.0);
    assert_eq!(setup.values("time", &attributes), [2.0]);
}

#[test]
fn an_attribute_set_out_of_use_is_given_back_under_delta_temporality() {
    let setup = Setup::new(Filter::AlwaysOn, [with_limit(stream("jobs", Aggregation::Default), 2)]);
    let counter = setup.meter().u64_counter("jobs").build();
    let delta = &setup.readers[1];
    let worker = |number: i64| [KeyValue::new("worker", number)];
    counter.add(1, &worker(1));
    counter.add(1, &worker(2));
    counter.add(1, &worker(3));
    let overflow = ("jobs".to_owned(), text(overflow().iter()));
    assert!(delta.points().contains_key(&overflow));
    // Two sweeps: one marks what is not in use, the next forgets it.
    for _ in 0..3 * SWEEP_EVERY {
        setup.exemplars.collected();
    }
    assert_eq!(delta.points(), Points::new());
    counter.add(1, &worker(3));
    counter.add(1, &worker(1));
    assert!(!delta.points().contains_key(&overflow));
}
