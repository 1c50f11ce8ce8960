//! A job: accepted once, attempted once or several times.

mod attempt;
mod builder;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use attempt::{Attempt, Steps};
pub use builder::JobBuilder;

use super::Work;
use super::place::{NO_STAGE, Place};
use super::queue::Waiting;
use super::row::{Carried, Since};
use super::worker::Doing;
use crate::catalog::{attribute, job as definitions};
use crate::media::RetryReason;
use crate::operation::{
    self, Counter, End, ErrorType, Guard, Histogram, Instruments, Labels, Outcome, Parent, TimeCounter, UpDownCounter,
};

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    created: Counter,
    duration: Histogram,
    queue_duration: Histogram,
    active: UpDownCounter,
    retries: Counter,
    wasted_time: TimeCounter,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self {
            created: instruments.counter(&definitions::CREATED),
            duration: instruments.histogram(&definitions::DURATION),
            queue_duration: instruments.histogram(&definitions::QUEUE_DURATION),
            active: instruments.up_down_counter(&definitions::ACTIVE),
            retries: instruments.counter(&definitions::RETRIES),
            wasted_time: instruments.time_counter(&definitions::WASTED_TIME),
        }
    }

    pub(super) fn declare(&self, instruments: &Instruments, job_type: &str) {
        let labels = instruments.labels().set(&attribute::JOB_TYPE, job_type);
        self.created.add(0, &labels);
        self.wasted_time.add(0.0, &labels);
        self.queue_duration.publish(&labels);
        for reason in RetryReason::ALL {
            self.retries.publish(&labels.clone().set(&attribute::RETRY_REASON, reason.as_str()));
        }
        for outcome in Outcome::ALL {
            self.duration.publish(&labels.clone().set(&attribute::OUTCOME, outcome.as_str()));
        }
        self.active.add(0, &labels.set(&attribute::STAGE, NO_STAGE));
    }
}

/// A job that was accepted. A clone is the same job.
///
/// It is over when an attempt succeeds, when one fails that is the last or that no retry can mend, when
/// one is cancelled, or when the last clone is dropped, which cancels it.
#[must_use = "a job that is dropped at once is recorded as cancelled"]
#[derive(Clone, Debug)]
pub struct Job {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    work: Work,
    job_type: String,
    id: Option<String>,
    max_attempts: u32,
    parent: Parent,
    labels: Labels,
    /// Nothing where another process accepted it and did not say when.
    accepted: Option<Since>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    attempts: u32,
    started: Option<Since>,
    /// The trace of the first attempt, which retries link to.
    first: Parent,
    /// Why the latest attempt failed.
    failed: Option<ErrorType>,
    outcome: Option<Outcome>,
    /// Its place in a queue of this process, until the first attempt.
    waiting: Option<Waiting>,
    /// Another process goes on with it, and records its end.
    handed_over: bool,
}

impl Job {
    /// Starts the next attempt. The first is a child of whoever asked for the job; a retry is a trace
    /// of its own that is linked to the first.
    ///
    /// [`Worker::attempt`](super::Worker::attempt) does so on behalf of a worker.
    pub fn attempt(&self) -> Guard<Attempt> {
        self.attempt_by(None)
    }

    pub(super) fn attempt_by(&self, worker: Option<Doing>) -> Guard<Attempt> {
        let job = &self.shared;
        let metrics = &job.work.shared.job;
        let mut state = job.state();
        state.attempts = state.attempts.saturating_add(1);
        let number = state.attempts;
        let span = operation::open!(
            root "job",
            "job_id" = job.id,
            "media.job.attempt" = number,
            "media.job.type" = job.job_type,
            "otel.kind" = "consumer",
        );
        if number == 1 {
            job.parent.adopt(&span);
            state.first = Parent::of(&span);
            state.started = Some(Since::now());
            if let Some(accepted) = job.accepted {
                let wait = accepted.elapsed().as_secs_f64();
                span.in_scope(|| metrics.queue_duration.record(wait, &job.labels));
            }
        } else {
            state.first.link(&span);
            state.started.get_or_insert_with(Since::now);
            let reason = state.failed.map_or(RetryReason::Other, RetryReason::from);
            let labels = job.labels.clone().set(&attribute::RETRY_REASON, reason.as_str());
            span.in_scope(|| metrics.retries.add(1, &labels));
        }
        state.waiting = None;
        drop(state);
        let place = Place::new(&metrics.active, &job.labels);
        let attempt = Attempt { job: Arc::clone(job), number, place, worker };
        Guard::new(attempt, span, job.work.shared.instruments.classifiers())
    }

    /// Writes what another process needs to go on with the job into a map, which is stored with the job: its
    /// trace (`traceparent`, `tracestate`), when it was accepted and started, and what became of the attempts
    /// so far (`job-…`). It holds neither the job's type nor its id.
    ///
    /// A worker that stores it again when an attempt has started leaves behind, should it vanish, a job
    /// whose next attempt is known to be a retry.
    pub fn inject(&self, row: &mut HashMap<String, String>) {
        let job = &self.shared;
        let state = job.state();
        Carried {
            parent: job.parent.clone(),
            accepted: job.accepted,
            started: state.started,
            attempts: state.attempts,
            first: state.first.clone(),
            failed: state.failed,
        }
        .write(row);
    }

    /// Leaves the job to another process: [`inject`](Self::inject)s what that one needs for
    /// [`JobBuilder::received`], and records no end here.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use telecine::operation::ErrorType;
    /// # let work = telecine::work::Work::new(
    /// #     &telecine::operation::Instruments::noop(),
    /// #     &telecine::media::Media::new(&telecine::operation::Instruments::noop()),
    /// # );
    ///
    /// // An API takes the job. The row goes into its queue, beside the job's id and type.
    /// let mut row = HashMap::new();
    /// work.job("transcode").id("a1b2").create().hand_over(&mut row);
    ///
    /// // A worker takes the row, and puts the job back where it fails and may be tried again.
    /// let job = work.job("transcode").id("a1b2").max_attempts(3).received(&row).create();
    /// job.attempt().failure(ErrorType::Network);
    /// assert!(!job.is_over());
    /// job.hand_over(&mut row);
    ///
    /// // Another worker makes the second attempt: a trace of its own, with a link to the first one's.
    /// let job = work.job("transcode").id("a1b2").max_attempts(3).received(&row).create();
    /// let attempt = job.attempt();
    /// assert_eq!(attempt.number(), 2);
    /// attempt.success();
    /// ```
    pub fn hand_over(self, row: &mut HashMap<String, String>) {
        self.inject(row);
        let mut state = self.shared.state();
        state.handed_over = true;
        state.waiting = None;
    }

    /// Nobody wants the job any more. An attempt that runs ends by itself.
    pub fn cancel(&self) {
        self.shared.over(Outcome::Cancelled, None);
    }

    /// Whether the job is over.
    pub fn is_over(&self) -> bool {
        self.outcome().is_some()
    }

    /// How the job ended.
    pub fn outcome(&self) -> Option<Outcome> {
        self.shared.state().outcome
    }

    /// Why the latest attempt failed; nothing where it did not.
    pub fn error_type(&self) -> Option<ErrorType> {
        self.shared.state().failed
    }

    /// What sort of job it is.
    pub fn job_type(&self) -> &str {
        &self.shared.job_type
    }

    /// How many attempts were started.
    pub fn attempts(&self) -> u32 {
        self.shared.state().attempts
    }

    /// The trace context of whoever asked for the job.
    pub fn parent(&self) -> &Parent {
        &self.shared.parent
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the job's end, unless it is over already.
    fn over(&self, outcome: Outcome, error_type: Option<ErrorType>) {
        let mut state = self.state();
        if state.outcome.is_some() || state.handed_over {
            return;
        }
        state.outcome = Some(outcome);
        state.waiting = None;
        let duration = state.started.map_or(Duration::ZERO, Since::elapsed);
        drop(state);
        let labels = End { outcome, error_type, duration }
            .label(&self.labels)
            .set_some(&attribute::ERROR_ORIGIN, error_type.map(|error_type| error_type.origin().as_str()));
        self.work.shared.job.duration.record(duration.as_secs_f64(), &labels);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.over(Outcome::Cancelled, None);
    }
}
