//! `run` and the guard: success, failure, panic, cancellation, and what killed it, each time with a
//! measurement and a span that say the same and nothing left in flight.

use std::future;
use std::io;

use telecine::catalog::transcode;
use telecine::opentelemetry::trace::Status;
use telecine::operation::{Classified, ErrorType, Guard};
use tracing::instrument::WithSubscriber as _;

use crate::support::Bench;

/// What the measurement and the span say.
#[track_caller]
fn assert_ended(bench: &Bench, outcome: &str, error_type: &str) {
    let measured = bench.one(transcode::DURATION.name());
    assert_eq!(measured.count(), 1);
    assert_eq!((measured.label("media.outcome"), measured.label("error.type")), (outcome, error_type));
    assert_eq!(bench.total(transcode::ACTIVE.name()), 0.0, "something is left in flight");

    let spans = bench.spans();
    assert_eq!(spans.len(), 1, "{spans:?}");
    let said = |key: &str| {
        let attribute = spans[0].attributes.iter().find(|attribute| attribute.key.as_str() == key);
        attribute.map(|attribute| attribute.value.to_string()).unwrap_or_default()
    };
    assert_eq!((said("media.outcome").as_str(), said("error.type").as_str()), (outcome, error_type));
    let is_error = matches!(spans[0].status, Status::Error { .. });
    assert_eq!(is_error, !matches!(outcome, "success" | "cancelled"), "{:?}", spans[0].status);
}

fn start(bench: &Bench) -> Guard<transcode_active::Active> {
    bench.media.transcode("720p").codec("h264").start()
}

use telecine::media::transcode as transcode_active;

async fn run<T, E, Kind>(bench: &Bench, future: impl Future<Output = Result<T, E>>) -> Result<T, E>
where
    E: telecine::operation::AsError<Kind>,
{
    let dispatch = bench.dispatch();
    async { bench.media.transcode("720p").codec("h264").run(future).await }.with_subscriber(dispatch).await
}

#[tokio::test]
async fn ok_is_success() {
    let bench = Bench::new();
    assert_eq!(run(&bench, async { Ok::<_, io::Error>(42) }).await.unwrap(), 42);
    assert_ended(&bench, "success", "");
}

#[tokio::test]
async fn err_is_failure_of_a_type_that_its_chain_tells() {
    for (error, outcome, error_type) in [
        (anyhow::anyhow!("who knows"), "failure", "_OTHER"),
        (anyhow::Error::new(io::Error::from(io::ErrorKind::StorageFull)).context("writing"), "failure", "disk_full"),
        (Classified::new(ErrorType::CodecUnsupported, "prores").into(), "failure", "codec_unsupported"),
        (io::Error::other(Classified::new(ErrorType::Throttled, "slow down")).into(), "failure", "throttled"),
        (io::Error::from(io::ErrorKind::TimedOut).into(), "timeout", "timeout"),
        (Classified::new(ErrorType::Killed, "signal 9").into(), "killed", "killed"),
    ] {
        let bench = Bench::new();
        assert!(run(&bench, async { Err::<(), _>(error) }).await.is_err());
        assert_ended(&bench, outcome, error_type);
    }
}

#[tokio::test]
async fn every_usual_error_type_can_be_returned() {
    let bench = Bench::new();
    let boxed: Box<dyn std::error::Error + Send + Sync> = "text".into();
    run(&bench, async { Err::<(), _>(boxed) }).await.unwrap_err();
    let local: Box<dyn std::error::Error> = "text".into();
    run(&bench, async { Err::<(), _>(local) }).await.unwrap_err();
    run(&bench, async { Err::<(), _>(io::Error::other("text")) }).await.unwrap_err();
    assert_eq!(bench.one(transcode::DURATION.name()).count(), 3);
}

#[tokio::test]
async fn a_timeout_of_tokio_is_a_timeout() {
    let bench = Bench::new();
    tokio::time::pause();
    let never = async {
        tokio::time::timeout(std::time::Duration::from_secs(1), future::pending::<()>()).await?;
        Ok::<_, anyhow::Error>(())
    };
    run(&bench, never).await.unwrap_err();
    assert_ended(&bench, "timeout", "timeout");
}

#[tokio::test]
async fn an_early_return_by_question_mark_is_failure() {
    let bench = Bench::new();
    let early = async {
        std::fs::read("does/not/exist")?;
        Ok::<_, io::Error>(())
    };
    run(&bench, early).await.unwrap_err();
    // What was not found may be anything: who knows says so by `Classified`.
    assert_ended(&bench, "failure", "_OTHER");
}

#[tokio::test]
async fn a_panic_is_failure() {
    let bench = Bench::new();
    let dispatch = bench.dispatch();
    let media = bench.media.clone();
    let task = async move {
        let work = async {
            tokio::task::yield_now().await;
            if true {
                panic!("boom");
            }
            Ok::<_, io::Error>(())
        };
        media.transcode("720p").codec("h264").run(work).await
    };
    assert!(tokio::spawn(task.with_subscriber(dispatch)).await.unwrap_err().is_panic());
    assert_ended(&bench, "failure", "panic");
}

#[tokio::test]
async fn a_dropped_future_is_cancelled() {
    let bench = Bench::new();
    let dispatch = bench.dispatch();
    let (started, wait) = tokio::sync::oneshot::channel();
    let media = bench.media.clone();
    let task = async move {
        let work = async {
            started.send(()).unwrap();
            future::pending::<Result<(), io::Error>>().await
        };
        media.transcode("720p").codec("h264").run(work).await
    };
    let task = tokio::spawn(task.with_subscriber(dispatch));
    wait.await.unwrap();
    assert_eq!(bench.total(transcode::ACTIVE.name()), 1.0);
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_ended(&bench, "cancelled", "");
}

#[test]
fn a_future_that_is_never_polled_is_cancelled() {
    let bench = Bench::new();
    tracing::dispatcher::with_default(&bench.dispatch(), || {
        drop(bench.media.transcode("720p").codec("h264").run(async { Ok::<_, io::Error>(()) }));
    });
    assert_ended(&bench, "cancelled", "");
}

#[test]
fn a_dropped_guard_is_cancelled_and_one_that_a_panic_drops_has_failed() {
    let bench = Bench::new();
    tracing::dispatcher::with_default(&bench.dispatch(), || drop(start(&bench)));
    assert_ended(&bench, "cancelled", "");

    let bench = Bench::new();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        tracing::dispatcher::with_default(&bench.dispatch(), || {
            let _guard = start(&bench);
            panic!("boom");
        })
    }));
    assert!(panicked.is_err());
    assert_ended(&bench, "failure", "panic");
}

#[test]
fn a_guard_ends_as_it_is_told() {
    type Finish = fn(Guard<transcode_active::Active>);
    let ends: [(Finish, &str, &str); 5] = [
        (|guard| guard.success(), "success", ""),
        (|guard| guard.cancel(), "cancelled", ""),
        (|guard| guard.failure(ErrorType::Killed), "killed", "killed"),
        (|guard| guard.error(&io::Error::from(io::ErrorKind::PermissionDenied)), "failure", "permission"),
        (|guard| drop(guard.finish(Err::<(), _>(io::Error::from(io::ErrorKind::NetworkDown)))), "failure", "network"),
    ];
    for (finish, outcome, error_type) in ends {
        let bench = Bench::new();
        tracing::dispatcher::with_default(&bench.dispatch(), || finish(start(&bench)));
        assert_ended(&bench, outcome, error_type);
    }
}

#[tokio::test]
async fn what_a_future_holds_ends_before_the_operation_does() {
    let bench = Bench::new();
    let dispatch = bench.dispatch();
    let media = bench.media.clone();
    let inner = media.clone();
    let work = async move {
        let _upload = inner.upload(telecine::media::FileType::Video).store("s3").start();
        future::pending::<Result<(), io::Error>>().await
    };
    let run = tracing::dispatcher::with_default(&dispatch, || media.transcode("720p").run(work));
    let mut run = Box::pin(run.with_subscriber(dispatch));
    assert!(futures_util::poll!(run.as_mut()).is_pending());
    drop(run);
    let names: Vec<_> = bench.spans().iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, ["upload", "transcode"]);
    assert_eq!(bench.spans()[0].parent_span_id, bench.spans()[1].span_context.span_id());
}
