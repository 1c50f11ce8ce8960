use super::{Console, json};
use opentelemetry::{
    Context,
    logs::{AnyValue, Severity},
    trace::{TraceContextExt as _, TracerProvider as _},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    logs::{LogBatch, LogExporter, SdkLogRecord, SdkLoggerProvider},
    trace::SdkTracerProvider,
};
use std::{
    error::Error,
    io,
    sync::{Arc, Mutex},
};
use tracing::{Dispatch, error, info, info_span, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(Clone, Debug, Default)]
struct Exporter(Arc<Mutex<Vec<SdkLogRecord>>>);

impl LogExporter for Exporter {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        for (record, _) in batch.iter() {
            self.0.lock().unwrap().push(record.clone());
        }
        Ok(())
    }
}

struct House {
    dispatch: Dispatch,
    console: Console,
    exporter: Exporter,
    _logs: SdkLoggerProvider,
    _spans: SdkTracerProvider,
    _guard: telecine::logs::Guard,
}

/// The layers as telemetry composes them, each with a filter of its own.
fn house(filter: &str) -> House {
    let console = Console::default();
    let exporter = Exporter::default();
    let mut config = json();
    config.writer = Some(console.writer());
    config.filter = Some(filter.to_owned());
    let logs = SdkLoggerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let spans = SdkTracerProvider::builder().build();
    let (lines, guard) = telecine::logs::layers(&config).unwrap();
    let bridge = telecine::logs::otlp(&config, &logs).unwrap();
    let tracer = tracing_opentelemetry::layer().with_tracer(spans.tracer("test"));
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(lines).with(bridge).with(tracer));
    House { dispatch, console, exporter, _logs: logs, _spans: spans, _guard: guard }
}

impl House {
    fn records(&self) -> Vec<SdkLogRecord> {
        self.exporter.0.lock().unwrap().clone()
    }
}

fn attribute(record: &SdkLogRecord, name: &str) -> Option<AnyValue> {
    let mut found = record.attributes_iter().filter(|(key, _)| key.as_str() == name).map(|(_, value)| value.clone());
    let first = found.next();
    assert_eq!(found.next(), None, "{name} occurs twice");
    first
}

fn text(record: &SdkLogRecord, name: &str) -> String {
    match attribute(record, name) {
        Some(AnyValue::String(text)) => text.to_string(),
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn a_record_says_what_the_line_says() {
    let house = house("info");
    let failure = io::Error::other(anyhow::anyhow!("connection reset").context("put object"));
    let ids = tracing::dispatcher::with_default(&house.dispatch, || {
        let job = info_span!("job", job_id = 7, attempt = 1, otel.kind = "consumer");
        let _in = job.enter();
        error!(name: "media.job.failed", target: "media::job", error = &failure as &dyn Error, attempt = 2, share = 0.5,
            ok = false, wide = u128::MAX, "job failed");
        job.context().span().span_context().clone()
    });
    let records = house.records();
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!(record.severity_number(), Some(Severity::Error));
    assert_eq!(record.severity_text(), Some("ERROR"));
    assert_eq!(record.event_name(), Some("media.job.failed"));
    assert_eq!(record.target().map(|target| target.to_string()), Some("media::job".into()));
    assert_eq!(record.body(), Some(&AnyValue::from("job failed")));
    assert!(record.timestamp().is_some());
    assert_eq!(attribute(record, "job_id"), Some(AnyValue::Int(7)));
    assert_eq!(attribute(record, "attempt"), Some(AnyValue::Int(2)));
    assert_eq!(attribute(record, "share"), Some(AnyValue::Double(0.5)));
    assert_eq!(attribute(record, "ok"), Some(AnyValue::Boolean(false)));
    assert_eq!(text(record, "wide"), u128::MAX.to_string());
    assert_eq!(attribute(record, "otel.kind"), None);
    assert_eq!(text(record, "exception.type"), "std::io::Error");
    assert_eq!(text(record, "exception.message"), "put object");
    assert_eq!(text(record, "exception.stacktrace"), "put object\ncaused by: connection reset");
    assert!(text(record, "code.file.path").ends_with("the_same_records_go_by_otlp.rs"));

    let trace = record.trace_context().unwrap();
    assert_eq!((trace.trace_id, trace.span_id), (ids.trace_id(), ids.span_id()));
    assert_eq!(trace.trace_flags, Some(ids.trace_flags()));
    let line = house.console.lines().remove(0);
    assert_eq!(line["trace_id"], format!("{:032x}", trace.trace_id));
    assert_eq!(line["event_name"], "media.job.failed");
}

#[test]
fn the_trace_is_the_event_s_parent_s() {
    let house = house("info");
    let other = tracing::dispatcher::with_default(&house.dispatch, || {
        let other = info_span!("other");
        let current = info_span!("current");
        let _in = current.enter();
        info!(parent: &other, "other");
        info!(parent: None, "none");
        other.context().span().span_context().clone()
    });
    let records = house.records();
    assert_eq!(records[0].trace_context().unwrap().trace_id, other.trace_id());
    assert!(records[1].trace_context().is_none(), "{:?}", records[1]);
    assert_eq!(records[1].event_name(), None, "an event without a name of its own has none");
}

#[test]
fn the_filter_is_the_console_s() {
    let house = house("warn");
    tracing::dispatcher::with_default(&house.dispatch, || {
        let job = info_span!("job", job_id = 7);
        let _in = job.enter();
        info!("unheard");
        warn!("heard");
    });
    assert_eq!(house.records().len(), 1);
    assert_eq!(house.console.lines().len(), 1);
    assert_eq!(attribute(&house.records()[0], "job_id"), Some(AnyValue::Int(7)));
}

#[test]
fn what_the_sdk_suppresses_is_not_sent() {
    let house = house("info");
    tracing::dispatcher::with_default(&house.dispatch, || {
        let _quiet = Context::enter_telemetry_suppressed_scope();
        info!("while exporting");
    });
    assert!(house.records().is_empty());
    assert_eq!(house.console.line()["message"], "while exporting");
}
