//! Trace context that travels with a job.

/// The trace context of whoever asked for a piece of work.
#[derive(Clone, Debug, Default)]
pub struct Parent {
    #[cfg(feature = "telemetry")]
    context: opentelemetry::Context,
}

#[cfg(feature = "telemetry")]
mod on {
    use std::collections::HashMap;

    use opentelemetry::propagation::TextMapPropagator;
    use opentelemetry::trace::{SpanContext, TraceContextExt};
    use opentelemetry_sdk::propagation::TraceContextPropagator;
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    use super::Parent;
    use crate::operation::Span;

    impl Parent {
        /// The context of the current span.
        pub fn current() -> Self {
            Self::of(&Span::current())
        }

        /// The context of a span.
        pub fn of(span: &Span) -> Self {
            Self { context: span.context() }
        }

        /// The context that a [`traceparent`](https://www.w3.org/TR/trace-context/#traceparent-header)
        /// header carries. One that is not well formed is no context, as the specification asks.
        pub fn from_traceparent(traceparent: &str) -> Self {
            Self::from_headers(|name| (name == "traceparent").then_some(traceparent))
        }

        /// The context that headers carry; `header` finds one by its lower-case name.
        pub fn from_headers<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Self {
            let headers: HashMap<String, String> = ["traceparent", "tracestate"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), header(name)?.to_owned())))
                .collect();
            Self {
                context: TraceContextPropagator::new().extract_with_context(&opentelemetry::Context::new(), &headers),
            }
        }

        /// The trace id in lower-case hex, or nothing where there is no trace.
        pub fn trace_id(&self) -> Option<String> {
            self.span_context().map(|context| context.trace_id().to_string())
        }

        /// The span id in lower-case hex, or nothing where there is no trace.
        pub fn span_id(&self) -> Option<String> {
            self.span_context().map(|context| context.span_id().to_string())
        }

        /// The context as OpenTelemetry has it.
        pub fn context(&self) -> &opentelemetry::Context {
            &self.context
        }

        /// Whether there is no context.
        pub fn is_none(&self) -> bool {
            self.span_context().is_none()
        }

        pub(crate) fn span_context(&self) -> Option<SpanContext> {
            let context = self.context.span().span_context().clone();
            context.is_valid().then_some(context)
        }

        /// Makes `span`, which must not have been entered yet, a child of this context.
        pub(crate) fn adopt(&self, span: &Span) {
            if !self.is_none() {
                // Fails only where no OpenTelemetry layer listens, or the span is disabled.
                let _ = span.set_parent(self.context.clone());
            }
        }

        /// Links `span` to this context.
        pub(crate) fn link(&self, span: &Span) {
            if let Some(context) = self.span_context() {
                span.add_link(context);
            }
        }
    }
}

#[cfg(not(feature = "telemetry"))]
mod off {
    use super::Parent;
    use crate::operation::Span;

    impl Parent {
        /// No context.
        pub fn current() -> Self {
            Self::default()
        }

        /// No context.
        pub fn of(_: &Span) -> Self {
            Self::default()
        }

        /// No context.
        pub fn from_traceparent(_: &str) -> Self {
            Self::default()
        }

        /// No context.
        pub fn from_headers<'a>(_: impl Fn(&str) -> Option<&'a str>) -> Self {
            Self::default()
        }

        /// Nothing: there is no trace.
        pub fn trace_id(&self) -> Option<String> {
            None
        }

        /// Nothing: there is no trace.
        pub fn span_id(&self) -> Option<String> {
            None
        }

        /// Always.
        pub fn is_none(&self) -> bool {
            true
        }

        pub(crate) fn adopt(&self, _: &Span) {}

        pub(crate) fn link(&self, _: &Span) {}
    }
}
