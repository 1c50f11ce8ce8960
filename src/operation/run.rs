//! A future that runs as an operation.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{AsError, Guard, Measured};

pin_project! {
    /// A future that runs as an operation, inside its span. Made by `run`.
    #[must_use = "futures do nothing unless polled; this one is recorded as cancelled"]
    #[derive(Debug)]
    pub struct Run<M: Measured, F, Kind> {
        // Before the guard: what the future holds ends before the operation does.
        #[pin]
        future: Option<F>,
        guard: Guard<M>,
        kind: PhantomData<fn() -> Kind>,
    }

    impl<M: Measured, F, Kind> PinnedDrop for Run<M, F, Kind> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let span = this.guard.span().clone();
            span.in_scope(|| this.future.set(None));
        }
    }
}

impl<M: Measured, F, Kind> Run<M, F, Kind> {
    pub(super) fn new(guard: Guard<M>, future: F) -> Self {
        Self { future: Some(future), guard, kind: PhantomData }
    }
}

impl<M, F, T, E, Kind> Future for Run<M, F, Kind>
where
    M: Measured,
    F: Future<Output = Result<T, E>>,
    E: AsError<Kind>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let span = this.guard.span().clone();
        let result = {
            let bomb = PanicBomb { guard: this.guard, panicking: std::thread::panicking() };
            let polled = span.in_scope(|| match this.future.as_mut().as_pin_mut() {
                Some(future) => future.poll(cx),
                // Polled after its end, which nobody may do: there is nothing to wake for.
                None => Poll::Pending,
            });
            std::mem::forget(bomb);
            ready!(polled)
        };
        span.in_scope(|| this.future.set(None));
        this.guard.end_by(&result);
        Poll::Ready(result)
    }
}

/// Ends the operation where a panic passes through a poll: by the time the future is dropped, an
/// executor has caught the panic, and it would look cancelled.
struct PanicBomb<'a, M: Measured> {
    guard: &'a mut Guard<M>,
    /// Whether a panic was under way already, of which the future is no part.
    panicking: bool,
}

impl<M: Measured> Drop for PanicBomb<'_, M> {
    fn drop(&mut self) {
        if !self.panicking {
            self.guard.abandon(true);
        }
    }
}
