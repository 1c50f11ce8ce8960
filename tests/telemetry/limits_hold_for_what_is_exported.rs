//! What is longer or more than the limits say does not arrive.

use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, TraceFlags, TraceId, TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use telecine_parts::Received;

use crate::support::{self, DEADLINE, each};

const LIMITS: &[(&str, &str)] = &[
    ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "4"),
    ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "6"),
    ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "3"),
    ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "2"),
    ("OTEL_SPAN_EVENT_COUNT_LIMIT", "2"),
    ("OTEL_SPAN_LINK_COUNT_LIMIT", "1"),
    ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "1"),
    ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "1"),
    ("OTEL_METRICS_EXPORTER", "none"),
];

/// The keys and values of an item's attributes.
fn attributes(item: &serde_json::Value) -> Vec<(String, serde_json::Value)> {
    let pair = |attribute: &serde_json::Value| {
        let value = &attribute["value"];
        let text = |value: &serde_json::Value| value["stringValue"].clone();
        let value = match value["arrayValue"]["values"].as_array() {
            Some(values) => values.iter().map(text).collect(),
            None => text(value),
        };
        (attribute["key"].as_str().unwrap().to_owned(), value)
    };
    item["attributes"].as_array().unwrap().iter().map(pair).collect()
}

fn pair(key: &str, value: impl Into<serde_json::Value>) -> (String, serde_json::Value) {
    (key.to_owned(), value.into())
}

#[tokio::test]
async fn spans_and_log_records_are_cut() {
    let mut collector = support::collector().await;
    let telemetry = support::builder(&format!("http://{}", collector.http()), LIMITS).build().unwrap();
    let texts = Value::Array(Array::String(vec![StringValue::from("short"), StringValue::from("dé")]));
    // Characters count, not bytes.
    let many = || vec![KeyValue::new("a", "éàüöx"), KeyValue::new("b", 12345), KeyValue::new("c", texts.clone())];
    let tracer = telemetry.tracer_provider().tracer("test");
    let event = |name: &'static str| Event::new(name, std::time::SystemTime::now(), many(), 0);
    let ids = (TraceId::from(7), SpanId::from(7));
    let other = SpanContext::new(ids.0, ids.1, TraceFlags::SAMPLED, true, TraceState::default());
    let link = || Link::new(other.clone(), many(), 0);
    let more = many().into_iter().chain([KeyValue::new("d", "left out")]).collect::<Vec<_>>();
    tracer
        .span_builder("long")
        .with_attributes(more)
        .with_events(vec![event("one"), event("two"), event("three")])
        .with_links(vec![link(), link()])
        .start(&tracer);
    tracing::dispatcher::with_default(&telemetry.dispatch().unwrap(), || {
        tracing::info!(first = "a long text", second = 2, third = "left out", "the message is whole");
    });
    telemetry.shutdown(DEADLINE).await.unwrap();
    collector.stop().await.unwrap();

    let spans = each(&collector.received(Received::Traces).unwrap(), &["resourceSpans", "scopeSpans", "spans"]);
    let [span] = &spans[..] else { panic!("{spans:#?}") };
    let three = serde_json::json!(["shor", "dé"]);
    let kept = attributes(span);
    assert_eq!((&kept[0], &kept[1].0[..], &kept[2]), (&pair("a", "éàüö"), "b", &pair("c", three)), "{span:#?}");
    assert_eq!((kept.len(), &span["droppedAttributesCount"]), (3, &1.into()));
    let names: Vec<_> = span["events"].as_array().unwrap().iter().map(|event| event["name"].clone()).collect();
    assert_eq!((names, &span["droppedEventsCount"]), (vec!["one".into(), "two".into()], &1.into()));
    assert_eq!((span["links"].as_array().unwrap().len(), &span["droppedLinksCount"]), (1, &1.into()));
    for item in [&span["events"][0], &span["links"][0]] {
        assert_eq!(attributes(item), [pair("a", "éàüö")]);
        assert_eq!(item["droppedAttributesCount"], 2);
    }

    let records = each(&collector.received(Received::Logs).unwrap(), &["resourceLogs", "scopeLogs", "logRecords"]);
    let [record] = &records[..] else { panic!("{records:#?}") };
    let kept = attributes(record);
    assert_eq!((&kept[0], &kept[1].0[..], kept.len()), (&pair("first", "a long"), "second", 2));
    assert_eq!(record["body"]["stringValue"], "the message is whole");
}
