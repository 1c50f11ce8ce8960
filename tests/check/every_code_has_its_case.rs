//! Each code with what brings it forth, and with the same put right.

use std::collections::BTreeSet;

use telecine::catalog::{Attribute, Catalog, Family, Instrument};
use telecine::check::{Check, Code, Known, Report, Severity};

use crate::dashboard::GOOD;

const ARGUMENT: Attribute = Attribute::one_of("clip.format", "Container of the clip", &["gif", "mp4"]);
const MINE: &[Instrument] = &[
    Instrument::histogram("clip.render.duration", "s", "Time to render a clip")
        .buckets(Family::Upload)
        .attributes(&[ARGUMENT]),
    Instrument::counter("clip.shares", "{share}", "Clips that were shared"),
    Instrument::gauge("clip.queue.size", "{clip}", "Clips that wait").attributes(&[ARGUMENT]),
];

/// A scrape of the program that has nothing of `clip.shares`.
const SCRAPE: &str = r#"# TYPE clip_queue_size gauge
clip_queue_size{clip_format="gif"} 3
# TYPE clip_render_duration_seconds histogram
clip_render_duration_seconds_bucket{clip_format="gif",le="1"} 3
clip_render_duration_seconds_bucket{clip_format="gif",le="+Inf"} 4
clip_render_duration_seconds_sum{clip_format="gif"} 8.5
clip_render_duration_seconds_count{clip_format="gif"} 4
"#;

/// What is wrong, and the same put right.
struct Case {
    code: Code,
    bad: Vec<(&'static str, String)>,
    good: Vec<(&'static str, String)>,
}

/// An expression of a rule.
fn expression(code: Code, bad: &str, good: &str) -> Case {
    let rules = |expression: &str| {
        let expression = expression.replace('\\', "\\\\").replace('"', "\\\"");
        vec![("r.yaml", format!("groups: [{{name: g, rules: [{{record: 'a:b', expr: \"{expression}\"}}]}}]\n"))]
    };
    Case { code, bad: rules(bad), good: rules(good) }
}

/// The keys of an alert.
fn alert(code: Code, bad: &str, good: &str) -> Case {
    let rules = |rule: &str| vec![("r.yaml", format!("groups:\n  - name: g\n    rules:\n      - alert: A\n{rule}"))];
    Case { code, bad: rules(bad), good: rules(good) }
}

/// The good dashboard, and something else in the place of a text of it.
fn dashboard(code: Code, from: &str, to: &str) -> Case {
    assert!(GOOD.contains(from), "{from}");
    Case { code, bad: vec![("d.json", GOOD.replacen(from, to, 1))], good: vec![("d.json", GOOD.to_owned())] }
}

/// Files.
fn files(code: Code, bad: &[(&'static str, &str)], good: &[(&'static str, &str)]) -> Case {
    let owned = |files: &[(&'static str, &str)]| files.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    Case { code, bad: owned(bad), good: owned(good) }
}

fn cases() -> Vec<Case> {
    let p95 = "histogram_quantile(0.95, sum by (le) (rate(media_job_duration_seconds_bucket[5m])))";
    let by_instance = "histogram_quantile(0.95, sum by (le, instance) (rate(media_job_duration_seconds_bucket[5m])))";
    let dead = "groups: [{name: g, rules: [{record: 'a:b', expr: nothing}, {record: 'c:d', expr: 'a:b * 2'}]}]";
    let live = dead.replace("nothing", "media_queue_size");
    let once = "groups: [{name: g, rules: [{record: 'a:b', expr: media_queue_size}]}]\n";
    let other = GOOD.replace("\"uid\": \"jobs\"", "\"uid\": \"other\"");
    let link =
        GOOD.replace("\"links\": []", "\"links\": [{\"type\": \"link\", \"url\": \"/d/other/others?var-job=$job\"}]");
    vec![
        files(Code::File, &[("a.json", "{\"a\": [1,}")], &[("a.json", GOOD)]),
        files(Code::File, &[("a.yaml", "a: [1\n")], &[("a.yaml", once)]),
        files(Code::File, &[("a.yaml", "a: 1\n")], &[("a.yaml", once)]),
        expression(Code::Syntax, "sum(rate(media_job_created_total[5m])", "sum(rate(media_job_created_total[5m]))"),
        expression(Code::UnknownMetric, "media_queue_length", "media_queue_size"),
        expression(Code::UnknownMetric, "media_job_duration_seconds", "rate(media_job_duration_seconds_sum[5m])"),
        expression(Code::UnknownMetric, "{__name__=~\"video_.+\"}", "{__name__=~\"media_queue_.+\"}"),
        expression(Code::NeverWritten, "rate(clip_shares_total[5m])", "clip_queue_size"),
        files(Code::DeadRecord, &[("r.yaml", dead)], &[("r.yaml", &live)]),
        expression(Code::UnknownLabel, "media_queue_size{queue=\"a\"}", "media_queue_size{media_queue_name=\"a\"}"),
        expression(
            Code::UnknownLabel,
            "sum by (queue) (media_queue_size)",
            "sum by (media_queue_name) (media_queue_size)",
        ),
        expression(
            Code::UnknownLabel,
            "media_queue_size > on (job, queue) media_queue_oldest_age_seconds",
            "media_queue_size > on (job, media_queue_name) media_queue_oldest_age_seconds",
        ),
        expression(
            Code::UnknownLabel,
            "label_replace(media_queue_size, \"a\", \"$1\", \"queue\", \"(.*)\")",
            "label_replace(media_queue_size, \"a\", \"$1\", \"media_queue_name\", \"(.*)\")",
        ),
        dashboard(Code::UnknownLabel, "{{media_job_type}}", "{{type}}"),
        dashboard(
            Code::UnknownLabel,
            "label_values(media_job_created_total, job)",
            "label_values(media_job_created_total, jobs)",
        ),
        alert(
            Code::UnknownLabel,
            "        expr: sum by (job) (media_queue_size) > 9\n        annotations: {summary: '{{ $labels.queue }}'}\n",
            "        expr: sum by (job) (media_queue_size) > 9\n        annotations: {summary: '{{ $labels.job }}'}\n",
        ),
        expression(
            Code::UselessWithout,
            "sum without (queue) (media_queue_size)",
            "sum without (instance) (media_queue_size)",
        ),
        expression(Code::UselessMatcher, "media_queue_size{queue!=\"a\"}", "media_queue_size{media_queue_name!=\"a\"}"),
        expression(
            Code::UnknownValue,
            "rate(media_job_duration_seconds_count{media_outcome=\"failed\"}[5m])",
            "rate(media_job_duration_seconds_count{media_outcome=\"failure\"}[5m])",
        ),
        expression(
            Code::UnknownValue,
            "rate(media_job_duration_seconds_bucket{le=\"3601\"}[5m])",
            "rate(media_job_duration_seconds_bucket{le=~\"3600(\\.0)?\"}[5m])",
        ),
        expression(
            Code::UselessValue,
            "rate(media_job_duration_seconds_count{media_outcome=~\"failure|failed\"}[5m])",
            "rate(media_job_duration_seconds_count{media_outcome=~\"failure|timeout\"}[5m])",
        ),
        expression(
            Code::UselessValue,
            "rate(media_job_duration_seconds_count{media_outcome!=\"failed\"}[5m])",
            "rate(media_job_duration_seconds_count{media_outcome!~\"fail.*\"}[5m])",
        ),
        expression(
            Code::LeSpelling,
            "rate(media_job_duration_seconds_bucket{le=\"3600\"}[5m])",
            "rate(media_job_duration_seconds_bucket{le=~\"3600(\\.0)?\"}[5m])",
        ),
        expression(Code::RateOfGauge, "rate(media_queue_size[5m])", "deriv(media_queue_size[5m])"),
        expression(Code::RawCounter, "sum(media_job_created_total)", "sum(increase(media_job_created_total[5m]))"),
        expression(
            Code::RawCounter,
            "media_job_duration_seconds_sum / media_job_duration_seconds_count",
            "rate(media_job_duration_seconds_sum[5m]) / rate(media_job_duration_seconds_count[5m])",
        ),
        expression(Code::QuantileLabel, "media_job_duration_seconds{quantile=\"0.95\"} > 60", p95),
        expression(
            Code::QuantileWithoutBuckets,
            "histogram_quantile(0.95, sum by (job) (rate(media_job_duration_seconds_sum[5m])))",
            p95,
        ),
        expression(Code::QuantileWithoutBuckets, "histogram_avg(rate(media_job_created_total[5m]))", p95),
        expression(
            Code::QuantileWithoutLe,
            "histogram_quantile(0.95, sum by (job) (rate(media_job_duration_seconds_bucket[5m])))",
            p95,
        ),
        expression(Code::ThresholdAboveBuckets, &format!("{p95} > 8 * 3600"), &format!("{p95} > 4 * 3600")),
        expression(Code::ThresholdAboveBuckets, &format!("1e9 < {p95} * 1000"), &format!("1e6 < {p95} * 1000")),
        dashboard(Code::ThresholdAboveBuckets, "\"value\": 3600", "\"value\": 36000"),
        expression(Code::AverageOfQuantiles, &format!("avg({by_instance})"), &format!("max({by_instance})")),
        expression(
            Code::DividedByItself,
            "rate(media_job_duration_seconds_count{media_outcome=\"failure\"}[5m]) / rate(media_job_duration_seconds_count[5m])",
            "sum(rate(media_job_duration_seconds_count{media_outcome=\"failure\"}[5m])) / sum(rate(media_job_duration_seconds_count[5m]))",
        ),
        expression(
            Code::NeverMatches,
            "sum by (job) (media_queue_size) / sum(media_worker_capacity)",
            "sum by (job) (media_queue_size) / sum by (job) (media_worker_capacity)",
        ),
        expression(
            Code::LabelsDiffer,
            "sum by (job, media_queue_name) (media_queue_size) / sum by (job) (media_worker_capacity)",
            "sum by (job, media_queue_name) (media_queue_size) / on (job) group_left () sum by (job) (media_worker_capacity)",
        ),
        expression(Code::EmptyRange, "rate(media_job_created_total[15s])", "rate(media_job_created_total[1m])"),
        expression(Code::ShortRange, "rate(media_job_created_total[45s])", "rate(media_job_created_total[1m])"),
        dashboard(Code::ShortRange, "$__rate_interval", "$__interval"),
        dashboard(Code::FixedRange, "$__rate_interval", "5m"),
        alert(Code::AbsentAtOnce, "        expr: absent(up)\n", "        expr: absent(up)\n        for: 5m\n"),
        alert(
            Code::ValueInLabel,
            "        expr: up == 0\n        labels: {value: '{{ $value }}'}\n",
            "        expr: up == 0\n        annotations: {value: '{{ $value }}'}\n",
        ),
        files(Code::DuplicateRule, &[("a.yaml", once), ("b.yaml", once)], &[("a.yaml", once)]),
        dashboard(Code::FixedTarget, "job=~\\\"$job\\\"", "job=\\\"worker\\\""),
        dashboard(Code::UnknownVariable, "job=~\\\"$job\\\"", "job=~\\\"$service\\\""),
        dashboard(Code::SchemaVersion, "\"schemaVersion\": 42", "\"schemaVersion\": 16"),
        dashboard(Code::NoUid, "\"uid\": \"jobs\",", ""),
        files(Code::DuplicateUid, &[("a.json", GOOD), ("b.json", GOOD)], &[("a.json", GOOD), ("b.json", &other)]),
        dashboard(Code::PanelId, "\"id\": 3", "\"id\": 2"),
        dashboard(Code::PanelId, "\"id\": 3,", ""),
        dashboard(Code::OffGrid, "\"x\": 12", "\"x\": 13"),
        dashboard(Code::Overlap, "\"x\": 12", "\"x\": 11"),
        files(Code::BrokenLink, &[("a.json", &link)], &[("a.json", &link), ("b.json", &other)]),
        dashboard(
            Code::FixedDatasource,
            "\"uid\": \"${datasource}\"}, \"gridPos\"",
            "\"uid\": \"P1809F7CD0C75ACF3\"}, \"gridPos\"",
        ),
        dashboard(Code::NoQuery, "\"targets\": [{\"refId\": \"A\"", "\"was\": [{\"refId\": \"A\""),
        dashboard(Code::NoTitle, "\"title\": \"Jobs by type\"", "\"title\": \"\""),
        dashboard(Code::NoDescription, "\"description\": \"Jobs that were created\"", "\"description\": \"\""),
        dashboard(Code::NoUnit, "\"unit\": \"ops\"", "\"unit\": \"\""),
        dashboard(Code::Editable, "\"editable\": false", "\"editable\": true"),
        dashboard(Code::FastRefresh, "\"refresh\": \"30s\"", "\"refresh\": \"5s\""),
        dashboard(Code::Variable, "\"refresh\": 2", "\"refresh\": 1"),
        dashboard(Code::Variable, "\"multi\": true", "\"multi\": false"),
    ]
}

fn check(files: &[(&'static str, String)]) -> Report {
    let mut known = Known::new();
    known.catalog(&Catalog::own().with("Mine", MINE), None).unwrap();
    known.scrape(SCRAPE).unwrap();
    Check::new(known).texts(files.iter().cloned())
}

/// Those of the files: the catalogue's own is there whatever they say.
fn codes(report: &Report) -> Vec<Code> {
    report.findings.iter().filter(|finding| finding.file != "the catalogue").map(|finding| finding.code).collect()
}

#[test]
fn it_is_found_and_what_is_right_has_no_such_finding() {
    for Case { code, bad, good } in cases() {
        let (bad_report, good_report) = (check(&bad), check(&good));
        assert!(codes(&bad_report).contains(&code), "{code} is not found: {bad:?}\n{:#?}", bad_report.findings);
        assert!(!codes(&good_report).contains(&code), "{code} is found: {good:?}\n{:#?}", good_report.findings);
    }
}

#[test]
fn no_code_is_left_out() {
    let with_case: BTreeSet<_> = cases().iter().map(|case| case.code).collect();
    assert_eq!(with_case, Code::ALL.iter().copied().collect());
}

#[test]
fn the_good_dashboard_has_nothing_wrong() {
    assert_eq!(codes(&check(&[("d.json", GOOD.to_owned())])), []);
}

#[test]
fn each_is_documented_with_its_severity() {
    let (_, page) = include_str!("../../docs/checking.md").split_once("## Codes").unwrap();
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let documented: Vec<_> = rows.iter().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(documented, Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>());
    for (row, code) in rows.iter().zip(Code::ALL) {
        let severity = if code.severity() == Severity::Error { "error" } else { "warning" };
        assert_eq!(row.split('|').nth(2).map(str::trim), Some(severity), "{code}");
        assert_eq!(code.as_str().parse(), Ok(*code));
    }
}
