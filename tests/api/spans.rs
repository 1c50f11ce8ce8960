//! Spans that a collector got.

use std::process::Command;

use serde_json::Value;
use telecine_parts::Collector;

/// The program pushes its spans to this collector.
pub(crate) fn pushed(mut command: Command, collector: &Collector) -> Command {
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", collector.http()))
        .env("OTEL_TRACES_EXPORTER", "otlp")
        .env("OTEL_BSP_SCHEDULE_DELAY", "100");
    command
}

/// The spans of a trace, with the service that each is of.
pub(crate) fn of_trace(received: &[Value], trace: &str) -> Vec<(String, Value)> {
    let each = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let mut spans = Vec::new();
    for resource in received.iter().flat_map(|request| each(request, "resourceSpans")) {
        let attributes = each(&resource["resource"], "attributes");
        let name = attributes.iter().find(|attribute| attribute["key"] == "service.name").unwrap();
        let name = name["value"]["stringValue"].as_str().unwrap();
        for scope in each(&resource, "scopeSpans") {
            let of_trace = each(&scope, "spans").into_iter().filter(|span| span["traceId"] == trace);
            spans.extend(of_trace.map(|span| (name.to_owned(), span)));
        }
    }
    spans
}
