//! Trace context that travels with a job.

use std::collections::HashMap;

/// The trace context of whoever asked for a piece of work.
#[derive(Clone, Debug, Default)]
pub struct Parent {
    #[cfg(feature = "telemetry")]
    context: opentelemetry::Context,
}

impl Parent {
    /// Writes the context into a map, as `traceparent` and `tracestate`; what an earlier one left there goes.
    /// The map is stored with a job, or sent with a message:
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use telecine::operation::Parent;
    ///
    /// let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    /// let mut row = HashMap::new();
    /// Parent::from_traceparent(traceparent).inject(&mut row);
    /// # #[cfg(feature = "telemetry")]
    /// assert_eq!(row["traceparent"], traceparent);
    ///
    /// let parent = Parent::extract(&row);
    /// # #[cfg(feature = "telemetry")]
    /// assert_eq!(parent.span_id().as_deref(), Some("b7ad6b7169203331"));
    /// ```
    pub fn inject(&self, carrier: &mut HashMap<String, String>) {
        for key in ["traceparent", "tracestate"] {
            carrier.remove(key);
        }
        self.write(carrier);
    }

    /// The context that a map carries: what [`inject`](Self::inject) wrote. One that is not well formed is
    /// no context.
    pub fn extract(carrier: &HashMap<String, String>) -> Self {
        Self::from_headers(|name| carrier.get(name).map(String::as_str))
    }
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

        /// A context that something else has read.
        #[cfg(feature = "http")]
        pub(crate) fn from_context(context: opentelemetry::Context) -> Self {
            Self { context }
        }

        /// The `traceparent` that says this context, or nothing where there is no trace.
        pub fn traceparent(&self) -> Option<String> {
            let mut headers = HashMap::new();
            self.write(&mut headers);
            headers.remove("traceparent")
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

        pub(super) fn write(&self, carrier: &mut HashMap<String, String>) {
            if !self.is_none() {
                TraceContextPropagator::new().inject_context(&self.context, carrier);
                // What says nothing needs no place.
                carrier.retain(|key, value| key != "tracestate" || !value.is_empty());
            }
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
    use std::collections::HashMap;

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
        pub fn traceparent(&self) -> Option<String> {
            None
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

        pub(super) fn write(&self, _: &mut HashMap<String, String>) {}

        pub(crate) fn adopt(&self, _: &Span) {}

        pub(crate) fn link(&self, _: &Span) {}
    }
}
