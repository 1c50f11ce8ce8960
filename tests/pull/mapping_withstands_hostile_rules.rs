//! Rules that contradict each other, or the metrics.

use opentelemetry::KeyValue;
use telecine::pull::{
    Format, Options,
    mapping::{LabelRule, Mapping, Rule, Take},
};
use telecine::views::KeyFilter;
use telecine_parts::Error;

use crate::fixture::{Fixture, mapper, named, openmetrics, pairs, promtool};

fn check(fixture: &Fixture) -> Result<String, Error> {
    openmetrics(&fixture.scrape(Format::OPENMETRICS))?;
    let text = fixture.scrape(Format::TEXT);
    promtool(&text)?;
    Ok(text)
}

fn left_out(fixture: &Fixture) -> usize {
    fixture.exporter.stats().last.unwrap().metrics_left_out
}

#[test]
fn of_types_and_bounds_that_disagree_the_first_has_the_name_for_good() -> Result<(), Error> {
    let fixture = Fixture::mapped([named("x.*", "x_total"), named("wait.*", "wait_seconds")]);
    let meter = fixture.meter("b");
    meter.u64_counter("x.one").with_description("One").build().add(1, &[]);
    let wait = |name, bounds: &[f64]| {
        let histogram = meter.f64_histogram(name).with_description("Wait");
        histogram.with_boundaries(bounds.to_vec()).build().record(1.0, &[])
    };
    wait("wait.one", &[1.0, 2.0]);
    check(&fixture)?;
    fixture.meter("a").f64_gauge("x.two").build().record(7.0, &[]);
    wait("wait.two", &[1.0, 3.0]);
    wait("wait.three", &[1.0, 2.0]);
    fixture.meter("a").f64_histogram("wait.exponential").build().record(1.0, &[]);
    for _ in 0..2 {
        let text = check(&fixture)?;
        assert!(text.contains("x_total 1\n") && text.contains("wait_seconds_count 2\n"), "{text}");
        assert_eq!(left_out(&fixture), 3, "{text}");
    }
    Ok(())
}

#[test]
fn a_rule_has_its_name_before_any_metric_has() -> Result<(), Error> {
    let fixture = Fixture::mapped([named("mine", "jobs_total"), named("y", "y_count")]);
    fixture.meter("a").u64_counter("jobs").with_description("Jobs").build().add(100, &[]);
    let text = check(&fixture)?;
    assert!(!text.contains("jobs_total"), "{text}");
    assert_eq!(left_out(&fixture), 1);
    fixture.meter("a").u64_counter("mine").with_description("Mine").build().add(1, &[]);
    // A histogram whose samples would have a name that a rule gives.
    fixture.meter("a").f64_gauge("y").with_description("Y").build().record(1.0, &[]);
    let meter = fixture.meter("b");
    meter.f64_histogram("y").with_description("Y").build().record(1.0, &[]);
    // promtool would rather have no gauge of such a name.
    openmetrics(&fixture.scrape(Format::OPENMETRICS))?;
    let text = fixture.scrape(Format::TEXT);
    assert!(text.contains("jobs_total 1\n") && !text.contains("100"), "{text}");
    assert!(text.contains("y_count 1\n") && !text.contains("y_sum"), "{text}");
    assert_eq!(left_out(&fixture), 2);
    Ok(())
}

#[test]
fn what_has_no_count_is_left_out() -> Result<(), Error> {
    let fixture = Fixture::mapped([Rule { take: Some(Take::Count), ..named("test.*", "values_total") }]);
    fixture.measure();
    let text = check(&fixture)?;
    assert!(text.contains("values_total{media_codec=\"h264\",rendition=\"720p\"} 9\n"), "{text}");
    assert_eq!(left_out(&fixture), 6, "{text}");
    Ok(())
}

#[test]
fn a_series_goes_into_another_one_once() -> Result<(), Error> {
    let rules = [named("x", "x_total"), named("x*", "x_total"), named("*", "x_total"), named("x", "y_total")];
    let fixture = Fixture::mapped(rules);
    let counter = fixture.meter("a").u64_counter("x").with_description("X").build();
    counter.add(3, &[]);
    counter.add(5, &[KeyValue::new("k", "v")]);
    let text = check(&fixture)?;
    assert!(text.contains("x_total 3\n") && text.contains("x_total{k=\"v\"} 5\n"), "{text}");
    assert!(text.contains("y_total 3\n"), "{text}");
    Ok(())
}

#[test]
fn labels_that_become_one_are_joined_and_added_ones_replace() -> Result<(), Error> {
    let labels = LabelRule {
        rename: pairs([("a", "one"), ("b", "c")]),
        add: pairs([("fixed", "line\n\"quoted\" \\"), ("d", "new")]),
        ..LabelRule::default()
    };
    let fixture = Fixture::mapped([Rule { labels, ..named("x", "x_total") }]);
    let counter = fixture.meter("a").u64_counter("x").with_description("X").build();
    let of = |key: &'static str, value: &'static str| KeyValue::new(key, value);
    counter.add(1, &[of("a", "1"), of("b", "2"), of("c", "3"), of("d", "4")]);
    let text = check(&fixture)?;
    let expected = "x_total{c=\"2;3\",d=\"new\",fixed=\"line\\n\\\"quoted\\\" \\\\\",one=\"1\"} 1\n";
    assert!(text.contains(expected), "{text}");
    Ok(())
}

#[test]
fn everything_into_one_name_is_still_an_exposition() -> Result<(), Error> {
    for name in ["all_total", "all", "all_bucket", "all_count", "target_info"] {
        let labels = LabelRule { keep: Some(vec![]), ..LabelRule::default() };
        let rule = Rule { labels, ..named("*", name) };
        let mapping = mapper(Mapping { rules: vec![rule], ..Mapping::default() });
        let fixture = Fixture::with(Options { mapping, ..Options::default() });
        fixture.measure();
        let read = openmetrics(&fixture.scrape(Format::OPENMETRICS))?;
        assert_eq!(read.matches("# ").count(), if name == "target_info" { 1 } else { 2 }, "{read}");
        fixture.scrape(Format::TEXT);
        fixture.exporter.scrape(Format::PROTOBUF).unwrap();
    }
    Ok(())
}

#[test]
fn series_that_come_and_go_are_found_again() -> Result<(), Error> {
    let labels = LabelRule { keep: Some(vec!["even".to_owned()]), ..LabelRule::default() };
    let fixture = Fixture::mapped([Rule { labels, ..named("beat", "beats") }]);
    let (send, receive) = std::sync::mpsc::channel::<Vec<u64>>();
    let receive = std::sync::Mutex::new(receive);
    let _gauge = fixture
        .meter("a")
        .u64_observable_gauge("beat")
        .with_description("Beats")
        .with_callback(move |observer| {
            for worker in receive.lock().unwrap().recv().unwrap() {
                let even = KeyValue::new("even", worker % 2 == 0);
                observer.observe(worker, &[even, KeyValue::new("worker", worker.to_string())]);
            }
        })
        .build();
    for (workers, even, odd) in [
        (vec![1, 2, 3, 4], Some(6), Some(4)),
        (vec![4, 3, 2], Some(6), Some(3)),
        (vec![8], Some(8), None),
        ((0..100).collect(), Some(2450), Some(2500)),
        ((0..100).rev().collect(), Some(2450), Some(2500)),
        (vec![5, 1, 2], Some(2), Some(6)),
        (vec![], None, None),
        (vec![2], Some(2), None),
    ] {
        send.send(workers.clone()).unwrap();
        let text = fixture.scrape(Format::TEXT);
        for (label, sum) in [("true", even), ("false", odd)] {
            let line = sum.map(|sum: u64| format!("beats{{even=\"{label}\"}} {sum}"));
            let found = text.lines().find(|line| line.contains(label)).map(str::to_owned);
            assert_eq!(found, line, "{workers:?}\n{text}");
        }
    }
    Ok(())
}

#[test]
fn labels_of_the_resource_stay_whatever_a_rule_keeps() -> Result<(), Error> {
    let labels = LabelRule { keep: Some(vec![]), ..LabelRule::default() };
    let mapping = mapper(Mapping { rules: vec![Rule { labels, ..named("x", "x_total") }], ..Mapping::default() });
    let filter = KeyFilter { included: Some(vec!["service.*".to_owned()]), excluded: vec!["*.version".to_owned()] };
    let fixture = Fixture::with(Options { mapping, resource_labels: Some(filter), ..Options::default() });
    for name in ["x", "y"] {
        let counter = fixture.meter("a").u64_counter(name).with_description("X").build();
        counter.add(1, &[KeyValue::new("k", "v")]);
    }
    let own = fixture.meter("a").f64_histogram("z").with_description("Z").build();
    own.record(1.0, &[KeyValue::new("service.name", "mine")]);
    let text = check(&fixture)?;
    assert!(text.contains("x_total{service_name=\"pull-test\"} 1\n"), "{text}");
    assert!(text.contains("y_total{k=\"v\",service_name=\"pull-test\"} 1\n"), "{text}");
    assert!(text.contains("z_count{service_name=\"mine\"} 1\n"), "{text}");
    assert!(
        text.contains(
            "target_info{host_name=\"a \\\"host\\\"\",service_name=\"pull-test\",service_version=\"1.2.3\"} 1"
        ),
        "{text}"
    );
    Ok(())
}
