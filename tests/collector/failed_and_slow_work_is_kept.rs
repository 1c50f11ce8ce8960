use std::collections::BTreeMap;

use serde_json::{Value, json};
use telecine_parts::{Configured, Received};

use crate::otlp::{Store, all, attribute, judged, now, pair, send, spans};

const MINUTE: u64 = 60 * 1_000_000_000;

/// The same id for the same name, spread like those that programs draw.
fn id(name: &str, bytes: usize) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let half = |half: u8| {
        let mut hasher = DefaultHasher::new();
        (name, half).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    };
    (half(0) + &half(1))[..bytes * 2].to_owned()
}

/// A span of a trace. The root of a trace has the trace's name for its own.
struct Span<'a> {
    trace: &'a str,
    name: &'a str,
    parent: Option<&'a str>,
    minutes: u64,
    failed: bool,
}

impl Span<'_> {
    fn json(&self) -> Value {
        let (trace, end) = (self.trace, now());
        let mut span = json!({
            "traceId": id(trace, 16), "spanId": id(&format!("{trace}/{}", self.name), 8), "name": self.name, "kind": 1,
            "startTimeUnixNano": (end - self.minutes * MINUTE - 1_000_000).to_string(), "endTimeUnixNano": end.to_string(),
            "attributes": [{"key": "test.trace", "value": {"stringValue": trace}}],
        });
        if let Some(parent) = self.parent {
            span["parentSpanId"] = id(&format!("{trace}/{parent}"), 8).into();
        }
        if self.failed {
            span["status"] = json!({"code": 2});
        }
        span
    }
}

fn span<'a>(trace: &'a str, name: &'a str, parent: Option<&'a str>) -> Span<'a> {
    Span { trace, name, parent, minutes: 0, failed: false }
}

async fn tell(agent: &Configured, service: &str, told: &[Span<'_>]) {
    let told: Value = told.iter().map(Span::json).collect();
    send(agent, &spans(service, told)).await;
}

fn names(kind: &str, number: usize) -> Vec<String> {
    (0..number).map(|number| format!("{kind}-{number}")).collect()
}

#[tokio::test]
async fn of_all_traces_those_that_failed_or_were_slow_and_a_tenth_of_the_others() {
    let store = Store::start().await;
    let quickly = [("TELECINE_REQUEST_WAIT", "1s"), ("TELECINE_JOB_SETTLES", "1s"), ("TELECINE_LONGEST_JOB", "1h")];
    let (agent, gateway) = pair(&store, &quickly).await;

    // Jobs that are going to take hours: a probe ends at once, all else comes much later.
    let (long, broken) = (names("long", 20), names("broken", 20));
    for trace in long.iter().chain(&broken) {
        tell(&agent, "media-worker", &[span(trace, "probe", Some("job"))]).await;
    }
    let (quick, asked) = (names("quick", 300), names("asked", 30));
    for trace in &quick {
        tell(&agent, "media-worker", &[span(trace, "transcode", Some("job")), span(trace, "job", None)]).await;
    }
    let (requests, refused) = (names("request", 200), names("refused", 20));
    for trace in requests.iter().chain(&refused) {
        let failed = trace.starts_with("refused");
        tell(&agent, "http-api", &[Span { failed, ..span(trace, "GET /videos", None) }]).await;
    }
    // A request that a job comes of, which fails hours after the request was judged.
    for trace in &asked {
        tell(&agent, "http-api", &[span(trace, "POST /jobs", None)]).await;
        tell(&agent, "media-worker", &[span(trace, "probe", Some("job"))]).await;
    }
    // By then everything short has been judged.
    judged(&gateway, quick.len() + requests.len() + refused.len() + asked.len()).await;

    for trace in &long {
        let job = Span { minutes: 150, ..span(trace, "job", None) };
        tell(&agent, "media-worker", &[span(trace, "upload", Some("job")), job]).await;
    }
    for trace in broken.iter().chain(&asked) {
        let parent = trace.starts_with("asked").then_some("POST /jobs");
        let job = Span { failed: true, ..span(trace, "job", parent) };
        tell(&agent, "media-worker", &[span(trace, "transcode", Some("job")), job]).await;
    }

    let expected = (long.len() + broken.len() + asked.len()) * 3 + refused.len();
    let kept = |requests: &[Value]| {
        let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (_, span) in all(requests, Received::Traces) {
            let name = span["name"].as_str().unwrap().to_owned();
            kept.entry(attribute(span, "test.trace").unwrap().to_owned()).or_default().push(name);
        }
        let count = |traces: &[String], of: &str| {
            traces
                .iter()
                .filter_map(|trace| kept.get(trace))
                .flatten()
                .filter(|name| of.is_empty() || *name == of)
                .count()
        };
        let whole = count(&long, "") + count(&broken, "") + count(&refused, "");
        let asked: usize = ["probe", "transcode", "job"].iter().map(|name| count(&asked, name)).sum();
        (whole + asked >= expected).then_some(kept)
    };
    let kept = store.collector.until("what failed or was slow", Received::Traces, kept).await.unwrap();

    let spans_of = |trace: &String| {
        let mut spans = kept.get(trace).cloned().unwrap_or_default();
        spans.sort();
        spans
    };
    for trace in &long {
        assert_eq!(spans_of(trace), ["job", "probe", "upload"], "{trace} is cut");
    }
    for trace in &broken {
        assert_eq!(spans_of(trace), ["job", "probe", "transcode"], "{trace} is cut");
    }
    for trace in &asked {
        let job: Vec<String> = spans_of(trace).into_iter().filter(|name| name != "POST /jobs").collect();
        assert_eq!(job, ["job", "probe", "transcode"], "{trace} is cut");
    }
    refused.iter().for_each(|trace| assert_eq!(spans_of(trace), ["GET /videos"]));
    let some = |traces: &[String]| traces.iter().filter(|trace| kept.contains_key(*trace)).count();
    for trace in quick.iter().filter(|trace| kept.contains_key(*trace)) {
        assert_eq!(spans_of(trace), ["job", "transcode"], "{trace} is cut");
    }
    let (jobs, gets) = (some(&quick), some(&requests));
    let whole_requests = asked.iter().filter(|trace| spans_of(trace).iter().any(|name| name == "POST /jobs")).count();
    println!(
        "kept: {jobs} of {} quick jobs, {gets} of {} requests, all of {} long and {} failed jobs; with its request, {whole_requests} of {} failed jobs",
        quick.len(),
        requests.len(),
        long.len(),
        broken.len() + asked.len(),
        asked.len()
    );
    assert!((10..=60).contains(&jobs), "{jobs} of {}", quick.len());
    assert!((5..=45).contains(&gets), "{gets} of {}", requests.len());

    // Numbers from spans know nothing of that choice.
    let expected = quick.len() + long.len() + broken.len() + asked.len();
    let calls = |requests: &[Value]| {
        let metrics = all(requests, Received::Metrics);
        let points = metrics
            .iter()
            .filter(|(_, metric)| metric["name"] == "traces.span.metrics.calls")
            .flat_map(|(_, metric)| metric["sum"]["dataPoints"].as_array().unwrap());
        let jobs = points.filter(|point| attribute(point, "span.name") == Some("job"));
        // Cumulative: the last of each series counts.
        let mut last: BTreeMap<String, usize> = BTreeMap::new();
        for point in jobs {
            last.insert(point["attributes"].to_string(), point["asInt"].as_str().unwrap().parse().unwrap());
        }
        (last.values().sum::<usize>() == expected).then_some(())
    };
    store.collector.until("the number of all jobs", Received::Metrics, calls).await.unwrap();
}
