//! The trace context of a job: the first attempt continues its producer's trace, a retry is a new trace
//! with a link to the first.

use telecine::catalog::job;
use telecine::operation::{ErrorType, Outcome, Parent};

use crate::support::Bench;

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn the_first_attempt_is_a_child_and_a_retry_a_new_trace_with_a_link() {
    let bench = Bench::new();
    tracing::dispatcher::with_default(&bench.dispatch(), || {
        let job = bench
            .work
            .job("transcode")
            .id("a1b2")
            .max_attempts(2)
            .parent(Parent::from_traceparent(TRACEPARENT))
            .create();
        assert_eq!(job.parent().trace_id().as_deref(), Some("0af7651916cd43dd8448eb211c80319c"));
        job.attempt().failure(ErrorType::Network);
        assert!(!job.is_over());
        job.attempt().success();
        assert_eq!((job.outcome(), job.attempts()), (Some(Outcome::Success), 2));
    });
    let spans = bench.spans();
    let [first, second] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(first.span_context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(first.parent_span_id.to_string(), "b7ad6b7169203331");
    assert_ne!(second.span_context.trace_id(), first.span_context.trace_id());
    assert_eq!(second.parent_span_id.to_string(), "0000000000000000");
    let links: Vec<_> = second.links.iter().map(|link| link.span_context.span_id()).collect();
    assert_eq!(links, [first.span_context.span_id()]);
    let attempt = second.attributes.iter().find(|attribute| attribute.key.as_str() == "media.job.attempt");
    assert_eq!(attempt.map(|attempt| attempt.value.to_string()).as_deref(), Some("2"));
}

#[test]
fn a_traceparent_that_is_not_well_formed_is_none() {
    for traceparent in
        ["", "00", "00-0-0-01", &TRACEPARENT[3..], "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
    {
        assert!(Parent::from_traceparent(traceparent).is_none(), "{traceparent}");
    }
    assert!(!Parent::from_traceparent(TRACEPARENT).is_none());
}

#[test]
fn an_error_that_no_retry_can_mend_ends_the_job_at_once() {
    let bench = Bench::new();
    let job = bench.work.job("transcode").max_attempts(3).create();
    job.attempt().failure(ErrorType::InputInvalid);
    assert_eq!((job.outcome(), job.attempts()), (Some(Outcome::Failure), 1));
    assert_eq!(bench.total(job::RETRIES.name()), 0.0);
    assert_eq!(bench.one(job::DURATION.name()).label("error.type"), "input_invalid");
}

#[test]
fn a_job_fails_when_its_last_attempt_does() {
    let bench = Bench::new();
    let job = bench.work.job("transcode").max_attempts(2).create();
    job.attempt().failure(ErrorType::Network);
    assert!(bench.series(job::DURATION.name()).is_empty());
    job.attempt().failure(ErrorType::Timeout);
    let measured = bench.one(job::DURATION.name());
    assert_eq!((measured.count(), measured.label("media.outcome")), (1, "timeout"));
    drop(job);
    assert_eq!(bench.one(job::DURATION.name()).count(), 1);
}

#[test]
fn a_job_that_is_cancelled_while_it_waits_is_counted_once() {
    let bench = Bench::new();
    let job = bench.work.job("transcode").create();
    job.cancel();
    job.cancel();
    drop(job);
    let measured = bench.one(job::DURATION.name());
    assert_eq!((measured.count(), measured.label("media.outcome")), (1, "cancelled"));
}

#[test]
fn without_a_parent_given_a_job_belongs_to_the_current_span() {
    let bench = Bench::new();
    tracing::dispatcher::with_default(&bench.dispatch(), || {
        let job = tracing::info_span!("POST /jobs").in_scope(|| bench.work.job("transcode").create());
        job.attempt().success();
    });
    let spans = bench.spans();
    assert_eq!(spans[1].parent_span_id, spans[0].span_context.span_id());
}
