//! What the endpoint shows of queues, workers and background tasks, and what is logged.

use std::future;
use std::io;
use std::time::Duration;

use telecine::operation::Outcome;
use telecine::testing::{Bench, assert_metric};
use telecine::work::{Clock, Depth, Heartbeat};
use tokio::sync::mpsc;

/// The lines of these areas that are not zero.
fn shown(bench: &Bench) -> Vec<String> {
    let scrape = bench.scrape().unwrap();
    let ours = ["media_queue", "media_worker"];
    let lines = scrape.lines().filter(|line| ours.iter().any(|ours| line.starts_with(ours)) && !line.ends_with(" 0"));
    // OpenMetrics says of a counter when it began, too.
    lines.filter(|line| !line.contains("_created")).map(str::to_owned).collect()
}

#[test]
fn a_worker_that_is_gone_is_gone_from_the_endpoint() {
    let bench = Bench::new().unwrap();
    let clock = Clock::stopped();
    let work = bench.work().with_clock(clock.clone());
    let queue = work.queue("transcode");
    queue.report(Depth { size: 3, oldest: Some(Duration::from_secs(40)) });
    work.workers().hear("one", &Heartbeat::new().running(1).capacity(2).load("gpu", 1.5));
    work.workers().heartbeat("two");
    work.workers().done("two", Outcome::Success);
    clock.advance(Duration::from_secs(15));
    let mut lines = shown(&bench);
    lines.sort();
    assert_eq!(
        lines,
        [
            "media_queue_oldest_age_seconds{media_queue_name=\"transcode\"} 40",
            "media_queue_size{media_queue_name=\"transcode\"} 3",
            "media_worker_active{media_worker_state=\"busy\"} 1",
            "media_worker_active{media_worker_state=\"idle\"} 1",
            "media_worker_capacity 2",
            "media_worker_heartbeat_age_seconds{media_worker_name=\"one\"} 15",
            "media_worker_heartbeat_age_seconds{media_worker_name=\"two\"} 15",
            "media_worker_heartbeats_total 2",
            "media_worker_jobs_total{media_outcome=\"success\",media_worker_name=\"two\"} 1",
            "media_worker_load_ratio{media_worker_resource=\"gpu\"} 1.5",
        ]
    );
    drop(queue);
    clock.advance(Duration::from_secs(3600));
    assert_eq!(shown(&bench), ["media_worker_heartbeats_total 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_is_logged_within_its_trace() {
    let bench = Bench::new().unwrap();
    let (ran, mut runs) = mpsc::unbounded_channel();
    let program = async {
        let mut run = 0;
        let task = bench.work().background("reconcile").every(Duration::from_secs(60)).run(move || {
            run += 1;
            let (ran, run) = (ran.clone(), run);
            async move {
                ran.send(()).unwrap();
                match run {
                    1 => Err::<(), _>(io::Error::from(io::ErrorKind::PermissionDenied)),
                    2 => panic!("boom"),
                    _ => future::pending().await,
                }
            }
        });
        let task = task.unwrap();
        for _ in 0..3 {
            runs.recv().await.unwrap();
        }
        drop(task);
    };
    // What is spawned is the runtime's, and on this one on the same thread.
    let dispatch = bench.dispatch().unwrap();
    let _default = tracing::dispatcher::set_default(&dispatch);
    program.await;
    assert_metric!(bench, "media.background.errors" { "error.type" = "permission", "media.task" = "reconcile" } == 1);
    assert_metric!(bench, "media.background.errors" { "error.type" = "panic" } == 1);
    let lines = bench.log_lines();
    let logged: Vec<_> = lines.iter().filter(|line| line.contains("background task `reconcile` failed")).collect();
    assert_eq!(logged.len(), 2, "{lines:?}");
    for (line, error) in logged.iter().zip(["permission denied", "it panicked: boom"]) {
        assert!(line.contains(error) && line.contains("\"WARN\"") && line.contains("trace_id"), "{line}");
    }
}
