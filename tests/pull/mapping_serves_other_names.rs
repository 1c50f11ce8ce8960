//! What rules make of metrics, in every format.

use opentelemetry::{KeyValue, trace::TraceId};
use telecine::pull::{
    Escaping, Format, Options, Protocol, Translation,
    mapping::{LabelRule, Mapping, Match, Rule, Take, Unmatched},
    serve,
};
use telecine_parts::{Error, Prometheus};

use crate::{
    a_prometheus_stores_exemplars_and_native_histograms::{has_exemplars, one, value},
    fixture::{Fixture, in_a_span, mapper, named, openmetrics, pairs, promtool},
};

const DURATION: &str = "media.transcode.duration";

fn transcode(rendition: &'static str, outcome: &'static str) -> [KeyValue; 2] {
    [KeyValue::new("media.rendition", rendition), KeyValue::new("media.outcome", outcome)]
}

fn matching(metric: &str, key: &str, values: &[&str]) -> Match {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    Match { name: metric.to_owned(), labels: vec![(key.to_owned(), values)] }
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

/// What someone else's parsers read without complaint.
fn checked(fixture: &Fixture) -> Result<(String, String), Error> {
    let text = fixture.scrape(Format::TEXT);
    promtool(&text)?;
    let read = openmetrics(&fixture.scrape(Format::OPENMETRICS))?;
    Ok((text, read))
}

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|found| found == *line), "{line}\n{text}");
    }
}

/// The rules of a platform that has jobs by status, and the time of those that went well by quality.
fn platform() -> Vec<Rule> {
    vec![
        Rule {
            take: Some(Take::Count),
            help: Some("Jobs that ended".to_owned()),
            labels: LabelRule {
                rename: pairs([("media.outcome", "status")]),
                keep: Some(texts(["status"])),
                values: vec![(
                    "status".to_owned(),
                    pairs([("success", "completed"), ("fail*", "failed"), ("*", "other")]),
                )],
                add: pairs([("api", "public")]),
                ..LabelRule::default()
            },
            ..named(DURATION, "transcoding_jobs_total")
        },
        Rule {
            matches: matching(DURATION, "media.outcome", &["success"]),
            labels: LabelRule {
                rename: pairs([("media.rendition", "quality")]),
                keep: Some(texts(["quality"])),
                ..LabelRule::default()
            },
            ..named(DURATION, "transcoding_job_duration_seconds")
        },
        Rule {
            take: Some(Take::Sum),
            labels: LabelRule { keep: Some(vec![]), ..LabelRule::default() },
            ..named(DURATION, "transcoding_time_seconds_total")
        },
    ]
}

fn measured(fixture: &Fixture) {
    let duration =
        fixture.meter("a").f64_histogram(DURATION).with_unit("s").with_description("Time of a rendition").build();
    for (rendition, outcome, seconds) in [
        ("720p", "success", 2.0),
        ("720p", "success", 40.0),
        ("1080p", "success", 9.0),
        ("1080p", "failure", 1.0),
        ("720p", "cancelled", 0.5),
    ] {
        duration.record(seconds, &transcode(rendition, outcome));
    }
}

#[test]
fn one_metric_becomes_several() -> Result<(), Error> {
    let fixture = Fixture::mapped(platform());
    measured(&fixture);
    let (text, read) = checked(&fixture)?;
    has(
        &text,
        &[
            "# HELP transcoding_jobs_total Jobs that ended",
            "# TYPE transcoding_jobs_total counter",
            "transcoding_jobs_total{api=\"public\",status=\"completed\"} 3",
            "transcoding_jobs_total{api=\"public\",status=\"failed\"} 1",
            "transcoding_jobs_total{api=\"public\",status=\"other\"} 1",
            "# HELP transcoding_job_duration_seconds Time of a rendition",
            "# TYPE transcoding_job_duration_seconds histogram",
            "transcoding_job_duration_seconds_bucket{quality=\"720p\",le=\"2.5\"} 1",
            "transcoding_job_duration_seconds_bucket{quality=\"720p\",le=\"60\"} 2",
            "transcoding_job_duration_seconds_count{quality=\"1080p\"} 1",
            "transcoding_time_seconds_total 52.5",
        ],
    );
    assert!(!text.contains("media_"), "a metric that rules match is shown by them alone:\n{text}");
    assert!(read.contains("# histogram transcoding_job_duration_seconds seconds"), "{read}");
    assert!(read.contains("# counter transcoding_time_seconds seconds"), "{read}");
    Ok(())
}

#[test]
fn what_no_rule_matches_is_kept_or_dropped() -> Result<(), Error> {
    for unmatched in [Unmatched::Keep, Unmatched::Drop] {
        let fixture = Fixture::mapping(Mapping { unmatched, rules: platform() });
        measured(&fixture);
        let other = fixture.meter("a").u64_counter("other").with_description("Other").build();
        other.add(1, &[]);
        let (text, _) = checked(&fixture)?;
        assert_eq!(text.contains("other_total 1"), unmatched == Unmatched::Keep, "{text}");
        assert_eq!(fixture.exporter.stats().last.unwrap().metrics_left_out, 0);
    }
    Ok(())
}

#[test]
fn a_name_is_served_as_it_is() -> Result<(), Error> {
    let fixture = Fixture::mapped([
        named("jobs", "jobs"),
        named("videos", "videos_total"),
        named("wait", "queue:wait"),
        Rule { name: None, help: Some("Kept".to_owned()), ..named("kept.time", "") },
    ]);
    let meter = fixture.meter("a");
    let trace = TraceId::from_bytes([7; 16]);
    let span = in_a_span(trace);
    meter.u64_counter("jobs").with_description("Jobs").build().add(3, &[]);
    meter.f64_gauge("videos").with_description("Videos").build().record(2.0, &[]);
    meter.f64_histogram("wait").with_unit("s").with_description("Wait").build().record(2.0, &[]);
    meter.f64_counter("kept.time").with_unit("s").with_description("Gone").build().add(2.0, &[]);
    drop(span);
    let text = fixture.scrape(Format::TEXT);
    has(
        &text,
        &[
            "# TYPE jobs counter",
            "jobs 3",
            "# TYPE videos_total gauge",
            "videos_total 2",
            "queue:wait_count 1",
            "# HELP kept_time_seconds_total Kept",
            "kept_time_seconds_total 2",
        ],
    );
    let read = openmetrics(&fixture.scrape(Format::OPENMETRICS))?;
    // A counter that does not end in `_total` is none there, and has no exemplar.
    has(&read, &["# unknown jobs  'Jobs'", "jobs [] 3.0 ", "# gauge videos_total  'Videos'", "videos_total [] 2.0 "]);
    assert!(read.contains("kept_time_seconds_total [] 2.0 ([('span_id',"), "{read}");
    Ok(())
}

#[test]
fn series_of_several_metrics_are_added_up() -> Result<(), Error> {
    let fixture = Fixture::mapped([
        named("one", "all_total"),
        named("two", "all_total"),
        named("size.*", "size_bytes"),
        named("level.*", "level"),
    ]);
    let (a, b) = (fixture.meter("a"), fixture.meter("b"));
    a.u64_counter("one").with_description("One").build().add(1, &[KeyValue::new("k", "x")]);
    b.u64_counter("one").with_description("Other").build().add(10, &[KeyValue::new("k", "x")]);
    a.f64_counter("two").build().add(0.5, &[KeyValue::new("k", "x")]);
    a.u64_counter("two").build().add(7, &[KeyValue::new("k", "y")]);
    for (name, value) in [("size.read", 10), ("size.written", 20_000)] {
        let size = a.u64_histogram(name).with_unit("By").with_boundaries(vec![100.0, 1000.0]);
        size.with_description("Size").build().record(value, &[]);
    }
    a.i64_up_down_counter("level.one").with_description("Level").build().add(-2, &[]);
    a.f64_gauge("level.two").build().record(5.5, &[]);
    let (text, _) = checked(&fixture)?;
    has(
        &text,
        &[
            "# HELP all_total One",
            "all_total{k=\"x\"} 11.5",
            "all_total{k=\"y\"} 7",
            "size_bytes_bucket{le=\"100\"} 1",
            "size_bytes_bucket{le=\"1000\"} 1",
            "size_bytes_bucket{le=\"+Inf\"} 2",
            "size_bytes_sum 20010",
            "level 3.5",
        ],
    );
    assert_eq!(text.matches("# TYPE").count(), 3, "{text}");
    Ok(())
}

#[test]
fn a_series_is_translated_by_the_entry_that_is_equal_before_one_that_fits() -> Result<(), Error> {
    let values = |values| LabelRule { values: vec![("k".to_owned(), values)], ..LabelRule::default() };
    let fixture = Fixture::mapped([Rule {
        labels: values(pairs([("*", "any"), ("a", "exact"), ("", "none"), ("gone", "")])),
        ..named("x", "x_total")
    }]);
    let counter = fixture.meter("a").u64_counter("x").with_description("X").build();
    counter.add(1, &[KeyValue::new("k", "a")]);
    counter.add(2, &[KeyValue::new("k", "b")]);
    counter.add(4, &[KeyValue::new("k", "c")]);
    counter.add(8, &[]);
    counter.add(16, &[KeyValue::new("k", "gone")]);
    let (text, _) = checked(&fixture)?;
    has(&text, &["x_total{k=\"exact\"} 1", "x_total{k=\"any\"} 6", "x_total{k=\"none\"} 8", "x_total 16"]);
    Ok(())
}

#[test]
fn a_missing_label_can_be_matched() -> Result<(), Error> {
    let rule = |values: &[&str], name: &str| Rule { matches: matching("x", "error.type", values), ..named("x", name) };
    let fixture = Fixture::mapped([
        rule(&[""], "good_total"),
        rule(&["?*"], "bad_total"),
        rule(&["*"], "all_total"),
        rule(&["", "time*"], "some_total"),
    ]);
    let counter = fixture.meter("a").u64_counter("x").with_description("X").build();
    counter.add(1, &[]);
    counter.add(2, &[KeyValue::new("error.type", "timeout")]);
    counter.add(4, &[KeyValue::new("error.type", "panic")]);
    let (text, _) = checked(&fixture)?;
    has(
        &text,
        &[
            "good_total 1",
            "bad_total{error_type=\"timeout\"} 2",
            "bad_total{error_type=\"panic\"} 4",
            "all_total 1",
            "all_total{error_type=\"panic\"} 4",
            "some_total{error_type=\"timeout\"} 2",
        ],
    );
    assert!(!text.contains("some_total{error_type=\"panic\"}"), "{text}");
    Ok(())
}

#[test]
fn names_are_the_same_under_every_translation_and_escaping() {
    for translation in [
        Translation::UnderscoreEscapingWithSuffixes,
        Translation::UnderscoreEscapingWithoutSuffixes,
        Translation::NoUtf8EscapingWithSuffixes,
        Translation::NoTranslation,
    ] {
        for escaping in [Escaping::Underscores, Escaping::AllowUtf8, Escaping::Values, Escaping::Dots] {
            let mapping = mapper(Mapping { rules: platform(), ..Mapping::default() });
            let fixture = Fixture::with(Options { translation, mapping, target_info: false, ..Options::default() });
            measured(&fixture);
            fixture.meter("a").u64_counter("not.mapped").build().add(1, &[]);
            let text = fixture.scrape(Format { protocol: Protocol::OpenMetrics, escaping });
            // The scraper that asks for dots reads two underscores as one.
            let expected = "transcoding_jobs_total{api=\"public\",status=\"completed\"} 3";
            let found = if escaping == Escaping::Dots { text.replace("__", "_") } else { text };
            assert!(found.contains(expected), "{translation} {escaping:?}\n{found}");
            assert!(
                found.contains("job_duration_seconds_count{quality=\"720p\"} 2"),
                "{translation} {escaping:?}\n{found}"
            );
            let dotted = escaping == Escaping::AllowUtf8
                && matches!(translation, Translation::NoUtf8EscapingWithSuffixes | Translation::NoTranslation);
            assert_eq!(found.contains("not.mapped"), dotted, "{translation} {escaping:?}\n{found}");
        }
    }
}

#[test]
fn exemplars_follow_their_series() -> Result<(), Error> {
    let merged =
        Rule { labels: LabelRule { keep: Some(vec![]), ..LabelRule::default() }, ..named(DURATION, "merged_seconds") };
    let fixture = Fixture::mapped(platform().into_iter().chain([merged]));
    let duration = fixture.meter("a").f64_histogram(DURATION).with_unit("s").with_description("Time").build();
    for (trace, rendition, seconds) in [(1, "720p", 2.0), (2, "1080p", 2.2), (3, "720p", 40.0)] {
        let _span = in_a_span(TraceId::from_bytes([trace; 16]));
        duration.record(seconds, &transcode(rendition, "success"));
    }
    // Again, since exemplars are read anew and the plan is the former one.
    openmetrics(&fixture.scrape(Format::OPENMETRICS))?;
    let read = openmetrics(&fixture.scrape(Format::OPENMETRICS))?;
    let line = |start: &str| {
        let line = read.lines().find(|line| line.starts_with(start));
        line.unwrap_or_else(|| panic!("{start}\n{read}")).to_owned()
    };
    let trace = |number: u8| format!("{number:02x}").repeat(16);
    assert!(line("transcoding_jobs_total [('api'").contains(&trace(3)), "of a counter the latest: {read}");
    assert!(line("transcoding_time_seconds_total []").contains(&trace(3)), "{read}");
    assert!(line("transcoding_job_duration_seconds_bucket [('le', '2.5'), ('quality', '720p')]").contains(&trace(1)));
    assert!(line("transcoding_job_duration_seconds_bucket [('le', '2.5'), ('quality', '1080p')]").contains(&trace(2)));
    assert!(line("merged_seconds_bucket [('le', '2.5')]").contains(&trace(2)), "of a bucket the latest: {read}");
    assert!(line("merged_seconds_bucket [('le', '60.0')]").contains(&trace(3)), "{read}");
    Ok(())
}

#[tokio::test]
async fn a_prometheus_stores_what_rules_made() -> Result<(), Error> {
    let drop_rendition = |name: &str, metric: &str| Rule {
        labels: LabelRule { drop: texts(["rendition"]), ..LabelRule::default() },
        ..named(metric, name)
    };
    let rules = [
        named("test.jobs", "work_done_total"),
        drop_rendition("speed_native", "test.speed.exponential"),
        Rule { take: Some(Take::Count), ..drop_rendition("speed_values_total", "test.speed.exponential") },
        drop_rendition("duration_seconds", DURATION),
        named("test.queue", "waiting_total"),
    ];
    let fixture = Fixture::mapped(rules);
    fixture.measure();
    let other = [KeyValue::new("rendition", "1080p"), KeyValue::new("media.codec", "h264")];
    let meter = fixture.meter("measure");
    let speed = meter.f64_histogram("test.speed.exponential").with_description("Times real time").build();
    speed.record(1e6, &other);
    let server = serve(&fixture.endpoint(), "localhost", 0).unwrap();
    let configuration = Prometheus::scrape(&[server.address()], "scrape_protocols: [PrometheusProto]");
    let features = "--enable-feature=exemplar-storage,native-histograms";
    let prometheus = Prometheus::start(&configuration, &[features]).await?;

    assert_eq!(value(&one(&prometheus, "work_done_total{rendition='720p'}").await?), 3.0);
    assert_eq!(value(&one(&prometheus, "histogram_count(speed_native{media_codec='h264'})").await?), 8.0);
    assert_eq!(value(&one(&prometheus, "histogram_sum(speed_native)").await?), 1_000_708.75);
    assert_eq!(value(&one(&prometheus, "histogram_quantile(1, speed_native) > bool 900000").await?), 1.0);
    assert_eq!(value(&one(&prometheus, "speed_values_total").await?), 8.0);
    assert_eq!(value(&one(&prometheus, "duration_seconds_bucket{le='5.0'}").await?), 2.0);
    assert_eq!(value(&one(&prometheus, "waiting_total").await?), 7.0);
    has_exemplars(&prometheus, "work_done_total", "3").await?;
    has_exemplars(&prometheus, "speed_native", "1.5").await?;
    has_exemplars(&prometheus, "speed_values_total", "1.5").await?;
    has_exemplars(&prometheus, "duration_seconds_bucket", "4.5").await?;
    assert_eq!(prometheus.targets().await?[0]["lastError"], "");
    Ok(())
}
