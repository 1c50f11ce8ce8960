//! A worker's life: jobs of its own or of the platform's API, until they are over or a signal asks it to end.

use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, stream};
use telecine::operation::Outcome;
use telecine::pull::Readiness;
use telecine::work::Work;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::claims::{Claim, Claims, Output};
use crate::signals::Signals;

/// Where jobs come from.
pub enum Jobs {
    Api(Claims),
    Own(Own),
}

/// Jobs that the program gives itself.
pub struct Own {
    work: Work,
    asked: Vec<Asked>,
    stays: bool,
    phase: watch::Sender<Phase>,
}

/// A job's type, and its input.
pub type Asked = (&'static str, String);

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Phase {
    Serve,
    /// No more jobs are started.
    Stop,
    /// Those that run are cancelled.
    Cancel,
}

/// How long running jobs may go on when the worker is asked to end. A second signal ends them at once.
const GRACE: Duration = Duration::from_secs(10);
/// Of a job of one's own.
const ATTEMPTS: u32 = 2;
/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

impl Jobs {
    /// Runs jobs of these types, so many at once, and says whether all of its own succeeded.
    pub async fn serve<F, Fut>(
        &self,
        types: &[&str],
        concurrency: usize,
        readiness: &Readiness,
        run: F,
    ) -> anyhow::Result<bool>
    where
        F: Fn(Claim) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = anyhow::Result<Vec<Output>>> + Send + 'static,
    {
        let mut signals = Signals::new()?;
        let mut work = pin!(async {
            match self {
                Self::Api(claims) => {
                    claims.serve(types, concurrency, run).await;
                    true
                }
                Self::Own(own) => own.serve(concurrency, run).await,
            }
        });
        tokio::select! {
            all_well = &mut work => return Ok(all_well),
            name = signals.next() => tracing::info!("{name}: running jobs have {GRACE:?} to end; again to end them now"),
        }
        readiness.not_ready("it is about to end");
        match self {
            Self::Api(claims) => claims.stop(),
            Self::Own(own) => own.enter(Phase::Stop),
        }
        tokio::select! {
            all_well = &mut work => return Ok(all_well),
            _ = signals.next() => {}
            () = sleep(GRACE) => {}
        }
        match self {
            Self::Api(claims) => claims.give_back(),
            Self::Own(own) => own.enter(Phase::Cancel),
        }
        Ok(work.await)
    }
}

impl Own {
    /// Jobs to be run; where it `stays`, it waits for a signal when they are over.
    pub fn new(work: &Work, asked: Vec<Asked>, stays: bool) -> Self {
        Self { work: work.clone(), asked, stays, phase: watch::Sender::new(Phase::Serve) }
    }

    async fn serve<F, Fut>(&self, concurrency: usize, run: F) -> bool
    where
        F: Fn(Claim) -> Fut,
        Fut: Future<Output = anyhow::Result<Vec<Output>>>,
    {
        let jobs = stream::iter(&self.asked).map(|asked| self.job(asked, &run)).buffer_unordered(concurrency);
        let all_well = tokio::select! {
            biased;
            // A dropped future cancels its attempt, and ends its programs.
            () = self.until(Phase::Cancel) => return false,
            all_well = jobs.fold(true, |all_well, well| ready(all_well && well)) => all_well,
        };
        if self.stays {
            self.until(Phase::Stop).await;
        }
        all_well || self.stays
    }

    async fn job<F, Fut>(&self, (job_type, input): &Asked, run: &F) -> bool
    where
        F: Fn(Claim) -> Fut,
        Fut: Future<Output = anyhow::Result<Vec<Output>>>,
    {
        if *self.phase.borrow() > Phase::Serve {
            return false;
        }
        let id = uuid::Uuid::new_v4().simple().to_string();
        let job = self.work.job(job_type).id(&id).max_attempts(ATTEMPTS).create();
        while !job.is_over() {
            let attempt = job.attempt();
            let span = attempt.span().clone();
            let (number, steps) = (attempt.number(), attempt.steps());
            let claim = Claim { id: id.clone(), job_type: (*job_type).to_owned(), input: input.clone(), steps };
            span.in_scope(|| tracing::info!(attempt = number, job_type = claim.job_type, input, "the job starts"));
            // A panic ends the attempt alone, and is on its span.
            let result = AssertUnwindSafe(attempt.run(run(claim))).catch_unwind().await;
            if let Ok(Err(error)) = result {
                let error = error.as_ref() as &dyn std::error::Error;
                span.in_scope(|| tracing::error!(error, attempt = number, "the attempt failed"));
            }
            if !job.is_over() {
                sleep(PAUSE).await;
            }
        }
        let outcome = job.outcome();
        let error_type = job.error_type().filter(|_| outcome.is_some_and(Outcome::is_error));
        tracing::info!(
            job_id = id,
            input,
            outcome = outcome.map(Outcome::as_str),
            error_type = error_type.map(|error_type| error_type.as_str()),
            attempts = job.attempts(),
            "the job is over"
        );
        outcome == Some(Outcome::Success)
    }

    fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    async fn until(&self, wanted: Phase) {
        // The sender is ours: it does not go.
        let _ = self.phase.subscribe().wait_for(|phase| *phase >= wanted).await;
    }
}
