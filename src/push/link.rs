//! One signal's way to its collector: attempts, deadline, counts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use opentelemetry::Context;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use super::counts::Counts;
use super::outage::Outage;
use super::retry::{self, Verdict};
use super::thread::Thread;
use super::transport::{Accepted, Fault, Message, Transport};
use super::{Error, Kind, Signal};

/// Retries of an export once the program is ending: a collector that is away is not waited for.
const RETRIES_AT_THE_END: u32 = 3;
/// The longest pause that a server is granted once the program is ending.
const PAUSE_AT_THE_END: Duration = Duration::from_secs(1);

/// How long an export lasts that has no timeout: a deadline further away would overflow the clock.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Everything between an encoded request and what became of it.
#[derive(Debug)]
pub(crate) struct Link {
    kind: Kind,
    timeout: Duration,
    transport: Transport,
    thread: Thread,
    counts: Arc<Counts>,
    outage: Arc<Outage>,
    /// Its number among those that share the outage.
    member: usize,
    /// Set by a server that asks for a pause longer than the export which asked could wait.
    not_before: Mutex<Option<Instant>>,
    partial_said: AtomicBool,
}

/// Why an export failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub(crate) struct Failure {
    pub(crate) cause: String,
    /// The server said no, which is another thing than not having been reached.
    pub(crate) refused: bool,
}

/// What became of an export.
pub(crate) type Outcome = Result<Accepted, Failure>;

impl Link {
    pub(crate) fn new(kind: Kind, signal: &Signal, thread: Thread, outage: Arc<Outage>) -> Result<Self, Error> {
        let transport = {
            let _runtime = thread.enter();
            Transport::new(kind, signal)?
        };
        Ok(Self {
            kind,
            timeout: if signal.timeout.is_zero() { LONGEST } else { signal.timeout.min(LONGEST) },
            transport,
            thread,
            counts: Arc::default(),
            member: outage.join(),
            outage,
            not_before: Mutex::default(),
            partial_said: AtomicBool::new(false),
        })
    }

    /// How long an export may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Sends `request`, the encoded message with this many items, and counts what became of it. Returns within the timeout.
    pub(crate) async fn deliver(self: &Arc<Self>, request: Bytes, items: u64) -> OTelSdkResult {
        let started = Instant::now();
        // Compressing is work, so it stays on the caller's thread.
        let outcome = match self.transport.prepare(request) {
            Ok(message) => {
                let link = Arc::clone(self);
                let export = self.thread.spawn(async move { link.export(message, started).await });
                export.await.unwrap_or_else(|_| Err(Failure::lost("the export thread has ended")))
            }
            Err(failure) => Err(failure),
        };
        self.counts.settle(items, started.elapsed(), &outcome);
        match outcome {
            Ok(accepted) => {
                self.outage.succeeded(self.member);
                self.say_partial(&accepted, items);
                Ok(())
            }
            Err(failure) => {
                self.outage.failed(self.member, self.kind, items, &failure.cause);
                Err(OTelSdkError::InternalFailure(failure.cause))
            }
        }
    }

    async fn export(&self, message: Message, started: Instant) -> Outcome {
        let deadline = started + self.timeout;
        let mut last = None;
        let outcome = tokio::select! {
            outcome = self.attempts(&message, deadline, &mut last) => Some(outcome),
            () = self.thread.expired(deadline) => None,
        };
        outcome.unwrap_or_else(|| {
            let after = started.elapsed().as_secs_f64();
            Err(Failure::lost(match last {
                Some(cause) => format!("given up after {after:.1} s: {cause}"),
                None => format!("no answer after {after:.1} s"),
            }))
        })
    }

    async fn attempts(&self, message: &Message, deadline: Instant, last: &mut Option<String>) -> Outcome {
        if let Some(until) = self.pause().filter(|until| *until > Instant::now()) {
            let left = until.saturating_duration_since(Instant::now());
            if until >= self.thread.end_of(deadline) || !self.wait(left).await {
                return Err(Failure::lost("the server has asked for a pause that is not over"));
            }
        }
        let mut retry = 0;
        loop {
            let Fault { verdict, cause } = match self.transport.attempt(message).await {
                Ok(accepted) => return Ok(accepted),
                Err(fault) => fault,
            };
            let delay = match verdict {
                Verdict::Refused => {
                    return Err(Failure { cause, refused: true });
                }
                Verdict::Retry => retry::delay(retry),
                Verdict::RetryAfter(asked) => {
                    self.set_pause(asked);
                    asked.max(retry::delay(retry))
                }
            };
            // A server may ask for more than the clock can say.
            let again = Instant::now().checked_add(delay).filter(|again| *again < self.thread.end_of(deadline));
            if !self.may_retry(retry) || again.is_none() {
                return Err(Failure::lost(cause));
            }
            let paused = self.wait(delay).await;
            if !paused && verdict != Verdict::Retry {
                return Err(Failure::lost(cause));
            }
            *last = Some(cause);
            self.counts.retried();
            retry += 1;
        }
    }

    /// While the program runs, only the deadline ends an export. At its end nobody wants to wait for a collector that is
    /// known to be away.
    fn may_retry(&self, retry: u32) -> bool {
        let limit = match (self.thread.finishing(), self.counts.failing()) {
            (false, _) => return true,
            (true, false) => RETRIES_AT_THE_END,
            (true, true) => 0,
        };
        retry < limit
    }

    /// A pause between attempts. False if there is no time for it: the program's end is near, or comes meanwhile.
    async fn wait(&self, pause: Duration) -> bool {
        if !self.thread.finishing() {
            return self.thread.sleep_until_finishing(pause).await;
        }
        if pause <= PAUSE_AT_THE_END {
            tokio::time::sleep(pause).await;
        }
        pause <= PAUSE_AT_THE_END
    }

    fn pause(&self) -> Option<Instant> {
        *self.not_before.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_pause(&self, asked: Duration) {
        let until = Instant::now().checked_add(asked);
        *self.not_before.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// A server that takes a part does so at each export: said once, counted always.
    fn say_partial(&self, accepted: &Accepted, items: u64) {
        let whole = accepted.rejected == 0 && accepted.message.is_empty();
        if whole || self.partial_said.swap(true, Ordering::Relaxed) {
            return;
        }
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        tracing::warn!(
            target: "telecine::push",
            signal = self.kind.as_str(),
            rejected = accepted.rejected,
            of = items,
            message = accepted.message,
            "the collector rejects a part of what is exported; it is not sent again, and further parts are counted without a line",
        );
    }
}

impl Failure {
    pub(crate) fn lost(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), refused: false }
    }
}
