//! OpenTelemetry for Python and telecine are started with the same file, do the same, and the collectors receive the
//! same. What Python's copy of the schema refuses is refused here.

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{
    Span, SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider as _,
};
use serde_json::{Value, json};
use telecine::telemetry::config::File;
use telecine::telemetry::{Environment, Telemetry};
use telecine_parts::{Collector, Received, python};

use crate::{WHOLE, read};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config/same.yaml");

fn variables(collector: &Collector) -> BTreeMap<&'static str, String> {
    [
        ("COLLECTOR", format!("http://{}", collector.http())),
        ("SHARD", "17".to_owned()),
        ("INTERVAL", "3600000".to_owned()),
        ("OTEL_SERVICE_NAME", "not me".to_owned()),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1".to_owned()),
    ]
    .into()
}

/// What the script does.
fn work(telemetry: &Telemetry) {
    let tracer = telemetry.tracer_provider().tracer("own");
    let mut span = tracer.start("one");
    for key in ["a", "b", "c", "d"] {
        span.set_attribute(KeyValue::new(key, key.repeat(8)));
    }
    for name in ["first", "second", "third"] {
        span.add_event(name, vec![KeyValue::new("a", "1"), KeyValue::new("b", "2")]);
    }
    span.end();
    let remote =
        SpanContext::new(TraceId::from(1), SpanId::from(1), TraceFlags::NOT_SAMPLED, true, TraceState::default());
    let parent = opentelemetry::Context::new().with_remote_span_context(remote);
    tracer.start_with_context("not sampled", &parent).end();

    let meter = telemetry.meter_provider().meter("own");
    let wait = meter.f64_histogram("own.wait").with_unit("s").build();
    for value in [0.2, 0.7, 3.0, 20.0] {
        wait.record(value, &[KeyValue::new("kind", "a"), KeyValue::new("other", "b")]);
    }
    meter.u64_counter("own.noise").build().add(1, &[]);
    let size = meter.f64_histogram("own.size").with_unit("By").build();
    for value in [1.0, 2.0, 1000.0] {
        size.record(value, &[]);
    }
    meter.u64_counter("own.count").with_unit("{thing}").build().add(5, &[KeyValue::new("kind", "a")]);
    telemetry.meter_provider().meter("another").f64_histogram("own.total").build().record(2.5, &[]);
}

#[tokio::test]
async fn and_exports_the_same() {
    let (mut by_python, mut by_telecine) = (Collector::start().await.unwrap(), Collector::start().await.unwrap());
    let given = json!({ "file": FILE, "variables": variables(&by_python) });
    python(include_str!("a_python_sdk_reads_the_same_file.py"), given.to_string().as_bytes()).unwrap();

    let environment: Environment =
        variables(&by_telecine).into_iter().chain([("OTEL_CONFIG_FILE", FILE.to_owned())]).collect();
    let telemetry = Telemetry::builder().environment(environment).without_process_metrics().build().unwrap();
    work(&telemetry);
    telemetry.shutdown(Duration::from_secs(20)).await.unwrap();

    by_python.stop().await.unwrap();
    by_telecine.stop().await.unwrap();
    let (python, telecine) = (seen(&by_python), seen(&by_telecine));
    assert_eq!(telecine, python, "{telecine:#}\n{python:#}");
    assert_eq!(telecine["resource"]["shard"], json!({ "stringValue": "17" }));
    assert_eq!(telecine["spans"].as_array().unwrap().len(), 1);
    assert_eq!(telecine["metrics"].as_object().unwrap().len(), 4, "{telecine:#}");
}

/// What a collector received, of what the file has a say in.
fn seen(collector: &Collector) -> Value {
    let traces = collector.received(Received::Traces).unwrap();
    let metrics = collector.received(Received::Metrics).unwrap();
    let mut resource = attributes(&traces[0]["resourceSpans"][0]["resource"]["attributes"]);
    resource.retain(|key, _| !key.starts_with("telemetry."));
    let spans: Vec<_> = items(&traces, "resourceSpans", "scopeSpans", "spans").iter().map(span).collect();
    let own = items(&metrics, "resourceMetrics", "scopeMetrics", "metrics");
    let own = own.iter().filter(|metric| metric["name"].as_str().is_some_and(|name| name.starts_with("own.")));
    let metrics: BTreeMap<_, _> =
        own.map(|metric| (metric["name"].as_str().unwrap().to_owned(), self::metric(metric))).collect();
    json!({ "resource": resource, "spans": spans, "metrics": metrics })
}

fn items(requests: &[Value], outer: &str, scopes: &str, inner: &str) -> Vec<Value> {
    let all = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let resources = requests.iter().flat_map(|request| all(request, outer));
    let scopes = resources.flat_map(|resource| all(&resource, scopes));
    scopes.flat_map(|scope| all(&scope, inner)).collect()
}

fn attributes(list: &Value) -> BTreeMap<String, Value> {
    let list = list.as_array().into_iter().flatten();
    list.map(|pair| (pair["key"].as_str().unwrap().to_owned(), pair["value"].clone())).collect()
}

fn span(span: &Value) -> Value {
    let events = span["events"].as_array().into_iter().flatten();
    json!({
        "name": span["name"],
        // Which are kept of too many is an SDK's own choice; how many, and how long, is the file's.
        "attributes": attributes(&span["attributes"]).len(),
        "lengths": lengths(span),
        "dropped": span["droppedAttributesCount"],
        "events": events.map(|event| attributes(&event["attributes"]).len()).collect::<Vec<_>>(),
        "dropped events": span["droppedEventsCount"],
    })
}

fn lengths(span: &Value) -> Vec<usize> {
    attributes(&span["attributes"]).values().map(|value| value["stringValue"].as_str().unwrap().len()).collect()
}

fn metric(metric: &Value) -> Value {
    let mut shown = json!({ "unit": metric["unit"], "description": metric["description"] });
    for kind in ["sum", "histogram", "exponentialHistogram", "gauge"] {
        let Some(data) = metric.get(kind) else { continue };
        shown["kind"] = kind.into();
        shown["temporality"] = data["aggregationTemporality"].clone();
        let points = data["dataPoints"].as_array().unwrap().iter().map(|point| {
            let mut point = point.clone();
            for own in ["startTimeUnixNano", "timeUnixNano", "exemplars"] {
                point.as_object_mut().unwrap().remove(own);
            }
            // Python sends these where there is nothing to say: no smallest value, no buckets below zero.
            point.as_object_mut().unwrap().retain(|key, value| match key.as_str() {
                "min" | "max" => value.is_number(),
                "negative" => {
                    value["bucketCounts"].as_array().is_some_and(|counts| counts.iter().any(|count| count != "0"))
                }
                _ => true,
            });
            point["attributes"] = json!(attributes(&point["attributes"]));
            point
        });
        shown["points"] = points.collect();
    }
    shown
}

/// Changes a good file at random, and says which of the results the schema refuses.
const CHANGES: &str = r#"
import copy, importlib.resources, json, random, sys
import jsonschema, yaml

schema = json.loads((importlib.resources.files("opentelemetry.configuration") / "schema.json").read_text())
validator = jsonschema.Draft202012Validator(schema)
whole, shown = json.load(sys.stdin)
for text in (whole, shown):
    validator.validate(yaml.safe_load(text))

whole = yaml.safe_load(whole)
del whole["distribution"]
values = [None, True, 0, 1, -1, 1.5, "x", [], {}, {"zzz": 1}, ["a"], [1], [None], -11, 21,
          {"always_on": None}, {"console": None}, {"x": None, "y": None}]

def paths(node, path=()):
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else []
    for key, value in items:
        yield from paths(value, path + (key,))

random.seed(4)
refused = []
while len(refused) < 300:
    file = copy.deepcopy(whole)
    path = random.choice([path for path in paths(file) if path])
    parent = file
    for key in path[:-1]:
        parent = parent[key]
    change = random.random()
    if change < 0.6:
        parent[path[-1]] = copy.deepcopy(random.choice(values))
    elif change < 0.8:
        del parent[path[-1]]
    elif isinstance(parent, dict):
        parent["unknown"] = random.choice(values)
    else:
        parent.append(copy.deepcopy(random.choice(values)))
    if not validator.is_valid(file):
        refused.append(yaml.safe_dump(file, sort_keys=False))
print(json.dumps(refused))
"#;

#[test]
fn and_refuses_what_the_schema_refuses() {
    let given = json!([WHOLE, read(WHOLE).settings.to_yaml()]).to_string();
    let refused: Vec<String> = serde_json::from_str(&python(CHANGES, given.as_bytes()).unwrap()).unwrap();
    for text in refused {
        assert!(File::parse("f.yaml", &text, &Environment::default()).is_err(), "{text}");
    }
}

/// Every key of the schema, but for those below what is said as a whole.
const KEYS: &str = r#"
import importlib.resources, json

schema = json.loads((importlib.resources.files("opentelemetry.configuration") / "schema.json").read_text())
whole = ["ExperimentalInstrumentation", "ExperimentalComposableSampler", "ExperimentalJaegerRemoteSampler",
         "ExperimentalProbabilitySampler", "ExperimentalOtlpFileExporter", "ExperimentalOtlpFileMetricExporter"]
keys, seen = set(), set(whole)

def walk(node):
    if isinstance(node, list):
        for item in node:
            walk(item)
    if not isinstance(node, dict):
        return
    name = node.get("$ref", "").split("/")[-1]
    if name and name not in seen:
        seen.add(name)
        walk(schema["$defs"][name])
    keys.update(node.get("properties", {}))
    for value in node.values():
        walk(value)

walk({key: value for key, value in schema.items() if key != "$defs"})
print(json.dumps(sorted(keys)))
"#;

#[test]
fn and_the_page_names_every_key() {
    let page = include_str!("../../docs/configuration.md");
    let (_, section) = page.split_once("\n## The configuration file\n").unwrap();
    let keys: Vec<String> = serde_json::from_str(&python(KEYS, b"").unwrap()).unwrap();
    assert!(keys.len() > 100, "{keys:?}");
    let missing: Vec<_> = keys.iter().filter(|key| !section.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
