//! What the receivers have of it: Prometheus every program, with exemplars; the collector one trace through all.

use serde_json::Value;
use telecine_parts::{Received, eventually};

use crate::{
    driver::Driver,
    parts::{Folder, PROGRAMS, Parts},
};

/// Something that has to be found, and what was found or is missing.
pub(crate) struct Link {
    pub(crate) name: &'static str,
    pub(crate) found: Result<String, String>,
}

/// The way of a job, by service and span: each is a child of one before it.
const WAY: [(&str, &str); 4] =
    [("http-api", "POST /jobs"), ("media-worker", "job"), ("media-worker", "stage"), ("media-worker", "upload")];

pub(crate) async fn examine(parts: &Parts, folder: &Folder, driver: &Driver) -> Vec<Link> {
    vec![
        Link { name: "scrapes", found: scrapes(parts).await },
        Link { name: "exemplars", found: exemplars(parts).await },
        Link { name: "one trace", found: trace(parts, folder, driver).await },
    ]
}

/// Prometheus has each program as a job of its name.
async fn scrapes(parts: &Parts) -> Result<String, String> {
    let prometheus = parts.prometheus.as_ref().ok_or("Prometheus does not run")?;
    let up = || async {
        let series = prometheus.query("up == 1").await.ok()?;
        let jobs: Vec<_> = series.iter().filter_map(|series| series["metric"]["job"].as_str()).collect();
        PROGRAMS.iter().all(|(_, service)| jobs.contains(service)).then(|| jobs.join(", "))
    };
    let up = eventually("Prometheus to scrape every program", up).await.map_err(|error| error.to_string())?;
    Ok(format!("Prometheus has {up}"))
}

async fn exemplars(parts: &Parts) -> Result<String, String> {
    let prometheus = parts.prometheus.as_ref().ok_or("Prometheus does not run")?;
    let kept = || async {
        let series = prometheus.query_exemplars("{job=~\".+\"}").await.ok()?;
        (!series.is_empty()).then_some(series.len())
    };
    let kept = eventually("Prometheus to keep exemplars", kept).await.map_err(|error| error.to_string())?;
    Ok(format!("Prometheus keeps exemplars of {kept} series"))
}

async fn trace(parts: &Parts, folder: &Folder, driver: &Driver) -> Result<String, String> {
    let collector = parts.collector.as_ref().ok_or("the collector does not run")?;
    let trace = driver.trace().ok_or("no job was asked for")?;
    let file = collector.file(Received::Traces);
    let found = || async {
        let text = tokio::fs::read_to_string(&file).await.ok()?;
        // Of a file that is large, and still written.
        let lines = text.lines().filter(|line| line.contains(&trace.id));
        let received: Vec<Value> = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
        let spans = spans_of(&received, &trace.id);
        leads(&spans).then_some(spans.len())
    };
    let spans = eventually("the trace of a job", found).await;
    // What came instead is in a file.
    let spans = spans.map_err(|_| {
        let file = folder.shown(&file);
        format!("{} of job {} does not lead from the request to the upload: {file}", trace.id, trace.job)
    })?;
    let way: Vec<_> = WAY.iter().map(|(service, span)| format!("{service} {span}")).collect();
    Ok(format!("{}, {spans} spans: {}", trace.id, way.join(" > ")))
}

/// A span: service, name, id and parent's id.
type Span = (String, String, String, String);

/// Whether there is a span of each step whose parent is that of the step before.
fn leads(spans: &[Span]) -> bool {
    let mut parents: Option<Vec<&str>> = None;
    for (service, name) in WAY {
        let here = spans.iter().filter(|(of, span, ..)| of == service && span == name);
        let here = here.filter(|(.., parent)| parents.as_ref().is_none_or(|ids| ids.contains(&parent.as_str())));
        let ids: Vec<_> = here.map(|(_, _, id, _)| id.as_str()).collect();
        if ids.is_empty() {
            return false;
        }
        parents = Some(ids);
    }
    true
}

fn spans_of(received: &[Value], trace: &str) -> Vec<Span> {
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut spans = Vec::new();
    for resource in received.iter().flat_map(|request| list(request, "resourceSpans")) {
        let attributes = list(&resource["resource"], "attributes");
        let name = attributes.iter().find(|attribute| attribute["key"] == "service.name");
        let service = name.map(|name| text(&name["value"]["stringValue"])).unwrap_or_default();
        for span in list(&resource, "scopeSpans").iter().flat_map(|scope| list(scope, "spans")) {
            if span["traceId"] == trace {
                let (name, id, parent) = (text(&span["name"]), text(&span["spanId"]), text(&span["parentSpanId"]));
                spans.push((service.clone(), name, id, parent));
            }
        }
    }
    spans
}
