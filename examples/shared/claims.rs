//! The workers' side of the platform: jobs that the API of `examples/http_api` gives out.
//!
//! Each worker takes this file in by `#[path]`, and says what it does and how:
//!
//! ```text
//! let claims = Claims::new("http://127.0.0.1:8000", "encoder-7", &telemetry);
//! claims.serve(&["transcode", "clip"], 2, |claim: Claim| async move { Ok(vec![Output::new("film.mp4", 4096)]) }).await;
//! ```
//!
//! A worker asks for work; nobody calls it.
//!
//! | it says | when | the API answers |
//! |---|---|---|
//! | `POST /worker/claim` | it has room | 200 and a job, or 204 |
//! | `POST /worker/heartbeat` | every few seconds | 204 |
//! | `POST /worker/jobs/{id}/start` | an attempt begins | 204 |
//! | `POST /worker/jobs/{id}/end` | an attempt has ended | 204 |
//! | `POST /worker/leave` | it ends | 204 |
//!
//! A job comes with its `context`, the row that [`JobBuilder::received`](telecine::work::JobBuilder::received)
//! reads: its trace and its course so far. An attempt that failed and may be repeated goes back with a new context,
//! so the next worker's attempt is a trace of its own with a link to the first. So does one that this worker cannot
//! bring to an end because it is told to end itself.

mod link;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use telecine::Telemetry;
use telecine::operation::{ErrorType, Outcome, Parent};
use telecine::work::{Job, Steps, Work};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::Instrument as _;

use link::Link;

/// Where jobs come from. A clone is the same.
#[derive(Clone)]
pub struct Claims {
    shared: Arc<Shared>,
}

struct Shared {
    api: Link,
    worker: String,
    work: Work,
    running: AtomicUsize,
    phase: watch::Sender<Phase>,
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Phase {
    Serve,
    /// No more jobs are claimed.
    Stop,
    /// Those that run go back to the queue.
    GiveBack,
}

/// An attempt at a job, to be made.
pub struct Claim {
    pub id: String,
    pub job_type: String,
    /// What the job is about: a path below the media directory, or what the type of job says.
    pub input: String,
    /// Makes the steps of this attempt.
    pub steps: Steps,
}

/// An object that a job has written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its key in the store: `jobs/7/720p.mp4`.
    pub path: String,
    pub bytes: u64,
}

/// A job as the API gives it out.
#[derive(Deserialize)]
struct Given {
    id: String,
    #[serde(rename = "type")]
    job_type: String,
    input: String,
    max_attempts: u32,
    waited_seconds: f64,
    context: HashMap<String, String>,
}

const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long to wait before asking again: when nothing waited, and when nobody answered.
const IDLE: Duration = Duration::from_millis(500);
const AWAY: Duration = Duration::from_secs(2);
/// How often the API is told of an end: a job whose end is not known is done again.
const TELLS: u32 = 10;

impl Claims {
    /// Jobs from the API at this URL, `http://host:port`, for a worker of this name.
    pub fn new(url: &str, worker: &str, telemetry: &Telemetry) -> Self {
        let shared = Shared {
            api: Link::new(url, telemetry),
            worker: worker.to_owned(),
            work: telemetry.work().clone(),
            running: AtomicUsize::new(0),
            phase: watch::Sender::new(Phase::Serve),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Claims jobs of these types, and runs up to so many at once, until [`stop`](Self::stop): those that run then
    /// are waited for. An error, and a panic, of `run` fails the attempt alone.
    pub async fn serve<F, Fut>(&self, types: &[&str], concurrency: usize, run: F)
    where
        F: Fn(Claim) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = anyhow::Result<Vec<Output>>> + Send + 'static,
    {
        let shared = &self.shared;
        let run = Arc::new(run);
        let mut attempts = JoinSet::new();
        let mut reachable = true;
        let heartbeats = AbortOnDrop(tokio::spawn(Arc::clone(shared).heartbeats(concurrency)));
        while !shared.is(Phase::Stop) {
            while attempts.try_join_next().is_some() {}
            if attempts.len() >= concurrency {
                // An attempt is over when its end is told, not before.
                tokio::select! {
                    _ = attempts.join_next() => {}
                    () = shared.until(Phase::Stop) => {}
                }
                continue;
            }
            let asked = json!({"worker": shared.worker, "types": types});
            let claimed = shared.api.post::<Given>("/worker/claim", None, &asked).await;
            if claimed.is_ok() != reachable {
                reachable = claimed.is_ok();
                match &claimed {
                    Ok(_) => tracing::info!("the API at {} gives out jobs again", shared.api),
                    Err(error) => tracing::warn!(error = error as &dyn std::error::Error, "no jobs can be claimed"),
                }
            }
            match claimed {
                Ok(Some(given)) => {
                    let (shared, run) = (Arc::clone(shared), Arc::clone(&run));
                    shared.running.fetch_add(1, Ordering::Relaxed);
                    attempts.spawn(async move { shared.attempt(given, &*run).await });
                }
                Ok(None) => shared.pause(IDLE).await,
                Err(_) => shared.pause(AWAY).await,
            }
        }
        while attempts.join_next().await.is_some() {}
        drop(heartbeats);
        let _ = shared.api.post::<Value>("/worker/leave", None, &json!({"worker": shared.worker})).await;
    }

    /// Claims no more jobs. [`serve`](Self::serve) comes to its end when those that run have.
    pub fn stop(&self) {
        self.shared.phase.send_if_modified(|phase| enter(phase, Phase::Stop));
    }

    /// Claims no more jobs, and gives those back that run: another worker goes on with them.
    pub fn give_back(&self) {
        self.shared.phase.send_if_modified(|phase| enter(phase, Phase::GiveBack));
    }
}

impl Output {
    pub fn new(path: impl Into<String>, bytes: u64) -> Self {
        Self { path: path.into(), bytes }
    }
}

impl Shared {
    async fn attempt<F, Fut>(&self, given: Given, run: &F)
    where
        F: Fn(Claim) -> Fut,
        Fut: Future<Output = anyhow::Result<Vec<Output>>>,
    {
        let running = Running(self);
        let Given { id, job_type, input, max_attempts, waited_seconds, mut context } = given;
        let waited = Duration::try_from_secs_f64(waited_seconds).unwrap_or_default();
        let job = self.work.job(&job_type).id(&id).max_attempts(max_attempts);
        // By the clock of the API alone, not by two.
        let job = job.waited(waited).received(&context).create();
        let attempt = job.attempt();
        let span = attempt.span().clone();
        let trace_id = Parent::of(&span).trace_id();
        span.in_scope(|| tracing::info!(attempt = attempt.number(), "the job starts"));
        let claim = Claim { id: id.clone(), job_type, input, steps: attempt.steps() };
        job.inject(&mut context);
        // Should this worker vanish, the next attempt is known to be a retry.
        let started = json!({"worker": self.worker, "trace_id": trace_id, "context": context});
        let told = self.api.post::<Value>("/worker/jobs/{id}/start", Some(&id), &started);
        if let Err(error) = told.instrument(span.clone()).await {
            span.in_scope(|| tracing::warn!(error = &error as &dyn std::error::Error, "the API does not know"));
        }

        let mut work = Box::pin(AssertUnwindSafe(attempt.run(run(claim))).catch_unwind());
        let result = tokio::select! {
            result = &mut work => Some(result),
            () = self.until(Phase::GiveBack) => None,
        };
        let is_given_back = result.is_none();
        let mut outputs = Vec::new();
        match result {
            Some(Ok(Ok(written))) => outputs = written,
            Some(Ok(Err(error))) => span.in_scope(|| say_failed(&job, error.as_ref())),
            // A panic is on the span already.
            Some(Err(_)) | None => {}
        }
        let again = !job.is_over();
        let outcome = job.outcome().unwrap_or(if is_given_back { Outcome::Cancelled } else { Outcome::Failure });
        let failed = outcome.is_error().then(|| job.error_type()).flatten();
        if again {
            // Before the attempt that still runs is dropped, which would be the job's end.
            job.hand_over(&mut context);
        }
        drop(work);
        drop(running);
        let ended = json!({
            "worker": self.worker,
            "outcome": outcome.as_str(),
            "error_type": failed.map(ErrorType::as_str),
            "trace_id": trace_id,
            "outputs": outputs,
            "again": again.then_some(context),
        });
        self.tell_end(&id, &ended).instrument(span).await;
    }

    async fn tell_end(&self, id: &str, ended: &Value) {
        for tells in 1.. {
            match self.api.post::<Value>("/worker/jobs/{id}/end", Some(id), ended).await {
                Ok(_) => return,
                Err(error) if tells == TELLS || error.is_final() => {
                    return tracing::error!(error = &error as &dyn std::error::Error, "the job's end is not known");
                }
                Err(_) => sleep(AWAY).await,
            }
        }
    }

    async fn heartbeats(self: Arc<Self>, capacity: usize) {
        loop {
            let running = self.running.load(Ordering::Relaxed);
            let heartbeat = json!({
                "worker": self.worker,
                "state": if running == 0 { "idle" } else { "busy" },
                "running": running,
                "capacity": capacity,
                "load": cpu_load().map_or(json!({}), |load| json!({"cpu": load})),
            });
            if let Err(error) = self.api.post::<Value>("/worker/heartbeat", None, &heartbeat).await {
                tracing::debug!(error = &error as &dyn std::error::Error, "a heartbeat was not heard");
            }
            sleep(HEARTBEAT).await;
        }
    }

    /// Pauses, unless the worker is to end.
    async fn pause(&self, pause: Duration) {
        tokio::select! {
            () = sleep(pause) => {}
            () = self.until(Phase::Stop) => {}
        }
    }

    fn is(&self, phase: Phase) -> bool {
        *self.phase.borrow() >= phase
    }

    async fn until(&self, wanted: Phase) {
        // The sender is ours: it does not go.
        let _ = self.phase.subscribe().wait_for(|phase| *phase >= wanted).await;
    }
}

/// An attempt that counts as running until this is dropped.
struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn enter(phase: &mut Phase, next: Phase) -> bool {
    let enters = *phase < next;
    if enters {
        *phase = next;
    }
    enters
}

fn say_failed(job: &Job, error: &(dyn std::error::Error + Send + Sync + 'static)) {
    let error = error as &(dyn std::error::Error + 'static);
    if job.is_over() {
        tracing::error!(error, attempt = job.attempts(), "the attempt failed");
    } else {
        tracing::warn!(error, attempt = job.attempts(), "the attempt failed; the job goes back to the queue");
    }
}

/// The tasks that want a processor, over the processors that there are; nothing where the system does not say.
fn cpu_load() -> Option<f64> {
    let loads = std::fs::read_to_string("/proc/loadavg").ok()?;
    let tasks: f64 = loads.split_whitespace().next()?.parse().ok()?;
    Some(tasks / std::thread::available_parallelism().ok()?.get() as f64)
}
