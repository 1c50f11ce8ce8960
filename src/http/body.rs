//! Bodies that are measured as they pass.

use std::any::Any;
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::exchange::{Exchange, Received, content_length};

/// An error of any type.
pub type BoxError = Box<dyn Error + Send + Sync>;

pin_project! {
    /// The body of a response, whose end is the end of the exchange.
    ///
    /// It is over when it says so, fails, or is dropped: then whoever waited for it has gone, unless all that
    /// the response's head promised has passed.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        // Before the exchange: what the body holds ends before the exchange does.
        #[pin]
        inner: B,
        exchange: Option<Exchange>,
    }
}

pin_project! {
    /// The body of a request, counted as the service reads it.
    struct Counted<B> {
        #[pin]
        inner: B,
        bytes: Arc<AtomicU64>,
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn new(inner: B, exchange: Option<Exchange>) -> Self {
        Self { inner, exchange }
    }

    /// The body that is measured.
    pub fn get_ref(&self) -> &B {
        &self.inner
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let Some(exchange) = this.exchange else {
            return this.inner.poll_frame(cx).map_err(Into::into);
        };
        exchange.polled();
        let frame = ready!(exchange.watch(|| this.inner.as_mut().poll_frame(cx)));
        let frame = match frame {
            Some(Ok(frame)) => {
                exchange.frame(&frame);
                // Nobody asks any further then.
                if this.inner.is_end_stream() {
                    exchange.whole();
                    *this.exchange = None;
                }
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                let error = error.into();
                exchange.error(&*error);
                *this.exchange = None;
                Some(Err(error))
            }
            None => {
                exchange.whole();
                *this.exchange = None;
                None
            }
        };
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Body> Body for Counted<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(cx));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref) {
            this.bytes.fetch_add(data.remaining() as u64, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Counts a request's body, where its type allows to put a counter into it without becoming another type:
/// axum's. Of another, what is known of its size at the start counts.
pub(super) fn received<B: Body + 'static>(request: &mut Request<B>) -> Received {
    if request.body().is_end_stream() {
        return Received::Size(Some(0));
    }
    if let Some(body) = (request.body_mut() as &mut dyn Any).downcast_mut::<axum::body::Body>() {
        let bytes = Arc::<AtomicU64>::default();
        let inner = std::mem::take(body);
        *body = axum::body::Body::new(Counted { inner, bytes: Arc::clone(&bytes) });
        return Received::Counted(bytes);
    }
    Received::Size(request.body().size_hint().exact().or_else(|| content_length(request.headers())))
}
