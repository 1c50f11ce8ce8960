//! Which trace an event belongs to.

use opentelemetry::{
    Context as OtelContext,
    trace::{SpanContext, TraceContextExt as _},
};
use std::sync::OnceLock;
use tracing::{Dispatch, Event, Subscriber, dispatcher::WeakDispatch, span::Id};
use tracing_subscriber::{layer::Context, registry::LookupSpan};

/// The subscriber that a layer belongs to.
///
/// While an event is on its way the thread's default subscriber is not to be had, so the layer keeps its own.
#[derive(Debug, Default)]
pub(super) struct Home(OnceLock<WeakDispatch>);

impl Home {
    pub(super) fn set(&self, dispatch: &Dispatch) {
        // A layer belongs to one subscriber: a second call would name the same.
        let _ = self.0.set(dispatch.downgrade());
    }

    fn with<T>(&self, f: impl FnOnce(&Dispatch) -> Option<T>) -> Option<T> {
        match self.0.get() {
            Some(dispatch) => f(&dispatch.upgrade()?),
            None => {
                let mut f = Some(f);
                tracing::dispatcher::get_default(|dispatch| f.take().and_then(|f| f(dispatch)))
            }
        }
    }

    /// The trace of `event`: that of its explicit parent, or of the span that the thread is in.
    ///
    /// tracing-opentelemetry makes a span's context the thread's current one while the span is entered, which
    /// holds for spans that a filter hides from this layer too. A parent that was never entered is started by
    /// the question, after which it can no longer be given another parent.
    pub(super) fn trace<S>(&self, event: &Event<'_>, ctx: &Context<'_, S>) -> Option<SpanContext>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if event.is_root() {
            return None;
        }
        match event.parent() {
            Some(parent) => self.of_span::<S>(parent),
            None => of_thread().or_else(|| {
                // The layer that makes spans may have been told not to touch the thread's context.
                ctx.lookup_current().and_then(|span| self.of_span::<S>(&span.id()))
            }),
        }
    }

    fn of_span<S>(&self, id: &Id) -> Option<SpanContext>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.with(|dispatch| {
            // tracing-opentelemetry panics on a span that is gone.
            dispatch.downcast_ref::<S>()?.span(id)?;
            valid(&tracing_opentelemetry::get_otel_context(id, dispatch)?)
        })
    }
}

fn of_thread() -> Option<SpanContext> {
    OtelContext::map_current(valid)
}

fn valid(context: &OtelContext) -> Option<SpanContext> {
    let span = context.span();
    let context = span.span_context();
    context.is_valid().then(|| context.clone())
}
