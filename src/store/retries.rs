//! Which requests are sent again.
//!
//! A client does not tell a connector that a request is a retry. But it retries only what failed in a way that
//! may pass, and soon: so such a failure leaves a mark for its method and address, and the next request with
//! the same method and address takes the mark and is the retry. A retry may be signed anew, or ask for the rest
//! of a body alone; its address stays.

use crate::media::RetryReason;
use http::{Method, Request, StatusCode, header};
use object_store::client::HttpErrorKind;
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A mark is good for this long: four times the longest pause between two attempts that the clients make
/// unless told otherwise.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// More marks than this are not kept: what fails so widely needs no exact count.
const LIMIT: usize = 4096;

/// The failures that may yet be retried.
#[derive(Debug, Default)]
pub(super) struct Failures {
    hasher: RandomState,
    marks: Mutex<Marks>,
}

#[derive(Debug, Default)]
struct Marks {
    by_target: HashMap<u64, Vec<Mark>>,
    count: usize,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    reason: RetryReason,
    until: Instant,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// Of method and address: a hash, so that no object's key is kept.
    hash: u64,
    reads: bool,
    conditional: bool,
}

impl Failures {
    pub(super) fn target<B>(&self, request: &Request<B>) -> Target {
        Target {
            hash: self.hasher.hash_one((request.method(), request.uri())),
            reads: request.method() == Method::GET,
            conditional: request.headers().contains_key(header::IF_MATCH),
        }
    }

    /// A request failed in a way that may pass.
    pub(super) fn mark(&self, target: Target, reason: RetryReason) {
        self.mark_at(target, reason, Instant::now());
    }

    /// A request is sent: why it was sent before, if it was.
    pub(super) fn take(&self, target: Target) -> Option<RetryReason> {
        self.take_at(target, Instant::now())
    }

    fn mark_at(&self, target: Target, reason: RetryReason, now: Instant) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.count >= LIMIT {
            marks.forget_old(now);
        }
        if marks.count >= LIMIT {
            return;
        }
        marks.by_target.entry(target.hash).or_default().push(Mark { reason, until: now + PATIENCE });
        marks.count += 1;
    }

    fn take_at(&self, target: Target, now: Instant) -> Option<RetryReason> {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = marks.by_target.get_mut(&target.hash)?;
        let before = waiting.len();
        waiting.retain(|mark| now < mark.until);
        let taken = if waiting.is_empty() { None } else { Some(waiting.remove(0).reason) };
        let gone = before - waiting.len();
        if waiting.is_empty() {
            marks.by_target.remove(&target.hash);
        }
        marks.count -= gone;
        taken
    }
}

impl Marks {
    fn forget_old(&mut self, now: Instant) {
        self.by_target.retain(|_, waiting| {
            waiting.retain(|mark| now < mark.until);
            !waiting.is_empty()
        });
        self.count = self.by_target.values().map(Vec::len).sum();
    }
}

impl Target {
    /// Why a request with this answer may be sent again. None: it will not be.
    pub(super) fn after_status(self, status: StatusCode) -> Option<RetryReason> {
        match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Some(RetryReason::Throttled),
            StatusCode::REQUEST_TIMEOUT => Some(RetryReason::Timeout),
            // Two conditional writes at once.
            StatusCode::CONFLICT if self.conditional => Some(RetryReason::Other),
            status if status.is_server_error() => Some(RetryReason::Server),
            _ => None,
        }
    }

    /// Whether the client may ask for the rest of a body that broke off.
    pub(super) fn resumes(self) -> bool {
        self.reads
    }
}

/// Why a request without an answer may be sent again.
pub(super) fn after_error(kind: HttpErrorKind) -> Option<RetryReason> {
    match kind {
        HttpErrorKind::Connect | HttpErrorKind::Request | HttpErrorKind::Interrupted => Some(RetryReason::Network),
        HttpErrorKind::Timeout => Some(RetryReason::Timeout),
        _ => None,
    }
}

/// Why the rest of a body may be asked for: whatever broke it.
pub(super) fn after_broken_body(kind: HttpErrorKind) -> RetryReason {
    after_error(kind).unwrap_or(RetryReason::Network)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, uri: &str) -> Request<()> {
        Request::builder().method(method).uri(uri).body(()).unwrap()
    }

    #[test]
    fn a_mark_is_taken_once_by_the_same_method_and_address() {
        let failures = Failures::default();
        let part = failures.target(&request(Method::PUT, "http://s3/b/k?partNumber=1&uploadId=u"));
        failures.mark(part, RetryReason::Throttled);
        for other in [
            request(Method::GET, "http://s3/b/k?partNumber=1&uploadId=u"),
            request(Method::PUT, "http://s3/b/k?partNumber=2&uploadId=u"),
            request(Method::PUT, "http://s3/b/k"),
        ] {
            assert_eq!(failures.take(failures.target(&other)), None);
        }
        assert_eq!(failures.take(part), Some(RetryReason::Throttled));
        assert_eq!(failures.take(part), None);
    }

    #[test]
    fn marks_of_requests_side_by_side_are_kept_apart_in_number() {
        let failures = Failures::default();
        let delete = failures.target(&request(Method::POST, "http://s3/b?delete"));
        failures.mark(delete, RetryReason::Throttled);
        failures.mark(delete, RetryReason::Network);
        assert_eq!(failures.take(delete), Some(RetryReason::Throttled));
        assert_eq!(failures.take(delete), Some(RetryReason::Network));
        assert_eq!(failures.take(delete), None);
    }

    #[test]
    fn an_old_mark_is_no_retry() {
        let failures = Failures::default();
        let get = failures.target(&request(Method::GET, "http://s3/b/k"));
        let then = Instant::now();
        failures.mark_at(get, RetryReason::Server, then);
        assert_eq!(failures.take_at(get, then + PATIENCE), None);
        assert_eq!(failures.marks.lock().unwrap().count, 0);
    }

    #[test]
    fn marks_are_bounded_and_old_ones_make_room() {
        let failures = Failures::default();
        let then = Instant::now();
        let target = |hash| Target { hash, reads: true, conditional: false };
        for n in 0..2 * LIMIT as u64 {
            failures.mark_at(target(n), RetryReason::Server, then);
        }
        assert_eq!(failures.marks.lock().unwrap().count, LIMIT);
        failures.mark_at(target(u64::MAX), RetryReason::Network, then + PATIENCE);
        assert_eq!(failures.marks.lock().unwrap().count, 1);
        assert_eq!(failures.take_at(target(u64::MAX), then + PATIENCE), Some(RetryReason::Network));
    }
}
