//! The bounded queue, the workers that empty it, and the recent jobs.

use std::collections::VecDeque;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use serde::Serialize;
use telecine::operation::{Outcome, Parent};
use telecine::work::{Job, Work};
use tokio::sync::Notify;

use crate::pipeline::{JobType, Output, Pipeline};
use crate::progress::Bars;

const ATTEMPTS: u32 = 2;
/// The pause before the second attempt.
const PAUSE: Duration = Duration::from_secs(1);
/// How many jobs that are over are remembered.
const REMEMBERED: usize = 1000;

pub struct Queue {
    work: Work,
    pipeline: Arc<Pipeline>,
    bars: Bars,
    capacity: usize,
    workers: usize,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Arc<Task>>,
    /// Waiting, running and recent ones, the oldest first.
    known: VecDeque<Arc<Task>>,
    closed: bool,
}

/// A job and what became of it.
pub struct Task {
    id: String,
    job: Job,
    job_type: JobType,
    input: PathBuf,
    accepted: Instant,
    cancel: Notify,
    over: Notify,
    course: Mutex<Course>,
}

#[derive(Clone, Default)]
struct Course {
    trace_id: Option<String>,
    started: Option<Instant>,
    ended: Option<Instant>,
    outputs: Vec<Output>,
}

/// What the API tells of a job.
#[derive(Serialize)]
pub struct Status {
    id: String,
    state: &'static str,
    outcome: Option<&'static str>,
    error_type: Option<&'static str>,
    trace_id: Option<String>,
    outputs: Vec<Output>,
    attempts: u32,
    queue_seconds: Option<f64>,
    duration_seconds: Option<f64>,
}

/// No more jobs are taken for now.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    reason: &'static str,
    pub retry_after: Duration,
}

/// What cancelling a job came to.
pub enum Cancel {
    Done,
    Soon,
    TooLate(Outcome),
}

impl Queue {
    pub fn new(work: &Work, pipeline: Arc<Pipeline>, bars: Bars, capacity: usize, workers: usize) -> Self {
        let (state, arrived) = (Mutex::default(), Notify::new());
        Self { work: work.clone(), pipeline, bars, capacity, workers, state, arrived }
    }

    /// Accepts a job, on behalf of the current span, if there is room.
    pub fn submit(&self, job_type: JobType, input: PathBuf) -> Result<Arc<Task>, Refused> {
        let mut state = self.state();
        if state.closed {
            return Err(Refused { reason: "the worker is about to end", retry_after: Duration::from_secs(5) });
        }
        if state.waiting.len() >= self.capacity {
            return Err(Refused { reason: "the queue is full", retry_after: state.time_of_one(self.workers) });
        }
        let id = uuid::Uuid::new_v4().simple().to_string();
        let job = self.work.job(job_type.as_str()).id(&id).max_attempts(ATTEMPTS).create();
        let task = Arc::new(Task::new(id, job, job_type, input));
        state.waiting.push_back(Arc::clone(&task));
        state.remember(Arc::clone(&task));
        drop(state);
        self.arrived.notify_one();
        Ok(task)
    }

    pub fn find(&self, id: &str) -> Option<Arc<Task>> {
        self.state().known.iter().rfind(|task| task.id == id).cloned()
    }

    /// The recent jobs, the newest first.
    pub fn recent(&self) -> Vec<Status> {
        self.state().known.iter().rev().map(|task| task.status()).collect()
    }

    pub fn cancel(&self, id: &str) -> Option<Cancel> {
        let task = self.find(id)?;
        let waited = {
            let mut state = self.state();
            let place = state.waiting.iter().position(|waiting| Arc::ptr_eq(waiting, &task));
            place.and_then(|place| state.waiting.remove(place)).is_some()
        };
        if waited {
            task.job.cancel();
            task.end(Vec::new());
            return Some(Cancel::Done);
        }
        Some(match task.outcome() {
            None => {
                task.cancel.notify_one();
                Cancel::Soon
            }
            Some(Outcome::Cancelled) => Cancel::Done,
            Some(outcome) => Cancel::TooLate(outcome),
        })
    }

    /// Takes no more jobs, and cancels those that wait.
    pub fn close(&self) {
        let waiting = {
            let mut state = self.state();
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        for task in waiting {
            task.job.cancel();
            task.end(Vec::new());
        }
        self.arrived.notify_waiters();
    }

    /// Cancels the jobs that run.
    pub fn cancel_all(&self) {
        for task in self.state().known.iter().filter(|task| task.outcome().is_none()) {
            task.cancel.notify_one();
        }
    }

    /// One worker: takes jobs until the queue is closed.
    pub async fn work(self: Arc<Self>) {
        loop {
            let arrived = self.arrived.notified();
            let (next, closed) = {
                let mut state = self.state();
                (state.waiting.pop_front(), state.closed)
            };
            match next {
                Some(task) => self.run(&task).await,
                None if closed => return,
                None => arrived.await,
            }
        }
    }

    async fn run(&self, task: &Task) {
        let bar = self.bars.job(&task.name());
        loop {
            let attempt = task.job.attempt();
            let span = attempt.span().clone();
            let steps = attempt.steps();
            task.begin(Parent::of(&span).trace_id());
            span.in_scope(|| tracing::info!(attempt = attempt.number(), "the job starts"));
            // A dropped future cancels the attempt, and ends its ffmpeg. A panic ends the attempt alone.
            let run = self.pipeline.run(&task.id, task.job_type, &task.input, &steps, &bar);
            let work = AssertUnwindSafe(attempt.run(run)).catch_unwind();
            let result = tokio::select! {
                result = work => Some(result),
                () = task.cancel.notified() => None,
            };
            let outputs = match result {
                Some(Ok(Ok(outputs))) => outputs,
                Some(Ok(Err(error))) => {
                    span.in_scope(|| task.failed(error.as_ref()));
                    Vec::new()
                }
                Some(Err(_)) | None => Vec::new(),
            };
            if task.job.is_over() {
                return span.in_scope(|| task.end(outputs));
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = task.cancel.notified() => {
                    task.job.cancel();
                    return span.in_scope(|| task.end(Vec::new()));
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remember(&mut self, task: Arc<Task>) {
        self.known.push_back(task);
        if self.known.len() > REMEMBERED {
            if let Some(oldest) = self.known.iter().position(|task| task.outcome().is_some()) {
                self.known.remove(oldest);
            }
        }
    }

    /// When the next place should be free: as soon as one of the workers is done with one job.
    fn time_of_one(&self, workers: usize) -> Duration {
        let recent: Vec<_> = self.known.iter().rev().filter_map(|task| task.duration()).take(20).collect();
        let seconds = match recent.len() {
            0 => 5.0,
            count => recent.iter().sum::<Duration>().as_secs_f64() / (count * workers) as f64,
        };
        Duration::from_secs_f64(seconds.ceil().clamp(1.0, 60.0))
    }
}

impl Task {
    fn new(id: String, job: Job, job_type: JobType, input: PathBuf) -> Self {
        let (cancel, over, course) = (Notify::new(), Notify::new(), Mutex::default());
        Self { id, job, job_type, input, accepted: Instant::now(), cancel, over, course }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// What people call it: the input's file name.
    pub fn name(&self) -> String {
        self.input.file_name().unwrap_or(self.input.as_os_str()).to_string_lossy().into_owned()
    }

    /// How it ended.
    pub fn outcome(&self) -> Option<Outcome> {
        self.course().ended.and(self.job.outcome())
    }

    fn error_type(&self) -> Option<&'static str> {
        let failed = self.outcome().is_some_and(Outcome::is_error);
        self.job.error_type().filter(|_| failed).map(|error_type| error_type.as_str())
    }

    /// From the first attempt's start to the end; zero where it never started.
    pub fn duration(&self) -> Option<Duration> {
        let Course { started, ended, .. } = *self.course();
        ended.map(|ended| started.map_or(Duration::ZERO, |started| ended - started))
    }

    pub fn bytes(&self) -> u64 {
        self.course().outputs.iter().map(|output| output.bytes).sum()
    }

    pub fn status(&self) -> Status {
        let Course { trace_id, started, ended, outputs } = self.course().clone();
        let seconds = |duration: Duration| duration.as_secs_f64();
        Status {
            id: self.id.clone(),
            state: match (started, ended) {
                (_, Some(_)) => "done",
                (Some(_), None) => "running",
                (None, None) => "queued",
            },
            outcome: self.outcome().map(Outcome::as_str),
            error_type: self.error_type(),
            trace_id: trace_id.or_else(|| self.job.parent().trace_id()),
            outputs,
            attempts: self.job.attempts(),
            queue_seconds: started.or(ended).map(|until| seconds(until - self.accepted)),
            duration_seconds: self.duration().map(seconds),
        }
    }

    /// Waits for the end. For one waiter.
    pub async fn over(&self) {
        self.over.notified().await;
    }

    fn begin(&self, trace_id: Option<String>) {
        let mut course = self.course();
        course.trace_id = trace_id;
        course.started.get_or_insert_with(Instant::now);
    }

    fn failed(&self, error: &(dyn Error + Send + Sync + 'static)) {
        let error = error as &(dyn Error + 'static);
        if self.job.is_over() {
            tracing::error!(error, attempt = self.job.attempts(), "the attempt failed");
        } else {
            tracing::warn!(error, attempt = self.job.attempts(), "the attempt failed; the next one is in {PAUSE:?}");
        }
    }

    fn end(&self, outputs: Vec<Output>) {
        {
            let mut course = self.course();
            course.ended = Some(Instant::now());
            course.outputs = outputs;
        }
        let Some((outcome, duration)) = self.outcome().zip(self.duration()) else { return };
        tracing::info!(
            job_id = self.id,
            input = %self.input.display(),
            outcome = outcome.as_str(),
            error_type = self.error_type(),
            attempts = self.job.attempts(),
            duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            "the job is over"
        );
        self.over.notify_one();
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
