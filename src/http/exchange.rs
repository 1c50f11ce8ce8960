//! One request and its response.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::Buf;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response, StatusCode, Uri};
use http_body::{Body, Frame};

use super::end::{Cause, End, Side};
use super::grpc::{self, GrpcStatus};
use super::key::Key;
use super::meter::{Measured, Meter};
use super::request::{Method, Version};
use super::server::Slot;
use super::span;
use super::table::Name;
use crate::operation::{ErrorType, Span};

/// One request and its response, measured to the end of the response's body.
///
/// It travels from the service's future into the body. Dropped without an end, it was cancelled, or a panic
/// passed.
#[derive(Debug)]
pub(super) struct Exchange {
    meter: Arc<Meter>,
    span: Span,
    started: Instant,
    /// What is known of the labels so far.
    key: Key,
    /// Where a router within tells the route.
    slot: Option<Arc<Slot>>,
    /// The path, where the response decides whether it is one of the program's.
    path: Option<Uri>,
    received: Received,
    sent: u64,
    /// The length that the response's head promised.
    expected: Option<u64>,
    is_grpc: bool,
    grpc: Option<GrpcStatus>,
    status: Option<u16>,
    /// Whether the span has the route, or can have none.
    routed: bool,
    /// Whether anyone asked for the body.
    polled: bool,
    open: bool,
}

/// What of a request's body has passed.
#[derive(Debug)]
pub(super) enum Received {
    /// All of it is known, or nothing is.
    Size(Option<u64>),
    /// It is counted as it comes.
    Counted(Arc<AtomicU64>),
}

impl Exchange {
    pub(super) fn new(meter: &Arc<Meter>, span: Span, key: Key, received: Received) -> Self {
        meter.under_way(key, 1);
        Self {
            meter: Arc::clone(meter),
            span,
            started: Instant::now(),
            key,
            slot: None,
            path: None,
            received,
            sent: 0,
            expected: None,
            is_grpc: false,
            grpc: None,
            status: None,
            routed: key.place() != Name::NONE,
            polled: false,
            open: true,
        }
    }

    /// The router within tells the route here.
    pub(super) fn told_by(&mut self, slot: Arc<Slot>) {
        self.slot = Some(slot);
    }

    /// The path is a route's if the response says so.
    pub(super) fn has_path(&mut self, path: Uri) {
        self.path = Some(path);
    }

    pub(super) fn is_grpc(&mut self) {
        self.is_grpc = true;
    }

    /// Runs the service, or asks the body, inside the span. A panic ends the exchange.
    #[inline]
    pub(super) fn watch<T>(&mut self, f: impl FnOnce() -> T) -> T {
        let bomb = PanicBomb { panicking: std::thread::panicking(), exchange: self };
        let result = bomb.exchange.span.in_scope(f);
        std::mem::forget(bomb);
        result
    }

    /// The response's head is there. Says whether the exchange is over.
    pub(super) fn head<B: Body>(&mut self, response: &Response<B>) -> bool {
        let now = Instant::now();
        let status = response.status();
        let headers = response.headers();
        self.status = Some(status.as_u16());
        self.key = self.key.with_status(status.as_u16());
        if self.meter.side == Side::Client {
            self.key = self.key.with_version(Version::from(response.version()));
        }
        let is_grpc = grpc::is_grpc(headers);
        if is_grpc {
            self.is_grpc = true;
            self.grpc = GrpcStatus::of(headers);
        }
        self.settle_route();
        self.learn_route(status, is_grpc);
        self.say_route();
        let Self { meter, span, key, .. } = self;
        span.in_scope(|| meter.head(*key, (now - self.started).as_secs_f64()));
        span::head(span, meter, *key);
        let hint = response.body().size_hint();
        self.expected = hint.exact().or_else(|| content_length(headers));
        let over = response.body().is_end_stream() || is_without_body(self.key.method(), status);
        if over {
            self.finish_at(now, Cause::Whole, None);
        }
        over
    }

    /// A part of the response's body has passed.
    #[inline]
    pub(super) fn frame<D: Buf>(&mut self, frame: &Frame<D>) {
        if let Some(data) = frame.data_ref() {
            self.sent += data.remaining() as u64;
        } else if let (true, Some(trailers)) = (self.is_grpc, frame.trailers_ref()) {
            self.grpc = GrpcStatus::of(trailers).or(self.grpc);
        }
    }

    /// Somebody wants the body.
    pub(super) fn polled(&mut self) {
        self.polled = true;
    }

    /// The body came to its end.
    pub(super) fn whole(&mut self) {
        self.finish(Cause::Whole, None);
    }

    /// An error came.
    pub(super) fn error(&mut self, error: &(dyn Error + 'static)) {
        let error_type = self.meter.classifiers.error_type(error);
        let is_recorded = span::is_recorded(&self.span);
        let message = is_recorded.then(|| error.to_string());
        self.finish(Cause::Failed(error_type), message.as_deref());
    }

    /// A router within has told the route meanwhile.
    fn settle_route(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.key = self.key.with_place(slot.place());
        }
    }

    /// Whether the path is a route is seen by what it led to: not by an error that any path leads to.
    fn learn_route(&mut self, status: StatusCode, is_grpc: bool) {
        let Some(path) = self.path.take().filter(|_| self.key.place() == Name::NONE) else { return };
        let place = if is_grpc {
            (self.grpc != Some(GrpcStatus::UNIMPLEMENTED)).then(|| self.meter.place(path.path()))
        } else {
            let is_there = status.is_success()
                || status == StatusCode::NOT_MODIFIED
                || status == StatusCode::INTERNAL_SERVER_ERROR;
            let routes = self.meter.settings().routes.as_ref().filter(|_| is_there);
            routes.map(|routes| self.meter.place(&routes.template(path.path())))
        };
        if let Some(place) = place {
            self.meter.moved(self.key, place);
            self.key = self.key.with_place(place);
        }
    }

    fn say_route(&mut self) {
        if !self.routed && self.key.place() != Name::NONE {
            self.routed = true;
            span::routed(&self.span, &self.meter, self.key);
        }
    }

    fn finish(&mut self, cause: Cause, message: Option<&str>) {
        if self.open {
            self.finish_at(Instant::now(), cause, message);
        }
    }

    fn finish_at(&mut self, now: Instant, cause: Cause, message: Option<&str>) {
        if !std::mem::replace(&mut self.open, false) {
            return;
        }
        self.settle_route();
        self.say_route();
        let end = End::of(self.meter.side, self.status, self.grpc, cause);
        let measured = Measured {
            seconds: (now - self.started).as_secs_f64(),
            request_size: self.received.size(),
            response_size: self.status.map(|_| self.sent),
        };
        let Self { meter, span, key, .. } = self;
        span.in_scope(|| {
            meter.ended(key.with_end(&end), &measured);
            meter.under_way(*key, -1);
        });
        span::end(span, &end, self.grpc, &measured, message);
    }

    /// What it means that nobody asks any further.
    fn abandoned(&self) -> Cause {
        let has_all = self.status.is_some() && self.expected.is_some_and(|expected| self.sent >= expected);
        // Whoever wants the status alone leaves the body as it is.
        let is_unwanted = self.meter.side == Side::Client && self.status.is_some() && !self.polled;
        if has_all || is_unwanted { Cause::Whole } else { Cause::Cancelled }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.open {
            let cause = if std::thread::panicking() { Cause::Failed(ErrorType::Panic) } else { self.abandoned() };
            self.finish(cause, None);
        }
    }
}

/// Ends the exchange where a panic passes: by the time it is dropped, somebody has caught the panic, and it
/// would look cancelled.
struct PanicBomb<'a> {
    /// Whether a panic was under way already, of which the exchange is no part.
    panicking: bool,
    exchange: &'a mut Exchange,
}

impl Drop for PanicBomb<'_> {
    fn drop(&mut self) {
        if !self.panicking {
            self.exchange.finish(Cause::Failed(ErrorType::Panic), None);
        }
    }
}

impl Received {
    fn size(&self) -> Option<u64> {
        match self {
            Self::Size(size) => *size,
            Self::Counted(bytes) => Some(bytes.load(Ordering::Relaxed)),
        }
    }
}

/// The size that a message's head says.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether a response has no body, whatever the service made: nobody will ask for it.
fn is_without_body(method: Method, status: StatusCode) -> bool {
    method == Method::Head
        || (method == Method::Connect && status.is_success())
        || status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED
}
