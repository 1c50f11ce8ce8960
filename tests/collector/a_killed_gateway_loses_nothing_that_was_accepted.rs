use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use telecine_parts::{Configured, Received, eventually};

use crate::otlp::{ONE_MACHINE, Store, all, attribute, gauge, judged, logs, now, offer, pair, send, spans};

/// What an agent said yes to, and when.
#[derive(Default)]
struct Accepted {
    number: AtomicUsize,
    at: Mutex<BTreeMap<usize, Instant>>,
    over: AtomicBool,
}

impl Accepted {
    /// Offers one of each signal, numbered, as fast as they are taken.
    async fn until_over(&self, agent: String) {
        for number in 0.. {
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            let attribute = json!([{"key": "test.number", "value": {"stringValue": number.to_string()}}]);
            let time = now().to_string();
            let record = json!({"timeUnixNano": time, "body": {"stringValue": "stalled"}, "attributes": attribute});
            let point = json!({"timeUnixNano": time, "asDouble": 1.0, "attributes": attribute});
            // Each would be kept: what is lost is not lost to sampling.
            let span = json!({
                "traceId": format!("{:032x}", number + 1), "spanId": format!("{:016x}", number + 1), "name": "GET /videos",
                "kind": 2, "startTimeUnixNano": time, "endTimeUnixNano": time, "attributes": attribute, "status": {"code": 2},
            });
            let requests = [
                logs("media-worker", json!([record])),
                gauge("media-worker", "media.test", json!([point])),
                spans("http-api", json!([span])),
            ];
            let mut yes = true;
            for request in &requests {
                yes &= offer(&agent, request).await;
            }
            if yes {
                self.at.lock().unwrap().insert(number, Instant::now());
                self.number.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    async fn more(&self, number: usize) {
        let enough = self.number.load(Ordering::Relaxed) + number;
        let accepted = || async { (self.number.load(Ordering::Relaxed) >= enough).then_some(()) };
        eventually("more to be accepted", accepted).await.unwrap();
    }
}

fn numbers(requests: &[Value], of: Received) -> (BTreeSet<usize>, usize) {
    let found = all(requests, of);
    let mut numbers = Vec::new();
    for (_, item) in found {
        let points = item["gauge"]["dataPoints"].as_array();
        let carriers: Vec<&Value> = points.map_or_else(|| vec![item], |points| points.iter().collect());
        numbers.extend(carriers.iter().filter_map(|carrier| attribute(carrier, "test.number")?.parse::<usize>().ok()));
    }
    let total = numbers.len();
    (numbers.into_iter().collect(), total)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_and_started_again() {
    let store = Store::start().await;
    let (mut agent, mut gateway) = pair(&store, &[("TELECINE_REQUEST_WAIT", "2s")]).await;
    let accepted = Arc::new(Accepted::default());
    let load = tokio::spawn({
        let (accepted, agent) = (accepted.clone(), agent.http().to_owned());
        async move { accepted.until_over(agent).await }
    });

    let (mut kills, mut decided) = (Vec::new(), 0);
    for _ in 0..3 {
        accepted.more(200).await;
        // Those were kept, and lie in its queue.
        decided += judged(&gateway, 50).await;
        gateway.kill();
        kills.push(Instant::now());
        accepted.more(100).await;
        gateway.start_again().await.unwrap();
    }
    // The same holds for the agent: what it said yes to lies on its disk.
    accepted.more(200).await;
    agent.kill();
    agent.start_again().await.unwrap();
    accepted.more(100).await;
    accepted.over.store(true, Ordering::Relaxed);
    load.await.unwrap();

    let at = accepted.at.lock().unwrap().clone();
    let sent: BTreeSet<usize> = at.keys().copied().collect();
    for of in [Received::Logs, Received::Metrics] {
        let whole = |requests: &[Value]| {
            let (came, total) = numbers(requests, of);
            came.is_superset(&sent).then(|| total - came.len())
        };
        let twice = store.collector.until("all that was accepted", of, whole).await.unwrap();
        println!("{of}: {} accepted, all came, {twice} of them twice", sent.len());
    }

    // What was accepted once it was dead comes too; then what is missing is lost.
    let after: BTreeSet<usize> =
        at.iter().filter(|(_, time)| **time > kills[kills.len() - 1]).map(|(number, _)| *number).collect();
    let settled = |requests: &[Value]| numbers(requests, Received::Traces).0.is_superset(&after).then_some(());
    store.collector.until("all traces after the last kill", Received::Traces, settled).await.unwrap();
    gateway.stop().await.unwrap();
    let lost = |requests: &[Value]| {
        let (came, _) = numbers(requests, Received::Traces);
        let lost: BTreeSet<usize> = sent.difference(&came).copied().collect();
        Some(lost)
    };
    let lost = store.collector.until("traces", Received::Traces, lost).await.unwrap();
    // How long before a kill each had been accepted.
    let age = |number: &usize| kills.iter().filter_map(|kill| kill.checked_duration_since(at[number])).min();
    let ages: Vec<Option<Duration>> = lost.iter().map(age).collect();
    let before = at.values().filter(|time| **time <= kills[kills.len() - 1]).count();
    println!(
        "traces: {} accepted; before {} kills {before}, of which {decided} were decided, {} lost, at most {:.1?} old then; the gateway waits 2 s",
        sent.len(),
        kills.len(),
        lost.len(),
        ages.iter().flatten().max().unwrap_or(&Duration::ZERO)
    );
    assert!(lost.len() <= before - decided, "more were lost than were undecided");
}

/// Its log says then that data is dropped; what lies in a queue on disk is not.
#[tokio::test]
async fn stopped_while_the_store_is_away() {
    let mut collector = Configured::start(&ONE_MACHINE, &[("TELECINE_LOGS_URL", "http://127.0.0.1:1")]).await.unwrap();
    for number in 0..100 {
        let attribute = json!([{"key": "test.number", "value": {"stringValue": number.to_string()}}]);
        let record =
            json!({"timeUnixNano": now().to_string(), "body": {"stringValue": "stalled"}, "attributes": attribute});
        send(&collector, &logs("media-worker", json!([record]))).await;
    }
    collector.stop().await.unwrap();
    let store = Store::start().await;
    for (variable, value) in store.variables() {
        collector.set(variable, value);
    }
    collector.start_again().await.unwrap();
    let every = |requests: &[Value]| (numbers(requests, Received::Logs).0.len() == 100).then_some(());
    store.collector.until("every record", Received::Logs, every).await.unwrap();
}
