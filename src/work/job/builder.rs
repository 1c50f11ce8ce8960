//! A job that is about to be accepted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::{Attempt, Job, Shared, State};
use crate::catalog::attribute;
use crate::operation::{AsError, Guard, Parent, Run};
use crate::work::Work;
use crate::work::queue::Queue;
use crate::work::row::{Carried, Since};

/// A job that is about to be accepted.
#[must_use = "a job is counted when it is created"]
#[derive(Debug)]
pub struct JobBuilder {
    work: Work,
    job_type: String,
    id: Option<String>,
    max_attempts: u32,
    parent: Option<Parent>,
    queue: Option<Queue>,
    /// What is known of a job that was created, and counted, elsewhere.
    carried: Option<Carried>,
}

impl JobBuilder {
    pub(in crate::work) fn new(work: &Work, job_type: &str) -> Self {
        Self {
            work: work.clone(),
            job_type: job_type.to_owned(),
            id: None,
            max_attempts: 1,
            parent: None,
            queue: None,
            carried: None,
        }
    }

    /// The job's id. It goes on spans and, through them, on log lines; never on a metric.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// How often the job is attempted before it has failed: at least, and by default, once.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// The trace context of whoever asked for the job; by default that of the current span.
    pub fn parent(mut self, parent: Parent) -> Self {
        self.parent = Some(parent);
        self
    }

    /// A queue of this process, in which the job waits for its first attempt.
    pub fn queue(mut self, queue: &Queue) -> Self {
        self.queue = Some(queue.clone());
        self
    }

    /// The job was created by another process, which wrote this by [`Job::hand_over`] or [`Job::inject`].
    /// It is not counted as created again; the time that it has waited, the attempts at it and its trace
    /// go on from there.
    ///
    /// What the row does not have, or what cannot be read, is not known: a job whose wait is not known
    /// adds nothing to `media.job.queue.duration`, and one without a trace begins one.
    ///
    /// The row may come from a worker that ended while it ran: see [`Job::attempts`] before a job that ends
    /// every worker is attempted for ever.
    pub fn received(mut self, row: &HashMap<String, String>) -> Self {
        let accepted = self.carried.take().and_then(|known| known.accepted);
        let carried = Carried::read(row);
        self.carried = Some(Carried { accepted: accepted.or(carried.accepted), ..carried });
        self
    }

    /// When another process accepted the job, by the clock of the day. It is not counted as created again.
    pub fn queued_at(mut self, time: SystemTime) -> Self {
        self.carried.get_or_insert_default().accepted = Some(Since::at(time));
        self
    }

    /// How long the job has waited since another process accepted it. It is not counted as created again.
    pub fn waited(mut self, wait: Duration) -> Self {
        self.carried.get_or_insert_default().accepted = Some(Since::ago(wait));
        self
    }

    /// Accepts the job: it is counted as created, unless another process did so, and waits.
    pub fn create(self) -> Job {
        let Self { work, job_type, id, max_attempts, parent, queue, carried } = self;
        let labels = work.shared.instruments.labels().set(&attribute::JOB_TYPE, &job_type);
        let Carried { parent: asked, accepted, started, attempts, first, failed } = match carried {
            Some(carried) => carried,
            None => {
                work.shared.job.created.add(1, &labels);
                Carried { parent: Parent::current(), accepted: Some(Since::now()), ..Carried::default() }
            }
        };
        let waiting = queue.map(|queue| queue.enter());
        let state = State { attempts, started, first, failed, waiting, ..State::default() };
        let parent = parent.unwrap_or(asked);
        let state = Mutex::new(state);
        Job { shared: Arc::new(Shared { work, job_type, id, max_attempts, parent, labels, accepted, state }) }
    }

    /// Accepts the job and starts its only attempt.
    pub fn start(self) -> Guard<Attempt> {
        self.create().attempt()
    }

    /// Accepts the job and runs a future as its only attempt.
    pub fn run<F, T, E, Kind>(self, future: F) -> Run<Attempt, F, Kind>
    where
        F: Future<Output = Result<T, E>>,
        E: AsError<Kind>,
    {
        self.start().run(future)
    }
}
