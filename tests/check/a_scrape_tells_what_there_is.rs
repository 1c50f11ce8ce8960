//! What is served is what may be asked for.

use std::collections::BTreeSet;
use std::time::Duration;

use telecine::Telemetry;
use telecine::catalog::Catalog;
use telecine::check::{self, Check, Code, Known};
use telecine::telemetry::Environment;
use telecine::testing::Bench;

use crate::support::Folder;

const RULES: &str = "groups:
  - name: g
    rules:
      - {record: 'a:b', expr: 'sum by (media_job_type) (rate(media_job_created_total[5m]))'}
      - {record: 'c:d', expr: 'histogram_quantile(0.5, sum by (le) (rate(media_job_duration_seconds_bucket[5m])))'}
      - {record: 'e:f', expr: 'rate(media_job_createds_total[5m])'}
";

#[test]
fn of_a_program_under_test() {
    let bench = Bench::new().unwrap();
    bench.in_scope(|| bench.work().job("clip").start().success());
    let text = bench.scrape().unwrap();
    // Nothing but the scrape is known.
    let mut known = Known::new();
    known.scrape(&text).unwrap();
    let report = Check::new(known).texts([("r.yaml", RULES)]);
    let found: Vec<_> = report.findings.iter().map(|finding| (finding.line, finding.code)).collect();
    assert_eq!(found, [(6, Code::UnknownMetric)], "{:#?}", report.findings);
}

/// A program with an endpoint that wants a token, and where that is.
fn program() -> (Telemetry, String) {
    let environment = [
        ("OTEL_METRICS_EXPORTER", "prometheus"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
    ];
    let telemetry = Telemetry::builder()
        .environment(environment.into_iter().collect::<Environment>())
        .bearer_token("secret")
        .build()
        .unwrap();
    telemetry.work().job("clip").start().success();
    let url = format!("http://{}/metrics", telemetry.exits().prometheus_address().unwrap());
    (telemetry, url)
}

#[test]
fn of_a_live_endpoint_behind_a_token() {
    let (telemetry, url) = program();
    let folder = Folder::new().with("r.yaml", RULES).with("token", "secret\n").with("wrong", "other\n");

    let said = folder.check(&format!("--endpoint {url} --bearer-token-file token r.yaml"));
    assert_eq!(said.lines.len(), 2, "{:?} {}", said.lines, said.errors);
    assert!(said.lines[0].starts_with("r.yaml:6:"), "{:?}", said.lines);

    let refused = folder.check(&format!("--endpoint {url} --bearer-token-file wrong r.yaml"));
    assert_eq!((refused.status, refused.lines.len()), (Some(2), 0));
    assert!(refused.errors.contains("401"), "{}", refused.errors);
    telemetry.shutdown_blocking(Duration::from_secs(5)).unwrap();
}

#[test]
fn its_outline_says_the_same_without_a_number() {
    let bench = Bench::new().unwrap();
    bench.in_scope(|| bench.work().job("clip").start().success());
    let outline = check::outline(&bench.scrape().unwrap()).unwrap();
    assert!(!outline.contains("clip"), "{outline}");
    assert!(outline.contains("media_job_created_total{media_job_type=\"*\"} 0\n"), "{outline}");
    assert!(outline.contains("le=\"28800\"} 0\n"), "{outline}");
    // What is learnt from it is what is learnt from the scrape, and its outline is itself.
    let learnt = |text: &str| {
        let mut known = Known::new();
        known.scrape(text).unwrap();
        Check::new(known).texts([("r.yaml", RULES)])
    };
    assert_eq!(learnt(&outline), learnt(&bench.scrape().unwrap()));
    assert_eq!(check::outline(&outline).unwrap(), outline);
}

/// The catalogue says of each metric what the endpoint then serves.
#[test]
fn every_served_series_is_one_that_the_catalogue_tells_of() {
    let (telemetry, url) = program();
    let outline = check::outline(&check::scrape(&url, Some("secret")).unwrap()).unwrap();
    telemetry.shutdown_blocking(Duration::from_secs(5)).unwrap();
    let mut known = Known::new();
    known.catalog(&Catalog::own(), None).unwrap();
    let selectors: BTreeSet<_> = outline.lines().filter(|line| !line.starts_with('#')).map(selector).collect();
    let rules = selectors.iter().map(|selector| format!("      - {{record: 'a:b', expr: 'count({selector})'}}\n"));
    let rules = format!("groups:\n  - name: g\n    rules:\n{}", rules.collect::<String>());
    let report = Check::new(known).allow([Code::DuplicateRule]).texts([("r.yaml", rules)]);
    assert!(report.queries.all > 15, "{}", report.queries.all);
    assert_eq!(report.findings, [], "{outline}");
}

/// What selects the series of a line that have all of its labels.
fn selector(line: &str) -> String {
    let line = line.trim_end_matches(" 0").replace("=\"*\"", "!=\"\"");
    match line.split_once("le=\"") {
        Some((before, _)) => format!("{before}le!=\"\"}}"),
        None => line,
    }
}
