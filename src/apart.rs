//! Letting go of something where it can do no harm.

use opentelemetry::Context;
use opentelemetry::trace::{SpanBuilder, Tracer};
use std::ops::Deref;
use std::thread;

/// Holds something that is dropped on a thread of its own.
///
/// For what a `tracing` layer holds. A dispatcher ends where it was used last, and that may be inside tracing's
/// registry of callsites, which looks at each dispatcher under its lock. SDK providers log when they end; a new
/// event registers its callsite, and the thread would wait for the lock that it holds.
#[derive(Clone, Debug)]
pub(crate) struct Apart<T: Clone + Send + 'static> {
    // Goes first, so that `_last` really is the last.
    held: T,
    _last: Last<T>,
}

#[derive(Clone, Debug)]
struct Last<T: Send + 'static>(Option<T>);

impl<T: Clone + Send + 'static> Apart<T> {
    pub(crate) fn new(held: T) -> Self {
        Self { _last: Last(Some(held.clone())), held }
    }
}

impl<T: Clone + Send + 'static> Deref for Apart<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.held
    }
}

impl<T: Tracer + Clone + Send + 'static> Tracer for Apart<T> {
    type Span = T::Span;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> Self::Span {
        self.held.build_with_context(builder, parent)
    }
}

impl<T: Send + 'static> Drop for Last<T> {
    fn drop(&mut self) {
        let held = self.0.take();
        // Without a thread it ends here, as it would have without this.
        let _ = thread::Builder::new().name("telecine-apart".into()).spawn(move || drop(held));
    }
}
