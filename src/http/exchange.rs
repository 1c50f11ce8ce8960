//! One request and its response.

use std::cell::Cell;
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
    /// Where anybody records it: entering one that nobody does costs more than all labels.
    span: Option<Box<Span>>,
    started: Instant,
    /// What is known of the labels so far, the status included.
    key: Key,
    /// Where a router within tells the route.
    slot: Option<Arc<Slot>>,
    /// The path, where the response decides whether it is one of the program's.
    path: Option<Box<Uri>>,
    received: Received,
    sent: u64,
    /// The length that the response's head promised; the greatest where it promised none.
    expected: u64,
    /// Where the request's path lies in memory: a layer within knows the request by it.
    address: usize,
    is_grpc: bool,
    grpc: Option<GrpcStatus>,
    /// Whether the span has the route, or can have none.
    routed: bool,
    /// Whether anyone asked for the body.
    polled: bool,
    open: bool,
}

thread_local! {
    /// The paths' address of the request that is measured at the moment; 0 where there is none.
    static INSIDE: Cell<usize> = const { Cell::new(0) };
}

/// While it is there, a request is being measured on this thread.
struct Inside {
    before: usize,
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
    pub(super) fn new(meter: &Arc<Meter>, span: Option<Box<Span>>, key: Key, received: Received) -> Self {
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
            expected: u64::MAX,
            address: 0,
            is_grpc: false,
            grpc: None,
            routed: key.place() != Name::NONE,
            polled: false,
            open: true,
        }
    }

    /// A layer within is to know by the path's address that the request is measured.
    pub(super) fn known_by(&mut self, path: &Uri) {
        self.address = address(path);
    }

    /// The router within tells the route here.
    pub(super) fn told_by(&mut self, slot: Arc<Slot>) {
        self.slot = Some(slot);
    }

    /// The path is a route's if the response says so.
    pub(super) fn has_path(&mut self, path: Uri) {
        self.path = Some(Box::new(path));
    }

    pub(super) fn is_grpc(&mut self) {
        self.is_grpc = true;
    }

    /// Runs the service, or asks the body, inside the span. A panic ends the exchange.
    #[inline]
    pub(super) fn watch<T>(&mut self, f: impl FnOnce() -> T) -> T {
        let _inside = Inside::of(self.address);
        let bomb = PanicBomb { panicking: std::thread::panicking(), exchange: self };
        let result = span::within(&bomb.exchange.span, f);
        std::mem::forget(bomb);
        result
    }

    /// The response's head is there. Says whether the exchange is over.
    pub(super) fn head<B: Body>(&mut self, response: &Response<B>) -> bool {
        let now = Instant::now();
        let status = response.status();
        let headers = response.headers();
        self.key = self.key.with_status(status.as_u16());
        if self.meter.side == Side::Client {
            self.key = self.key.with_version(Version::from(response.version()));
        }
        self.is_grpc = self.is_grpc && grpc::is_grpc(headers);
        if self.is_grpc {
            self.grpc = GrpcStatus::of(headers);
        }
        self.settle_route();
        self.learn_route(status);
        self.say_route();
        let Self { meter, span, key, .. } = self;
        span::within(span, || meter.head(*key, (now - self.started).as_secs_f64()));
        if let Some(span) = span {
            span::head(span, meter, *key);
        }
        let hint = response.body().size_hint();
        self.expected = hint.exact().or_else(|| content_length(headers)).unwrap_or(u64::MAX);
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
        let message = self.span.as_ref().map(|_| error.to_string());
        self.finish(Cause::Failed(error_type), message.as_deref());
    }

    /// A router within has told the route meanwhile.
    fn settle_route(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.key = self.key.with_place(slot.place());
        }
    }

    /// Whether the path is a route is seen by what it led to: not by an error that any path leads to.
    fn learn_route(&mut self, status: StatusCode) {
        let Some(path) = self.path.take().filter(|_| self.key.place() == Name::NONE) else { return };
        let place = if self.is_grpc {
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
            if let Some(span) = &self.span {
                span::routed(span, &self.meter, self.key);
            }
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
        let end = End::of(self.meter.side, self.key.status(), self.grpc, cause);
        let measured = Measured {
            seconds: (now - self.started).as_secs_f64(),
            request_size: self.received.size(),
            response_size: self.key.status().map(|_| self.sent),
        };
        let Self { meter, span, key, .. } = self;
        span::within(span, || {
            meter.ended(key.with_end(&end), &measured);
            meter.under_way(*key, -1);
        });
        if let Some(span) = span.take() {
            span::end(&span, &end, self.grpc, &measured, message);
        }
    }

    /// What it means that nobody asks any further.
    fn abandoned(&self) -> Cause {
        let has_head = self.key.status().is_some();
        // Whoever wants the status alone leaves the body as it is.
        let is_unwanted = self.meter.side == Side::Client && !self.polled;
        if has_head && (self.sent >= self.expected || is_unwanted) { Cause::Whole } else { Cause::Cancelled }
    }
}

impl Inside {
    #[inline]
    fn of(address: usize) -> Self {
        Self { before: INSIDE.replace(address) }
    }
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        INSIDE.set(self.before);
    }
}

/// Whether the request of this path is being measured on this thread. To put a mark into the request
/// would allocate.
#[inline]
pub(super) fn is_measured(path: &Uri) -> bool {
    INSIDE.get() == address(path)
}

/// Requests share no memory for their paths, unless they share the whole URL; `/` lies in one place.
fn address(path: &Uri) -> usize {
    path.path().as_ptr().addr()
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
