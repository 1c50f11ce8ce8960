//! What the collector receives equals the scrape: points, buckets and exemplars; and traces and logs lead
//! to each other.

use std::collections::BTreeMap;

use serde_json::Value;
use telecine::Telemetry;
use telecine::media::{FileType, Stage};
use telecine::operation::{ErrorType, Parent};
use telecine_parts::{Collector, Received};

use crate::support::{self, DEADLINE, each};

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0";
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Does the work of a worker, as far as telemetry sees it.
fn work(telemetry: &Telemetry) {
    let _current = tracing::dispatcher::set_default(&telemetry.dispatch().unwrap());
    let job = telemetry.work().job("transcode").id("a1b2").parent(Parent::from_traceparent(TRACEPARENT)).create();
    let attempt = job.attempt();
    attempt.in_scope(|| {
        let step = attempt.stage(Stage::Transcode).start();
        step.in_scope(|| {
            let transcode = telemetry.media().transcode("720p").codec("h264").encoder("libx264").start();
            transcode.recorder().frames(250);
            transcode.recorder().media_time(std::time::Duration::from_secs(10));
            transcode.in_scope(|| tracing::info!(frames = 250, "encoded"));
            transcode.success();
        });
        step.success();
        let upload = telemetry.media().upload(FileType::Video).store("s3").key("jobs/a1b2/720p.mp4").start();
        upload.recorder().bytes(4096);
        upload.success();
    });
    attempt.success();
    telemetry.work().job("clip").start().failure(ErrorType::InputInvalid);
    telemetry.meter("own").f64_histogram("own.wait").with_unit("s").build().record(0.3, &[]);
}

#[tokio::test]
async fn over_http() {
    let mut collector = support::collector().await;
    let telemetry =
        support::builder(&format!("http://{}", collector.http()), &[]).without_process_metrics().build().unwrap();
    check(&mut collector, telemetry).await;
}

#[tokio::test]
async fn over_grpc() {
    let mut collector = support::collector().await;
    let endpoint = format!("http://{}", collector.grpc());
    let telemetry = support::builder(&endpoint, &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")])
        .without_process_metrics()
        .build()
        .unwrap();
    check(&mut collector, telemetry).await;
}

async fn check(collector: &mut Collector, telemetry: Telemetry) {
    work(&telemetry);
    let scrape = support::get(&telemetry, "/metrics", OPENMETRICS).await;
    telemetry.shutdown(DEADLINE).await.unwrap();
    collector.stop().await.unwrap();

    // What was pushed is counted when it has been: the scrape came before, the push during.
    let scrape: String = scrape.lines().filter(|line| !is_of_itself(line)).map(|line| format!("{line}\n")).collect();
    let scraped = samples(&scrape);
    let metrics = collector.received(Received::Metrics).unwrap();
    let pushed = points(&metrics[metrics.len() - 1..]);
    let only = |left: &BTreeMap<String, f64>, right: &BTreeMap<String, f64>| {
        left.iter().filter(|(name, value)| right.get(*name) != Some(value)).map(|(n, v)| format!("{n} {v}")).collect()
    };
    let (only_scraped, only_pushed): (Vec<String>, Vec<String>) =
        (only(&scraped.values, &pushed.values), only(&pushed.values, &scraped.values));
    assert!(only_scraped.is_empty() && only_pushed.is_empty(), "scrape: {only_scraped:#?}\npush: {only_pushed:#?}");
    assert_eq!(scraped.values[r#"media_transcode_frames_total{media_codec="h264",media_rendition="720p"}"#], 250.0);
    assert_eq!(scraped.exemplars, pushed.exemplars);

    let spans = spans(&collector.received(Received::Traces).unwrap());
    let parent = |name: &str| spans[name]["parentSpanId"].as_str().unwrap_or_default().to_owned();
    let id = |name: &str| spans[name]["spanId"].as_str().unwrap().to_owned();
    assert_eq!(parent("job"), "b7ad6b7169203331");
    assert_eq!(parent("stage"), id("job"));
    assert_eq!(parent("transcode"), id("stage"));
    assert_eq!(parent("upload"), id("job"));
    let trace = "0af7651916cd43dd8448eb211c80319c";
    for name in ["job", "stage", "transcode", "upload"] {
        assert_eq!(spans[name]["traceId"], trace);
    }
    let exemplars = &scraped.exemplars["media_transcode_duration_seconds"];
    assert_eq!(exemplars, &[(trace.to_owned(), id("transcode"))]);

    let logs = collector.received(Received::Logs).unwrap();
    let records = each(&logs, &["resourceLogs", "scopeLogs", "logRecords"]);
    let record = records.iter().find(|record| record["body"]["stringValue"] == "encoded").unwrap();
    assert_eq!(record["traceId"], trace);
    assert_eq!(record["spanId"], id("transcode").as_str());
    assert!(record["attributes"].to_string().contains("a1b2"), "{record}");

    for (name, value) in [("service.name", "worker"), ("service.version", "1.2.3")] {
        let resource = &logs[0]["resourceLogs"][0]["resource"]["attributes"];
        let found = resource.as_array().unwrap().iter().find(|attribute| attribute["key"] == name).unwrap();
        assert_eq!(found["value"]["stringValue"], value);
    }
}

/// What an exit said: the samples by name and labels, and the exemplars by metric.
#[derive(Default)]
struct Said {
    values: BTreeMap<String, f64>,
    exemplars: BTreeMap<String, Vec<(String, String)>>,
}

fn samples(scrape: &str) -> Said {
    let mut said = Said::default();
    for line in scrape.lines().filter(|line| !line.starts_with('#') && !line.starts_with("target_info")) {
        let (sample, exemplar) = match line.split_once(" # ") {
            Some((sample, exemplar)) => (sample, Some(exemplar)),
            None => (line, None),
        };
        let (name, value) = sample.rsplit_once(' ').unwrap();
        said.values.insert(plain_bound(name), value.parse().unwrap());
        if let Some(exemplar) = exemplar {
            let label = |key: &str| exemplar.split(&format!("{key}=\"")).nth(1).unwrap().split('"').next().unwrap();
            let metric = name.split('{').next().unwrap().trim_end_matches("_bucket").to_owned();
            let ids = (label("trace_id").to_owned(), label("span_id").to_owned());
            said.exemplars.entry(metric).or_default().push(ids);
        }
    }
    said.exemplars.values_mut().for_each(|ids| ids.sort());
    said
}

/// The name and labels with the bucket's bound written as Rust writes it.
fn plain_bound(name: &str) -> String {
    match name.split_once("le=\"").and_then(|(before, rest)| Some((before, rest.split_once('"')?))) {
        Some((before, (bound, after))) if bound != "+Inf" => {
            format!("{before}le=\"{:?}\"{after}", bound.parse::<f64>().unwrap())
        }
        _ => name.to_owned(),
    }
}

/// What telemetry says of itself changes by looking at it.
fn is_of_itself(line: &str) -> bool {
    line.contains("otel_sdk") || line.contains("media_telemetry")
}

/// OTLP's data points as the specification says that Prometheus would show them.
fn points(requests: &[Value]) -> Said {
    let mut said = Said::default();
    for metric in each(requests, &["resourceMetrics", "scopeMetrics", "metrics"]) {
        let name = prometheus_name(&metric);
        if is_of_itself(&name) {
            continue;
        }
        let kind = ["sum", "gauge", "histogram"].into_iter().find(|kind| metric.get(kind).is_some()).unwrap();
        for point in metric[kind]["dataPoints"].as_array().unwrap() {
            let labels = labels(point);
            // Prometheus has exemplars on counters and histograms only.
            let shown = kind == "histogram" || metric[kind]["isMonotonic"] == true;
            for exemplar in point["exemplars"].as_array().into_iter().flatten().filter(|_| shown) {
                let id = |key: &str| exemplar[key].as_str().unwrap().to_owned();
                let ids = (id("traceId"), id("spanId"));
                said.exemplars.entry(name.clone()).or_default().push(ids);
            }
            if kind == "histogram" {
                histogram(&mut said.values, &name, &labels, point);
            } else {
                said.values.insert(format!("{name}{}", braces(&labels)), number(point, &["asInt", "asDouble"]));
            }
        }
    }
    said.exemplars.values_mut().for_each(|ids| ids.sort());
    said
}

fn histogram(values: &mut BTreeMap<String, f64>, name: &str, labels: &[String], point: &Value) {
    let mut total = 0.0;
    let bounds = point["explicitBounds"].as_array().unwrap();
    for (place, count) in point["bucketCounts"].as_array().unwrap().iter().enumerate() {
        total += count.as_str().unwrap().parse::<f64>().unwrap();
        let bound = bounds.get(place).map_or("+Inf".to_owned(), |bound| format!("{:?}", bound.as_f64().unwrap()));
        let mut labels = labels.to_vec();
        labels.push(format!("le=\"{bound}\""));
        values.insert(format!("{name}_bucket{}", braces(&labels)), total);
    }
    values.insert(format!("{name}_count{}", braces(labels)), number(point, &["count"]));
    values.insert(format!("{name}_sum{}", braces(labels)), number(point, &["sum"]));
}

fn prometheus_name(metric: &Value) -> String {
    let mut name = metric["name"].as_str().unwrap().replace('.', "_");
    let unit = match metric["unit"].as_str().unwrap_or_default() {
        "s" => "seconds",
        "By" => "bytes",
        // Of gauges only.
        "1" if metric.get("gauge").is_some() => "ratio",
        _ => "",
    };
    if !unit.is_empty() && !name.ends_with(unit) {
        name = format!("{name}_{unit}");
    }
    if metric["sum"]["isMonotonic"] == true {
        name += "_total";
    }
    name
}

fn labels(point: &Value) -> Vec<String> {
    let attributes = point["attributes"].as_array().cloned().unwrap_or_default();
    let mut labels: Vec<_> = attributes
        .iter()
        .map(|attribute| {
            let key = attribute["key"].as_str().unwrap().replace('.', "_");
            format!("{key}=\"{}\"", attribute["value"]["stringValue"].as_str().unwrap())
        })
        .collect();
    labels.sort();
    labels
}

fn braces(labels: &[String]) -> String {
    if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) }
}

fn number(point: &Value, keys: &[&str]) -> f64 {
    let value = keys.iter().find_map(|key| point.get(key));
    match value {
        Some(Value::String(text)) => text.parse().unwrap(),
        Some(value) => value.as_f64().unwrap(),
        // The encoding leaves out a zero.
        None => 0.0,
    }
}

/// The spans of the first job, by name.
fn spans(requests: &[Value]) -> BTreeMap<String, Value> {
    each(requests, &["resourceSpans", "scopeSpans", "spans"])
        .into_iter()
        .filter(|span| span["traceId"] == "0af7651916cd43dd8448eb211c80319c")
        .map(|span| (span["name"].as_str().unwrap().to_owned(), span))
        .collect()
}
