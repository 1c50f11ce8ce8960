use std::collections::BTreeMap;
use std::sync::Arc;

use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::metrics::MeterProvider;
use opentelemetry::trace::{Span, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use serde_json::Value;
use telecine::catalog::{Attribute, Catalog, Family, Instrument};
use telecine::exemplar::{Exemplars, Filter};
use telecine::push::{Compression, Protocol, Push, Signal};
use telecine::views::Views;
use telecine_parts::{Collector, Received};

use crate::measure::{LONG, PROTOCOLS, Program, all, comes_back};

const EVERY: [Protocol; 3] = [PROTOCOLS[0], Protocol::HttpJson, PROTOCOLS[1]];

async fn collector_and_config(protocol: Protocol) -> (Collector, Push) {
    let collector = Collector::start().await.unwrap();
    let signal = match protocol {
        Protocol::HttpProtobuf | Protocol::HttpJson => {
            Signal { protocol, ..Signal::http(format!("http://{}/v1/traces", collector.http())) }
        }
        Protocol::Grpc => {
            Signal { compression: Some(Compression::Gzip), ..Signal::grpc(format!("http://{}", collector.grpc())) }
        }
    };
    (collector, all(signal))
}

fn live(config: Push, work: impl FnOnce(&Program) + Send + 'static) {
    comes_back(move || {
        let program = Program::start(&config);
        work(&program);
        let (_, results) = program.shutdown(LONG);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
    });
}

/// All of `inner` below all of `outer`, of all requests.
fn below<'a>(requests: &'a [Value], outer: &str, scopes: &str, inner: &str) -> Vec<&'a Value> {
    let all = |value: &'a Value, key: &str| value[key].as_array().into_iter().flatten().collect::<Vec<_>>();
    let resources = requests.iter().flat_map(|request| all(request, outer));
    let scopes = resources.flat_map(|resource| {
        assert_eq!(attributes(&resource["resource"])["service.name"], "worker");
        all(resource, scopes)
    });
    scopes
        .flat_map(|scope| {
            assert_eq!(scope["scope"]["name"], "media");
            all(scope, inner)
        })
        .collect()
}

fn attributes(of: &Value) -> BTreeMap<&str, &str> {
    let list = of["attributes"].as_array().into_iter().flatten();
    list.map(|pair| (pair["key"].as_str().unwrap(), pair["value"]["stringValue"].as_str().unwrap())).collect()
}

async fn received(collector: &Collector, of: Received) -> Vec<Value> {
    collector.until("an export", of, |requests| (!requests.is_empty()).then(|| requests.to_vec())).await.unwrap()
}

#[tokio::test]
async fn spans_with_their_parents() {
    for protocol in EVERY {
        let (collector, config) = collector_and_config(protocol).await;
        live(config, |program| {
            let tracer = program.tracers.tracer("media");
            let job = tracer.span_builder("job").with_kind(SpanKind::Consumer).start(&tracer);
            let job = Context::new().with_span(job);
            for rendition in ["360p", "720p"] {
                let mut span = tracer.start_with_context("transcode", &job);
                span.set_attribute(KeyValue::new("media.rendition", rendition));
                span.add_event("stalled", vec![KeyValue::new("media.stage", "encode")]);
                span.set_status(Status::error("invalid data"));
                span.end();
            }
        });
        let requests = received(&collector, Received::Traces).await;
        let spans = below(&requests, "resourceSpans", "scopeSpans", "spans");
        assert_eq!(spans.len(), 3, "{protocol:?}");
        let job = spans.iter().find(|span| span["name"] == "job").unwrap();
        assert_eq!((&job["parentSpanId"], &job["kind"]), (&Value::Null, &Value::from(5)));
        let transcodes = spans.iter().filter(|span| span["name"] == "transcode");
        let renditions: Vec<&str> = transcodes
            .map(|span| {
                assert_eq!(span["parentSpanId"], job["spanId"]);
                assert_eq!(span["traceId"], job["traceId"]);
                assert_eq!(span["status"]["message"], "invalid data");
                assert_eq!(span["events"][0]["name"], "stalled");
                assert_eq!(attributes(&span["events"][0])["media.stage"], "encode");
                attributes(span)["media.rendition"]
            })
            .collect();
        assert_eq!(renditions, ["360p", "720p"]);
    }
}

#[tokio::test]
async fn log_records_with_their_trace() {
    for protocol in EVERY {
        let (collector, config) = collector_and_config(protocol).await;
        live(config, |program| {
            let tracer = program.tracers.tracer("media");
            let logger = program.loggers.logger("media");
            let job = Context::new().with_span(tracer.start("job"));
            let _entered = job.attach();
            let mut record = logger.create_log_record();
            record.set_severity_number(Severity::Warn);
            record.set_severity_text("WARN");
            record.set_body(AnyValue::from("stalled"));
            record.add_attribute("media.stage", "encode");
            logger.emit(record);
        });
        let spans = received(&collector, Received::Traces).await;
        let job = below(&spans, "resourceSpans", "scopeSpans", "spans")[0];
        let logs = received(&collector, Received::Logs).await;
        let records = below(&logs, "resourceLogs", "scopeLogs", "logRecords");
        assert_eq!(records.len(), 1, "{protocol:?}");
        let record = records[0];
        assert_eq!((&record["traceId"], &record["spanId"]), (&job["traceId"], &job["spanId"]));
        assert_eq!(record["body"]["stringValue"], "stalled");
        assert_eq!((&record["severityNumber"], &record["severityText"]), (&Value::from(13), &Value::from("WARN")));
        assert_eq!(attributes(record)["media.stage"], "encode");
    }
}

#[tokio::test]
async fn metrics_point_by_point() {
    for protocol in EVERY {
        let (collector, config) = collector_and_config(protocol).await;
        live(config, |program| {
            let meter = program.meters.meter("media");
            let frames = meter.u64_counter("media.transcode.frames").with_unit("{frame}").build();
            let active = meter.i64_up_down_counter("media.transcode.active").build();
            let speed = meter.f64_gauge("media.transcode.speed").build();
            for (codec, number) in [("h264", 250), ("av1", 100), ("h264", 50)] {
                frames.add(number, &[KeyValue::new("media.codec", codec)]);
            }
            active.add(3, &[]);
            active.add(-1, &[]);
            speed.record(1.5, &[]);
            for seconds in [0.5, 1.0, 5.0, 7.0, 100.25] {
                program.histogram().record(seconds, &[]);
            }
        });
        let requests = received(&collector, Received::Metrics).await;
        let metrics = below(&requests, "resourceMetrics", "scopeMetrics", "metrics");
        let metric = |name: &str| *metrics.iter().find(|metric| metric["name"] == name).unwrap();

        let frames = metric("media.transcode.frames");
        assert_eq!((&frames["unit"], &frames["sum"]["isMonotonic"]), (&"{frame}".into(), &true.into()));
        assert_eq!(frames["sum"]["aggregationTemporality"], 2);
        let points = frames["sum"]["dataPoints"].as_array().unwrap();
        let points: BTreeMap<_, _> =
            points.iter().map(|point| (attributes(point)["media.codec"], point["asInt"].as_str().unwrap())).collect();
        assert_eq!(points, BTreeMap::from([("av1", "100"), ("h264", "300")]), "{protocol:?}");

        let active = &metric("media.transcode.active")["sum"];
        assert_ne!(active["isMonotonic"], true);
        assert_eq!(active["dataPoints"][0]["asInt"], "2");
        assert_eq!(metric("media.transcode.speed")["gauge"]["dataPoints"][0]["asDouble"], 1.5);

        let duration = metric("media.transcode.duration");
        let point = &duration["histogram"]["dataPoints"][0];
        assert_eq!((&duration["unit"], &point["count"], &point["sum"]), (&"s".into(), &"5".into(), &113.75.into()));
        assert_eq!((&point["min"], &point["max"]), (&0.5.into(), &100.25.into()));
        assert_eq!(point["explicitBounds"], Value::from(vec![1, 10, 60]));
        assert_eq!(point["bucketCounts"], Value::from(vec!["2", "2", "0", "1"]));
    }
}

#[tokio::test]
async fn changes_where_changes_are_wanted() {
    let (collector, config) = collector_and_config(Protocol::HttpProtobuf).await;
    let changes = |(signal, _)| (signal, opentelemetry_sdk::metrics::Temporality::Delta);
    let config = Push { metrics: config.metrics.into_iter().map(changes).collect(), ..config };
    live(config, |program| {
        let frames = program.meters.meter("media").u64_counter("media.transcode.frames").build();
        frames.add(250, &[]);
        program.meters.force_flush().unwrap();
        frames.add(50, &[]);
    });
    let two = |requests: &[Value]| (requests.len() == 2).then(|| requests.to_vec());
    let requests = collector.until("two exports", Received::Metrics, two).await.unwrap();
    let metrics = below(&requests, "resourceMetrics", "scopeMetrics", "metrics");
    let points: Vec<&Value> = metrics.iter().map(|metric| &metric["sum"]["dataPoints"][0]["asInt"]).collect();
    assert_eq!(points, ["250", "50"]);
    assert!(metrics.iter().all(|metric| metric["sum"]["aggregationTemporality"] == 1));
}

const FRAMES: Instrument = Instrument::counter("clip.render.frames", "{frame}", "Frames rendered").attributes(&[CODEC]);
const DURATION: Instrument =
    Instrument::histogram("clip.render.duration", "s", "Time to render").buckets(Family::Work).attributes(&[CODEC]);
const CODEC: Attribute = Attribute::one_of("media.codec", "Video codec", &["av1", "h264"]);

#[tokio::test]
async fn exemplars_of_the_spans_that_measured() {
    for protocol in EVERY {
        let (collector, config) = collector_and_config(protocol).await;
        comes_back(move || {
            let views = Arc::new(Views::new(&Catalog::empty().with("clips", &[FRAMES, DURATION])));
            let exemplars = Exemplars::new(Filter::TraceBased, views.clone());
            let program = Program::with_exemplars(&config, &exemplars, &views);
            let meter = exemplars.wrap(program.meters.clone()).meter("media");
            let frames = meter.u64_counter("clip.render.frames").build();
            let duration = meter.f64_histogram("clip.render.duration").build();
            let tracer = program.tracers.tracer("media");
            for (job, seconds) in [("short", 0.25), ("long", 50.0)] {
                let _entered = Context::new().with_span(tracer.start(job)).attach();
                let attributes = [KeyValue::new("media.codec", "av1"), KeyValue::new("job.id", job)];
                duration.record(seconds, &attributes);
                if job == "long" {
                    frames.add(250, &attributes);
                }
            }
            let (_, results) = program.shutdown(LONG);
            assert!(results.iter().all(Result::is_ok), "{results:?}");
        });
        let spans = received(&collector, Received::Traces).await;
        let spans = below(&spans, "resourceSpans", "scopeSpans", "spans");
        let span = |name: &str| *spans.iter().find(|span| span["name"] == name).unwrap();
        let requests = received(&collector, Received::Metrics).await;
        let metrics = below(&requests, "resourceMetrics", "scopeMetrics", "metrics");
        let metric = |name: &str| *metrics.iter().find(|metric| metric["name"] == name).unwrap();
        let of = |exemplar: &Value, job: &str| {
            assert_eq!((&exemplar["traceId"], &exemplar["spanId"]), (&span(job)["traceId"], &span(job)["spanId"]));
            assert_eq!(exemplar["filteredAttributes"][0]["key"], "job.id");
            assert_eq!(exemplar["filteredAttributes"][0]["value"]["stringValue"], job);
        };

        let point = &metric("clip.render.frames")["sum"]["dataPoints"][0];
        assert_eq!(attributes(point), BTreeMap::from([("media.codec", "av1")]), "{protocol:?}");
        assert_eq!(point["exemplars"][0]["asInt"], "250");
        of(&point["exemplars"][0], "long");

        let point = &metric("clip.render.duration")["histogram"]["dataPoints"][0];
        let exemplars = point["exemplars"].as_array().unwrap();
        assert_eq!(exemplars.len(), 2, "{protocol:?}");
        for exemplar in exemplars {
            let job = if exemplar["asDouble"] == 0.25 { "short" } else { "long" };
            of(exemplar, job);
            // In the data point's time.
            let nanos = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
            let time = nanos(&exemplar["timeUnixNano"]);
            assert!((nanos(&point["startTimeUnixNano"])..=nanos(&point["timeUnixNano"])).contains(&time));
        }
    }
}
