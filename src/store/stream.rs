//! Answers that come in pieces.

use super::meter::{Call, Direction, Meter, Operation};
use crate::{media::FileType, operation::ErrorType};
use bytes::Bytes;
use futures_util::{Stream, stream::BoxStream};
use object_store::Result;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// A stream that ends an operation with its own end.
pub(super) struct MeteredStream<T> {
    inner: BoxStream<'static, Result<T>>,
    state: State,
    body: Option<Body<T>>,
    /// The first error that came by.
    error_type: Option<ErrorType>,
}

enum State {
    /// The operation begins with the first poll.
    Waits(Arc<Meter>, Operation),
    Runs(Call),
    Ended,
}

/// What a `get` has beyond other answers: bytes.
struct Body<T> {
    file_type: FileType,
    expected: u64,
    read: u64,
    size: fn(&T) -> u64,
}

impl<T> MeteredStream<T> {
    /// A stream of things that are not counted. Its operation begins with the first poll.
    pub(super) fn answers(
        inner: BoxStream<'static, Result<T>>,
        meter: &Arc<Meter>,
        operation: Operation,
    ) -> MeteredStream<T> {
        let state = State::Waits(Arc::clone(meter), operation);
        MeteredStream { inner, state, body: None, error_type: None }
    }

    fn end(&mut self, to_the_end: bool) {
        let State::Runs(call) = std::mem::replace(&mut self.state, State::Ended) else { return };
        let whole = match &self.body {
            Some(body) => {
                call.meter().moved(Direction::Read, body.file_type, body.read);
                // Whoever knows how much there is need not ask for the end.
                to_the_end || body.read >= body.expected
            }
            None => to_the_end,
        };
        match self.error_type {
            Some(error_type) => call.failure(Some(error_type)),
            None if whole => call.success(),
            None => drop(call),
        }
    }
}

impl MeteredStream<Bytes> {
    /// The body of a `get` that has begun.
    pub(super) fn body(
        inner: BoxStream<'static, Result<Bytes>>,
        call: Call,
        file_type: FileType,
        expected: u64,
    ) -> Self {
        let body = Body { file_type, expected, read: 0, size: |piece: &Bytes| piece.len() as u64 };
        Self { inner, state: State::Runs(call), body: Some(body), error_type: None }
    }
}

impl<T> Stream for MeteredStream<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let State::Waits(meter, operation) = &this.state {
            this.state = State::Runs(meter.call(*operation));
        }
        let item = ready!(this.inner.as_mut().poll_next(cx));
        match &item {
            Some(Ok(piece)) => {
                if let Some(body) = &mut this.body {
                    body.read += (body.size)(piece);
                }
            }
            Some(Err(error)) => {
                if let (State::Runs(call), None) = (&this.state, this.error_type) {
                    this.error_type = call.error_type(error);
                }
            }
            None => this.end(true),
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<T> Drop for MeteredStream<T> {
    fn drop(&mut self) {
        self.end(false);
    }
}
