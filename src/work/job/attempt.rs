//! An attempt at a job, and its steps.

use std::sync::Arc;

use super::Shared;
use crate::media::{Stage, Step};
use crate::operation::{End, ErrorType, Measured, Span};
use crate::work::Work;
use crate::work::place::Place;
use crate::work::worker::Doing;

/// An attempt that runs: what a [`Guard`](crate::operation::Guard) of a job dereferences to.
#[derive(Debug)]
pub struct Attempt {
    pub(super) job: Arc<Shared>,
    pub(super) number: u32,
    pub(super) place: Arc<Place>,
    pub(super) worker: Option<Doing>,
}

/// Makes the steps of an attempt. A clone is the same.
#[derive(Clone, Debug)]
pub struct Steps {
    work: Work,
    place: Arc<Place>,
}

impl Attempt {
    /// The attempt's number, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The job's id.
    pub fn id(&self) -> Option<&str> {
        self.job.id.as_deref()
    }

    /// A step of this attempt, to be run. While it runs, the job is counted as active in this step.
    pub fn stage(&self, stage: Stage) -> Step {
        self.steps().stage(stage)
    }

    /// Makes steps of this attempt, also where the attempt itself is out of reach because it runs.
    pub fn steps(&self) -> Steps {
        Steps { work: self.job.work.clone(), place: Arc::clone(&self.place) }
    }
}

impl Steps {
    /// A step, to be run. While it runs, the job is counted as active in this step.
    pub fn stage(&self, stage: Stage) -> Step {
        self.work.shared.media.stage(stage).holding(self.place.enter(stage))
    }
}

impl Measured for Attempt {
    fn end(&mut self, end: &End, _: &Span) {
        self.place.leave();
        if let Some(worker) = self.worker.take() {
            worker.done(end.outcome);
        }
        if end.outcome.is_error() {
            self.job.work.shared.job.wasted_time.add(end.duration.as_secs_f64(), &self.job.labels);
        }
        let retry = end.error_type.is_some_and(ErrorType::is_retryable) && self.number < self.job.max_attempts;
        self.job.state().failed = end.error_type;
        if !retry {
            self.job.over(end.outcome, end.error_type);
        }
    }
}
