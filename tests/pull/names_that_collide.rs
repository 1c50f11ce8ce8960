use opentelemetry::{InstrumentationScope, KeyValue, metrics::MeterProvider as _};
use telecine::pull::{Format, Options, Stats};
use telecine_parts::Error;

use crate::fixture::{Fixture, openmetrics, promtool};

fn bare() -> Fixture {
    Fixture::with(Options { target_info: false, ..Options::default() })
}

fn left_out(stats: &Stats) -> (usize, usize) {
    let last = stats.last.as_ref().unwrap();
    (last.metrics_left_out, last.series_left_out)
}

fn check(fixture: &Fixture) -> Result<String, Error> {
    openmetrics(&fixture.scrape(Format::OPENMETRICS))?;
    let text = fixture.scrape(Format::TEXT);
    promtool(&text)?;
    Ok(text)
}

#[test]
fn one_type_in_two_scopes_is_one_family() -> Result<(), Error> {
    let fixture = bare();
    for scope in ["b", "a"] {
        let counter = fixture.meter(scope).u64_counter("jobs").with_description("Jobs").build();
        counter.add(1, &[KeyValue::new("from", scope)]);
        counter.add(5, &[KeyValue::new("both", "yes")]);
    }
    let text = check(&fixture)?;
    assert_eq!(text.matches("# TYPE").count(), 1, "{text}");
    for line in ["jobs_total{from=\"a\"} 1", "jobs_total{from=\"b\"} 1"] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    for line in ["jobs_total{both=\"yes\"} 5", "jobs_total{both=\"yes\",otel_scope_name=\"b\"} 5"] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert_eq!(left_out(&fixture.exporter.stats()), (0, 0));
    Ok(())
}

#[test]
fn of_equal_series_the_one_that_was_there_first_stays_as_it_is() -> Result<(), Error> {
    let fixture = bare();
    let count = |scope: &'static str, key: &'static str| {
        let counter = fixture.meter(scope).u64_counter("jobs").with_description("Jobs").build();
        counter.add(1, &[KeyValue::new("k", key)]);
    };
    count("m", "x");
    check(&fixture)?;
    // They come before it in the order of scopes, and after it in time.
    count("a", "x");
    count("a", "y");
    count("z", "x");
    count("z", "y");
    for _ in 0..3 {
        let text = check(&fixture)?;
        for line in [
            "jobs_total{k=\"x\"} 1",
            "jobs_total{k=\"x\",otel_scope_name=\"a\"} 1",
            "jobs_total{k=\"x\",otel_scope_name=\"z\"} 1",
            "jobs_total{k=\"y\"} 1",
            "jobs_total{k=\"y\",otel_scope_name=\"z\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert_eq!(left_out(&fixture.exporter.stats()), (0, 0));
        // Another series makes the plan anew.
        count("a", "more");
    }
    Ok(())
}

#[test]
fn scope_labels_tell_them_apart() -> Result<(), Error> {
    let fixture = Fixture::with(Options { scope_labels: true, target_info: false, ..Options::default() });
    let full = InstrumentationScope::builder("full")
        .with_version("9.9")
        .with_schema_url("https://opentelemetry.io/schemas/1.42.0")
        .with_attributes([KeyValue::new("team.name", "ingest"), KeyValue::new("version", "ignored")])
        .build();
    for meter in [fixture.meter("plain"), fixture.provider.meter_with_scope(full)] {
        meter.u64_counter("jobs").with_description("Jobs").build().add(1, &[KeyValue::new("otel.scope.name", "odd")]);
    }
    let text = check(&fixture)?;
    for line in [
        "jobs_total{otel_scope_name=\"odd;plain\"} 1",
        "jobs_total{otel_scope_name=\"odd;full\",otel_scope_schema_url=\"https://opentelemetry.io/schemas/1.42.0\",\
         otel_scope_team_name=\"ingest\",otel_scope_version=\"9.9\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert_eq!(left_out(&fixture.exporter.stats()), (0, 0));
    Ok(())
}

#[test]
fn of_two_types_the_first_has_the_name_for_good() -> Result<(), Error> {
    let fixture = bare();
    fixture.meter("b").u64_counter("x").with_description("First").build().add(1, &[]);
    assert!(check(&fixture)?.contains("x_total 1"));
    // Their names are not the same, those of their samples would be.
    fixture.meter("a").f64_gauge("x.total").with_description("Second").build().record(2.0, &[]);
    fixture.meter("a").f64_gauge("x").with_description("Third").build().record(2.0, &[]);
    fixture.meter("a").f64_histogram("y").with_description("Histogram").build().record(2.0, &[]);
    assert!(check(&fixture)?.contains("y_count 1"));
    fixture.meter("c").u64_gauge("y.count").with_description("Fourth").build().record(3, &[]);
    let text = check(&fixture)?;
    assert_eq!(text.matches("# TYPE").count(), 2, "{text}");
    assert_eq!(left_out(&fixture.exporter.stats()), (3, 0));
    Ok(())
}

#[test]
fn of_two_descriptions_the_first_is_shown() -> Result<(), Error> {
    let fixture = bare();
    fixture.meter("a").u64_counter("x").with_description("One").build().add(1, &[KeyValue::new("k", "a")]);
    fixture.meter("b").u64_counter("x").with_description("Two").build().add(1, &[KeyValue::new("k", "b")]);
    let text = check(&fixture)?;
    assert!(text.starts_with("# HELP x_total One\n# TYPE x_total counter\n"), "{text}");
    assert!(text.contains("x_total{k=\"a\"} 1") && text.contains("x_total{k=\"b\"} 1"), "{text}");
    Ok(())
}

#[test]
fn values_of_labels_that_become_one_are_joined() -> Result<(), Error> {
    let fixture = bare();
    let counter = fixture.meter("a").u64_counter("x").with_description("X").build();
    counter.add(1, &[KeyValue::new("a_b", "under"), KeyValue::new("a.b", "dot"), KeyValue::new("a-b", "dash")]);
    counter.add(2, &[KeyValue::new("c.d", "1")]);
    counter.add(4, &[KeyValue::new("c_d", "1")]);
    counter.add(8, &[KeyValue::new("c.d", 1)]);
    let text = check(&fixture)?;
    assert!(text.contains("x_total{a_b=\"dash;dot;under\"} 1"), "{text}");
    assert_eq!(text.matches("x_total{c_d=\"1\"}").count(), 1, "{text}");
    assert_eq!(left_out(&fixture.exporter.stats()), (0, 2));
    Ok(())
}

#[test]
fn labels_that_prometheus_needs_are_its_own() -> Result<(), Error> {
    let fixture = bare();
    let meter = fixture.meter("a");
    let labels = [KeyValue::new("le", "mine"), KeyValue::new("__name__", "other")];
    meter.f64_histogram("x").with_description("X").build().record(1.0, &labels);
    meter.f64_gauge("g").with_description("G").build().record(1.0, &labels);
    // promtool would rather have no label `le` on a gauge.
    openmetrics(&fixture.scrape(Format::OPENMETRICS))?;
    let text = fixture.scrape(Format::TEXT);
    assert!(text.contains("x_bucket{_name_=\"other\",exported_le=\"mine\",le=\"+Inf\"} 1"), "{text}");
    assert!(text.contains("g{_name_=\"other\",le=\"mine\"} 1"), "{text}");
    Ok(())
}

#[test]
fn the_name_of_the_resource_is_taken() -> Result<(), Error> {
    let fixture = Fixture::new();
    fixture.meter("a").u64_gauge("target.info").with_description("Not ours").build().record(5, &[]);
    let text = check(&fixture)?;
    assert_eq!(text.matches("target_info{").count(), 1, "{text}");
    assert_eq!(left_out(&fixture.exporter.stats()), (1, 0));
    Ok(())
}
