//! The spans that have ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span as SdkSpan, SpanData, SpanProcessor};

/// A span that has ended.
#[derive(Clone, Debug)]
pub struct Span(SpanData);

/// There is no such span, or more than one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} spans are named `{name}`; those that have ended: {}", .ended.join(", "))]
pub struct NoSuchSpan {
    name: String,
    found: usize,
    ended: Vec<String>,
}

/// Keeps spans as they end.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl Span {
    /// The span as the SDK has it: times, links, events, status.
    pub fn data(&self) -> &SpanData {
        &self.0
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The value of an attribute, as text.
    pub fn attribute(&self, key: &str) -> Option<String> {
        let attribute = self.0.attributes.iter().find(|attribute| attribute.key.as_str() == key);
        attribute.map(|attribute| attribute.value.to_string())
    }

    /// Whether it is a child of that one.
    pub fn is_child_of(&self, parent: &Self) -> bool {
        self.0.span_context.trace_id() == parent.0.span_context.trace_id()
            && self.0.parent_span_id == parent.0.span_context.span_id()
    }
}

impl Kept {
    pub(super) fn all(&self) -> Vec<Span> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().map(Span).collect()
    }

    pub(super) fn one(&self, name: &str) -> Result<Span, NoSuchSpan> {
        let all = self.all();
        let mut named = all.iter().filter(|span| span.name() == name);
        match (named.next(), named.next()) {
            (Some(span), None) => Ok(span.clone()),
            _ => Err(NoSuchSpan {
                name: name.to_owned(),
                found: all.iter().filter(|span| span.name() == name).count(),
                ended: all.iter().map(|span| span.name().to_owned()).collect(),
            }),
        }
    }
}

impl SpanProcessor for Kept {
    fn on_start(&self, _: &mut SdkSpan, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
