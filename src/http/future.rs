//! The future of a response.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::ResponseBody;
use super::exchange::Exchange;
use crate::operation::AsError;

pin_project! {
    /// The future of a response that is measured.
    #[must_use = "futures do nothing unless polled; this one is recorded as cancelled"]
    pub struct ResponseFuture<F, Kind> {
        // Before the exchange: what the future holds ends before the exchange does.
        #[pin]
        future: F,
        exchange: Option<Exchange>,
        kind: PhantomData<fn() -> Kind>,
    }
}

impl<F, Kind> ResponseFuture<F, Kind> {
    pub(super) fn new(future: F, exchange: Option<Exchange>) -> Self {
        Self { future, exchange, kind: PhantomData }
    }
}

impl<F, Kind> fmt::Debug for ResponseFuture<F, Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<F, B, E, Kind> Future for ResponseFuture<F, Kind>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: AsError<Kind>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = match this.exchange {
            Some(exchange) => ready!(exchange.watch(|| this.future.poll(cx))),
            None => ready!(this.future.poll(cx)),
        };
        let exchange = this.exchange.take();
        Poll::Ready(match (result, exchange) {
            (Ok(response), Some(mut exchange)) => {
                let over = exchange.head(&response);
                Ok(response.map(|body| ResponseBody::new(body, (!over).then_some(exchange))))
            }
            (Err(error), Some(mut exchange)) => {
                exchange.error(error.as_error());
                Err(error)
            }
            (result, None) => result.map(|response| response.map(|body| ResponseBody::new(body, None))),
        })
    }
}
