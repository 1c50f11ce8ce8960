//! A job that one process creates and another one attempts is one job: counted once, with one wait, one trace and
//! one end. Here each process is a bench of its own, and a row of text is all that passes between them.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use telecine::catalog::{job, queue};
use telecine::opentelemetry_sdk::trace::SpanData;
use telecine::operation::{ErrorType, Outcome, Parent};

use crate::support::{Bench, Value};

type Row = HashMap<String, String>;

/// As a queue in a database would have it.
fn stored(row: &Row) -> Row {
    serde_json::from_str(&serde_json::to_string(row).unwrap()).unwrap()
}

fn in_scope<T>(bench: &Bench, f: impl FnOnce() -> T) -> T {
    tracing::dispatcher::with_default(&bench.dispatch(), f)
}

/// The row of a job that was created in a request, and the request's span.
fn produce(bench: &Bench) -> (Row, SpanData) {
    let mut row = Row::new();
    in_scope(bench, || {
        tracing::info_span!("POST /jobs")
            .in_scope(|| bench.work.job("transcode").id("a1b2").create().hand_over(&mut row));
    });
    (stored(&row), bench.spans().remove(0))
}

#[test]
fn it_is_created_once_and_ends_once_and_its_trace_begins_at_the_producer() {
    let (producer, worker) = (Bench::new(), Bench::new());
    let (row, request) = produce(&producer);
    in_scope(&worker, || {
        let job = worker.work.job("transcode").id("a1b2").received(&row).create();
        job.attempt().success();
        assert_eq!(job.outcome(), Some(Outcome::Success));
    });
    assert_eq!((producer.total(job::CREATED.name()), worker.total(job::CREATED.name())), (1.0, 0.0));
    assert!(producer.series(job::DURATION.name()).is_empty());
    assert_eq!(worker.one(job::DURATION.name()).label("media.outcome"), "success");
    assert!(producer.series(job::QUEUE_DURATION.name()).is_empty());
    assert_eq!(worker.one(job::QUEUE_DURATION.name()).count(), 1);
    let attempt = worker.spans().remove(0);
    assert_eq!(attempt.span_context.trace_id(), request.span_context.trace_id());
    assert_eq!(attempt.parent_span_id, request.span_context.span_id());
}

#[test]
fn a_retry_in_another_process_is_a_trace_of_its_own_with_a_link() {
    let benches = [Bench::new(), Bench::new(), Bench::new()];
    let [producer, first, second] = &benches;
    let (mut row, _) = produce(producer);
    in_scope(first, || {
        let job = first.work.job("transcode").max_attempts(2).received(&row).create();
        job.attempt().failure(ErrorType::Throttled);
        assert!(!job.is_over());
        job.hand_over(&mut row);
    });
    row = stored(&row);
    in_scope(second, || {
        let job = second.work.job("transcode").max_attempts(2).received(&row).create();
        assert_eq!((job.attempts(), job.error_type()), (1, Some(ErrorType::Throttled)));
        job.attempt().failure(ErrorType::Network);
        assert_eq!((job.outcome(), job.attempts()), (Some(Outcome::Failure), 2));
    });
    let (one, two) = (first.spans().remove(0), second.spans().remove(0));
    assert_ne!(one.span_context.trace_id(), two.span_context.trace_id());
    let links: Vec<_> = two.links.iter().map(|link| link.span_context.span_id()).collect();
    assert_eq!(links, [one.span_context.span_id()]);
    // The wait belongs to the first attempt, the end to the last.
    assert!(first.series(job::DURATION.name()).is_empty());
    assert!(second.series(job::QUEUE_DURATION.name()).is_empty());
    assert_eq!(second.one(job::DURATION.name()).count(), 1);
    assert_eq!(second.one(job::RETRIES.name()).label("media.retry.reason"), "throttled");
}

#[test]
fn a_job_of_a_worker_that_vanished_is_tried_again() {
    let (vanished, other) = (Bench::new(), Bench::new());
    let mut row = Row::new();
    vanished.work.job("transcode").create().hand_over(&mut row);
    let job = vanished.work.job("transcode").max_attempts(2).received(&row).create();
    let attempt = job.attempt();
    job.inject(&mut row);
    // It is never heard of again.
    std::mem::forget((job, attempt));
    let job = other.work.job("transcode").max_attempts(2).received(&row).create();
    let attempt = job.attempt();
    assert_eq!(attempt.number(), 2);
    attempt.success();
    assert_eq!(other.one(job::RETRIES.name()).label("media.retry.reason"), "other");
    assert_eq!(other.total(job::CREATED.name()), 0.0);
}

#[track_caller]
fn assert_waited(bench: &Bench, seconds: f64) {
    let Value::Histogram { count: 1, sum } = bench.one(job::QUEUE_DURATION.name()).value else {
        panic!("{:?}", bench.series(job::QUEUE_DURATION.name()))
    };
    assert!((seconds..seconds + 5.0).contains(&sum), "{sum}");
}

#[test]
fn the_wait_is_what_another_process_says() {
    let waited = Bench::new();
    waited.work.job("transcode").waited(Duration::from_secs(90)).start().success();
    assert_waited(&waited, 90.0);

    let queued = Bench::new();
    queued.work.job("transcode").queued_at(SystemTime::now() - Duration::from_secs(90)).start().success();
    assert_waited(&queued, 90.0);

    // Another machine's clock is ahead.
    let ahead = Bench::new();
    ahead.work.job("transcode").queued_at(SystemTime::now() + Duration::from_secs(90)).start().success();
    assert_waited(&ahead, 0.0);

    // What is said comes before what the row says, in either order.
    let row = Row::from([("job-created".to_owned(), "5.5".to_owned())]);
    for said_first in [true, false] {
        let bench = Bench::new();
        let job = bench.work.job("transcode");
        let (ninety, job) = (Duration::from_secs(90), job);
        let job = if said_first { job.waited(ninety).received(&row) } else { job.received(&row).waited(ninety) };
        job.start().success();
        assert_waited(&bench, 90.0);
    }
    for bench in [waited, queued, ahead] {
        assert_eq!(bench.total(job::CREATED.name()), 0.0);
    }
}

#[test]
fn a_row_that_says_nothing_of_use_is_a_job_of_which_nothing_is_known() {
    let keys =
        ["traceparent", "tracestate", "job-created", "job-started", "job-attempts", "job-first-attempt", "job-error"];
    for junk in ["", " ", "-1", "NaN", "inf", "1e300", "99999999999999999999", "00-0-0-0", "é\u{0}", "network "] {
        let row: Row = keys.map(|key| (key.to_owned(), junk.to_owned())).into();
        let bench = Bench::new();
        in_scope(&bench, || {
            let job = bench.work.job("transcode").received(&row).create();
            assert_eq!((job.attempts(), job.error_type(), job.parent().is_none()), (0, None, true), "{junk}");
            job.attempt().success();
        });
        assert!(bench.series(job::QUEUE_DURATION.name()).is_empty(), "{junk}");
        assert_eq!((bench.total(job::CREATED.name()), bench.one(job::DURATION.name()).count()), (0.0, 1));
    }
}

#[test]
fn what_is_written_replaces_what_an_earlier_job_left() {
    let bench = Bench::new();
    let mut row = Row::from([
        ("traceparent".to_owned(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        ("tracestate".to_owned(), "a=b".to_owned()),
        ("job-attempts".to_owned(), "3".to_owned()),
        ("job-error".to_owned(), "network".to_owned()),
        ("tenant".to_owned(), "kept".to_owned()),
    ]);
    bench.work.job("transcode").create().hand_over(&mut row);
    let mut keys: Vec<_> = row.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["job-created", "tenant"]);
}

#[test]
fn a_context_is_carried_with_its_state() {
    let mut row = Row::new();
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [("traceparent", traceparent), ("tracestate", "vendor=opaque")];
    let parent = Parent::from_headers(|name| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value));
    parent.inject(&mut row);
    assert_eq!(row, headers.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    assert_eq!(Parent::extract(&row).traceparent().as_deref(), Some(traceparent));
    Parent::default().inject(&mut row);
    assert!(row.is_empty());
    assert_eq!(Parent::extract(&row).traceparent(), None);
}

#[test]
fn a_job_waits_in_a_queue_of_its_process_until_it_is_attempted_cancelled_or_handed_over() {
    let bench = Bench::new();
    let queue = bench.work.queue("transcode");
    let waiting = || bench.total(queue::SIZE.name());
    let create = || bench.work.job("transcode").queue(&queue).create();
    let job = create();
    assert_eq!(waiting(), 1.0);
    let attempt = job.attempt();
    assert_eq!(waiting(), 0.0);
    attempt.success();
    let cancelled = create();
    cancelled.cancel();
    assert_eq!(waiting(), 0.0);
    let dropped = create();
    let handed_over = create();
    assert_eq!(waiting(), 2.0);
    drop(dropped);
    handed_over.hand_over(&mut Row::new());
    assert_eq!(waiting(), 0.0);
}
