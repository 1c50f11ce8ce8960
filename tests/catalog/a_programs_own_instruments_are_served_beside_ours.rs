//! A program's own definitions are linted, bucketed, bounded and documented like ours.

use telecine::Telemetry;
use telecine::catalog::{Attribute, Catalog, Family, Instrument};
use telecine::telemetry::{Environment, Error};

const FORMAT: Attribute = Attribute::one_of("clip.format", "Container of the clip", &["gif", "mp4"]);
const RENDERED: Instrument =
    Instrument::counter("clip.rendered", "{clip}", "Clips rendered so far").attributes(&[FORMAT]);
const LATENCY: Instrument =
    Instrument::histogram("clip.latency", "s", "From request to file").buckets(Family::Request).attributes(&[FORMAT]);
const MINE: &[Instrument] = &[RENDERED, LATENCY];

fn environment() -> Environment {
    [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_METRICS_EXPORTER", "prometheus"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
    ]
    .into_iter()
    .collect()
}

#[test]
fn they_are_documented() {
    let page = Catalog::own().with("Clips", MINE).to_markdown();
    assert!(page.contains("## Clips") && page.contains("| `clip.latency` | histogram | `s` |"), "{page}");
}

#[tokio::test]
async fn they_are_served_with_their_buckets_and_their_labels_are_bounded() {
    let telemetry = Telemetry::builder().catalog("Clips", MINE).environment(environment()).build().unwrap();
    let labels = telemetry.instruments().labels();
    telemetry.instruments().counter(&RENDERED).add(3, &labels.clone().set(&FORMAT, "gif"));
    telemetry.instruments().histogram(&LATENCY).record(0.03, &labels.set(&FORMAT, "avi"));
    let address = telemetry.exits().prometheus_address().unwrap();
    let page =
        telecine_parts::http().get(format!("http://{address}/metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        r#"clip_rendered_total{clip_format="gif"} 3"#,
        r#"clip_latency_seconds_bucket{clip_format="other",le="0.025"} 0"#,
        r#"clip_latency_seconds_bucket{clip_format="other",le="0.05"} 1"#,
        r#"clip_latency_seconds_count{clip_format="other"} 1"#,
    ] {
        assert!(page.lines().any(|found| found == line), "no line {line:?} in\n{page}");
    }
    let catalog: serde_json::Value = telecine_parts::http()
        .get(format!("http://{address}/catalog.json"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(catalog.as_array().unwrap().iter().any(|instrument| instrument["name"] == "clip.latency"));
    telemetry.shutdown(std::time::Duration::from_secs(5)).await.unwrap();
}

#[test]
fn a_definition_that_breaks_a_rule_stops_the_start_and_is_named() {
    const BAD: &[Instrument] = &[Instrument::counter("clip.rendered.total", "ms", "Clips rendered so far")];
    let error = Telemetry::builder().catalog("Clips", BAD).environment(environment()).build().unwrap_err();
    assert!(matches!(&error, Error::Catalog(faults) if faults.len() == 2), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("clip.rendered.total") && text.contains("`ms`"), "{text}");
}
