//! Requests that are sent to a collector, and what is found in the files of the one behind it.

use serde_json::{Value, json};
use telecine_parts::{Collector, Configured, Received, eventually, http};

/// Spans of a service.
pub(crate) fn spans(service: &str, spans: Value) -> Value {
    json!({"resourceSpans": [{"resource": {"attributes": attributes(&[("service.name", service)])}, "scopeSpans": [{"scope": {"name": "telecine"}, "spans": spans}]}]})
}

/// Log records of a service.
pub(crate) fn logs(service: &str, records: Value) -> Value {
    json!({"resourceLogs": [{"resource": {"attributes": attributes(&[("service.name", service)])}, "scopeLogs": [{"scope": {"name": "telecine"}, "logRecords": records}]}]})
}

/// A gauge of a service, with these points.
pub(crate) fn gauge(service: &str, name: &str, points: Value) -> Value {
    json!({"resourceMetrics": [{"resource": {"attributes": attributes(&[("service.name", service)])}, "scopeMetrics": [{"scope": {"name": "telecine"}, "metrics": [{"name": name, "gauge": {"dataPoints": points}}]}]}]})
}

/// Attributes that are all text.
pub(crate) fn attributes(of: &[(&str, &str)]) -> Value {
    of.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect()
}

/// Now, as OTLP writes it.
pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_nanos()).unwrap()
}

/// Sends a request as a program does; true once it was accepted.
pub(crate) async fn offer(to: &str, request: &Value) -> bool {
    let path = match () {
        () if request.get("resourceSpans").is_some() => "traces",
        () if request.get("resourceLogs").is_some() => "logs",
        () => "metrics",
    };
    let answer = http().post(format!("http://{to}/v1/{path}")).json(request).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// Sends a request that must be accepted.
pub(crate) async fn send(to: &Configured, request: &Value) {
    assert!(offer(to.http(), request).await, "{}", to.complaints());
}

/// All spans, log records or metrics of what was received, each with the attributes of its resource.
pub(crate) fn all(requests: &[Value], of: Received) -> Vec<(&Value, &Value)> {
    let (resources, scopes, items) = match of {
        Received::Traces => ("resourceSpans", "scopeSpans", "spans"),
        Received::Metrics => ("resourceMetrics", "scopeMetrics", "metrics"),
        Received::Logs => ("resourceLogs", "scopeLogs", "logRecords"),
    };
    let mut found = Vec::new();
    for resource in requests.iter().filter_map(|request| request[resources].as_array()).flatten() {
        for scope in resource[scopes].as_array().into_iter().flatten() {
            found.extend(scope[items].as_array().into_iter().flatten().map(|item| (&resource["resource"], item)));
        }
    }
    found
}

/// The text of an attribute.
pub(crate) fn attribute<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    let list = of["attributes"].as_array()?;
    list.iter().find(|pair| pair["key"] == key)?["value"]["stringValue"].as_str()
}

/// A place to store everything, and the variables that send a collector's signals there.
pub(crate) struct Store {
    pub(crate) collector: Collector,
    url: String,
}

impl Store {
    pub(crate) async fn start() -> Self {
        let collector = Collector::start().await.unwrap();
        let url = format!("http://{}", collector.http());
        Self { collector, url }
    }

    pub(crate) fn variables(&self) -> Vec<(&str, &str)> {
        ["TELECINE_METRICS_URL", "TELECINE_TRACES_URL", "TELECINE_LOGS_URL"].map(|name| (name, &*self.url)).into()
    }
}

/// One process for everything.
pub(crate) const ONE_MACHINE: [&str; 3] = ["one-machine.yaml", "redaction.yaml", "traces.yaml"];
/// What stands on each machine.
pub(crate) const AGENT: [&str; 2] = ["agent.yaml", "redaction.yaml"];
/// What stands behind the agents.
pub(crate) const GATEWAY: [&str; 3] = ["gateway.yaml", "redaction.yaml", "traces.yaml"];

/// An agent, and a gateway behind it that delivers to a store.
pub(crate) async fn pair(store: &Store, more: &[(&str, &str)]) -> (Configured, Configured) {
    let gateway = [&store.variables()[..], more].concat();
    let gateway = Configured::start(&GATEWAY, &gateway).await.unwrap();
    let gateways = format!("[{}]", gateway.grpc());
    let agent = [("TELECINE_GATEWAYS", &*gateways), ("TELECINE_GATEWAY", gateway.grpc())];
    let agent = Configured::start(&AGENT, &agent).await.unwrap();
    (agent, gateway)
}

/// The sum of a number that a collector tells about itself.
async fn itself(collector: &Configured, name: &str) -> Option<usize> {
    let text = http().get(collector.metrics()).send().await.ok()?.text().await.ok()?;
    let lines = text.lines().filter(|line| line.starts_with(name));
    Some(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).sum())
}

/// Waits until a gateway has judged so many traces or more, and returns how many.
pub(crate) async fn judged(gateway: &Configured, traces: usize) -> usize {
    let name = "otelcol_processor_tail_sampling_global_count_traces_sampled";
    let enough = || async { itself(gateway, name).await.filter(|judged| *judged >= traces) };
    eventually(&format!("{traces} traces to be judged"), enough).await.unwrap()
}
