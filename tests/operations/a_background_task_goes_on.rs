//! A background task runs at its times, whatever becomes of a run: an error, a panic, a hang. All on a clock that
//! is paused, and turned by waiting.

use std::future;
use std::io;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use telecine::catalog::background;
use telecine::operation::{Classified, ErrorType};
use telecine::work::{BackgroundBuilder, BackgroundError, Backoff};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::support::{Bench, Value};

const SECOND: Duration = Duration::from_secs(1);

fn task(bench: &Bench) -> BackgroundBuilder {
    bench.work.background("reconcile").every(10 * SECOND)
}

/// How many runs ended how.
fn runs(bench: &Bench) -> Vec<(String, u64)> {
    let mut runs: Vec<_> = bench
        .series(background::DURATION.name())
        .iter()
        .filter(|series| series.count() > 0)
        .inspect(|series| assert_eq!(series.label("media.task"), "reconcile"))
        .map(|series| (series.label("media.outcome").to_owned(), series.count()))
        .collect();
    runs.sort();
    runs
}

fn errors(bench: &Bench) -> Vec<(String, f64)> {
    let mut errors: Vec<_> = bench
        .series(background::ERRORS.name())
        .iter()
        .map(|series| match series.value {
            Value::Sum(value) => (series.label("error.type").to_owned(), value),
            Value::Histogram { .. } => panic!("{series:?}"),
        })
        .collect();
    errors.sort_by(|one, other| one.0.cmp(&other.0));
    errors
}

fn counted<T>(said: &[(&str, T)]) -> Vec<(String, T)>
where
    T: Copy,
{
    said.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[tokio::test(start_paused = true)]
async fn it_runs_at_its_times_and_says_when_it_last_succeeded() {
    let bench = Bench::new();
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let (ran, mut runs_at) = mpsc::unbounded_channel();
    let start = Instant::now();
    let running = task(&bench)
        .first_after(3 * SECOND)
        .run(move || {
            let ran = ran.clone();
            async move { ran.send(start.elapsed().as_secs()).map_err(io::Error::other) }
        })
        .unwrap();
    assert_eq!(running.name(), "reconcile");
    assert!(bench.series(background::LAST_SUCCESS.name()).is_empty());
    assert_eq!(bench.series(background::DURATION.name()).len(), 3, "published as empty");
    let mut at = Vec::new();
    for _ in 0..3 {
        at.push(runs_at.recv().await.unwrap());
    }
    assert_eq!(at, [3, 13, 23]);
    // The third run has begun: the second one has ended.
    assert!(bench.total(background::LAST_SUCCESS.name()) >= before);
    running.stop().await;
    assert_eq!(runs_at.recv().await, None, "nothing runs any more");
    assert_eq!((runs(&bench), errors(&bench)), (counted(&[("success", 3)]), vec![]));
    assert!(bench.series(background::LAST_SUCCESS.name()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_is_tried_again_and_no_run_is_due_meanwhile() {
    let bench = Bench::new();
    let (ran, mut runs_at) = mpsc::unbounded_channel();
    let (start, mut run) = (Instant::now(), 0);
    let running = task(&bench)
        .retry(Backoff { retries: 2, first: 2 * SECOND, max: 60 * SECOND })
        .run(move || {
            ran.send(start.elapsed()).unwrap();
            run += 1;
            let result = match run {
                // Twice, and then it does not: the next is at its time.
                1 | 2 => Err(anyhow::Error::new(io::Error::from(io::ErrorKind::ConnectionReset))),
                // As often as is allowed.
                4..=6 => Err(Classified::new(ErrorType::Throttled, "slow down").into()),
                _ => Ok(()),
            };
            async move { result }
        })
        .unwrap();
    let mut at = Vec::new();
    for _ in 0..7 {
        at.push(runs_at.recv().await.unwrap().as_secs_f64());
    }
    running.stop().await;
    let between = |at: f64, low: f64, high: f64| assert!((low..=high + 0.01).contains(&at), "{at}");
    between(at[1] - at[0], 1.0, 2.0);
    between(at[2] - at[1], 2.0, 4.0);
    between(at[3], 10.0, 10.0);
    between(at[4] - at[3], 1.0, 2.0);
    between(at[5] - at[4], 2.0, 4.0);
    between(at[6], 20.0, 20.0);
    assert_eq!(runs(&bench), counted(&[("failure", 5), ("success", 2)]));
    assert_eq!(errors(&bench), counted(&[("network", 2.0), ("throttled", 3.0)]));
}

/// Panics when it is dropped.
struct Rude;

impl Drop for Rude {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("boom at the end");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_an_error_and_the_task_goes_on() {
    let bench = Bench::new();
    let (ran, mut runs_at) = mpsc::unbounded_channel();
    let mut run = 0;
    let running = task(&bench)
        .timeout(SECOND)
        .run(move || {
            run += 1;
            ran.send(run).unwrap();
            if run == 1 {
                panic!("boom before it began");
            }
            let run = run;
            async move {
                match run {
                    2 => panic!("boom"),
                    3 => panic::panic_any(42),
                    4 => {
                        let _rude = Rude;
                        tokio::task::yield_now().await;
                    }
                    5 => {
                        let _rude = Rude;
                        future::pending::<()>().await;
                    }
                    _ => {}
                }
                Ok::<_, io::Error>(())
            }
        })
        .unwrap();
    for run in 1..=7 {
        assert_eq!(runs_at.recv().await, Some(run));
    }
    running.stop().await;
    assert_eq!(runs(&bench), counted(&[("failure", 5), ("success", 2)]));
    assert_eq!(errors(&bench), counted(&[("panic", 5.0)]));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_hangs_is_dropped_and_has_run_out_of_time() {
    let bench = Bench::new();
    let (ran, mut runs_at) = mpsc::unbounded_channel();
    let start = Instant::now();
    let running = task(&bench)
        .timeout(25 * SECOND)
        .run(move || {
            ran.send(start.elapsed().as_secs()).unwrap();
            future::pending::<Result<(), io::Error>>()
        })
        .unwrap();
    let at = [runs_at.recv().await.unwrap(), runs_at.recv().await.unwrap(), runs_at.recv().await.unwrap()];
    // Its times at 10 and 20 are skipped, not made up for.
    assert_eq!(at, [0, 30, 60]);
    assert_eq!((runs(&bench), errors(&bench)), (counted(&[("timeout", 2)]), counted(&[("timeout", 2.0)])));
    drop(running);
    assert_eq!(runs_at.recv().await, None);
    assert_eq!(runs(&bench), counted(&[("cancelled", 1), ("timeout", 2)]));
    assert!(bench.series(background::LAST_SUCCESS.name()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_runs_never_overlap_and_those_that_are_missed_are_skipped() {
    let bench = Bench::new();
    let (ran, mut runs_at) = mpsc::unbounded_channel();
    let at_once = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let running = task(&bench)
        .run(move || {
            let (ran, at_once) = (ran.clone(), Arc::clone(&at_once));
            async move {
                assert_eq!(at_once.fetch_add(1, Ordering::SeqCst), 0);
                ran.send(start.elapsed().as_secs()).unwrap();
                tokio::time::sleep(35 * SECOND).await;
                at_once.fetch_sub(1, Ordering::SeqCst);
                Ok::<_, io::Error>(())
            }
        })
        .unwrap();
    let at = [runs_at.recv().await.unwrap(), runs_at.recv().await.unwrap(), runs_at.recv().await.unwrap()];
    assert_eq!(at, [0, 40, 80]);
    running.stop().await;
    assert_eq!(runs(&bench), counted(&[("success", 3)]));
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_run_that_is_under_way_and_one_that_is_given_up_cancels_it() {
    for patient in [true, false] {
        let bench = Bench::new();
        let (started, is_started) = oneshot::channel();
        let mut started = Some(started);
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let running = task(&bench)
            .run(move || {
                let (started, end) = (started.take(), Arc::clone(&end));
                async move {
                    started.map(|started| started.send(()));
                    tokio::time::sleep(60 * SECOND).await;
                    end.store(true, Ordering::SeqCst);
                    Ok::<_, io::Error>(())
                }
            })
            .unwrap();
        is_started.await.unwrap();
        let deadline = if patient { 100 * SECOND } else { 10 * SECOND };
        let stopped = tokio::time::timeout(deadline, running.stop()).await;
        assert_eq!((stopped.is_ok(), ended.load(Ordering::SeqCst)), (patient, patient));
        // An aborted task is dropped when it is its turn.
        while runs(&bench).is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(runs(&bench), counted(&[(if patient { "success" } else { "cancelled" }, 1)]));
        assert_eq!(errors(&bench), []);
    }
}

#[tokio::test(start_paused = true)]
async fn many_tasks_with_jitter_do_not_run_at_the_same_time() {
    let bench = Bench::new();
    let (ran, mut runs_at) = mpsc::unbounded_channel();
    let start = Instant::now();
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let ran = ran.clone();
            let task = task(&bench).jitter(5 * SECOND);
            task.run(move || {
                ran.send(start.elapsed()).unwrap();
                async { Ok::<_, io::Error>(()) }
            })
            .unwrap()
        })
        .collect();
    let mut at = Vec::new();
    for _ in 0..10 {
        at.push(runs_at.recv().await.unwrap());
    }
    assert!(at.iter().all(|at| *at <= 5 * SECOND + SECOND / 100), "{at:?}");
    assert!(at.last() > at.first(), "{at:?}");
    for task in tasks {
        task.stop().await;
    }
}

#[test]
fn each_run_is_a_trace_of_its_own() {
    let bench = Bench::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    tracing::dispatcher::with_default(&bench.dispatch(), || {
        runtime.block_on(async {
            let (ran, mut runs_at) = mpsc::unbounded_channel();
            let span = tracing::info_span!("the program starts");
            let running = span.in_scope(|| {
                task(&bench).run(move || {
                    let ran = ran.clone();
                    async move {
                        tracing::info_span!("inside").in_scope(|| ran.send(()).unwrap());
                        Err::<(), _>(io::Error::from(io::ErrorKind::PermissionDenied))
                    }
                })
            });
            let running = running.unwrap();
            runs_at.recv().await.unwrap();
            runs_at.recv().await.unwrap();
            running.stop().await;
        });
    });
    let spans = bench.spans();
    let runs: Vec<_> = spans.iter().filter(|span| span.name == "background").collect();
    let inside: Vec<_> = spans.iter().filter(|span| span.name == "inside").collect();
    assert_eq!((runs.len(), inside.len()), (2, 2));
    assert_ne!(runs[0].span_context.trace_id(), runs[1].span_context.trace_id());
    for (run, inside) in runs.iter().zip(inside) {
        assert_eq!(run.parent_span_id.to_string(), "0000000000000000");
        assert_eq!(inside.parent_span_id, run.span_context.span_id());
        let said =
            |key: &str| run.attributes.iter().find(|said| said.key.as_str() == key).map(|said| said.value.to_string());
        assert_eq!(said("media.task").as_deref(), Some("reconcile"));
        assert_eq!(said("error.type").as_deref(), Some("permission"));
    }
}

#[test]
fn what_cannot_run_is_refused_by_name() {
    let bench = Bench::new();
    let refused = |builder: BackgroundBuilder| builder.run(|| async { Ok::<_, io::Error>(()) }).unwrap_err();
    let no_runtime = refused(task(&bench));
    assert_eq!(no_runtime, BackgroundError::NoRuntime { task: "reconcile".to_owned() });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _entered = runtime.enter();
    let no_interval = refused(bench.work.background("reconcile"));
    assert_eq!(no_interval, BackgroundError::NoInterval { task: "reconcile".to_owned() });
    assert!(no_interval.to_string().contains("`reconcile`") && no_interval.to_string().contains("`every`"));
}
