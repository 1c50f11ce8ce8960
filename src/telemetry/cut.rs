//! Cuts values of attributes that are longer than the limit: the SDK has none for them.

use std::time::Duration;

use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::logs::cut;

/// An exporter of spans whose values are cut before, on the thread that exports.
#[derive(Debug)]
pub(super) struct Cut<E> {
    pub(super) inner: E,
    /// How many characters of a value are kept. `None` keeps all.
    pub(super) length: Option<usize>,
}

impl<E: SpanExporter> SpanExporter for Cut<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        if let Some(length) = self.length {
            for span in &mut batch {
                let events = span.events.events.iter_mut().flat_map(|event| &mut event.attributes);
                let links = span.links.links.iter_mut().flat_map(|link| &mut link.attributes);
                span.attributes.iter_mut().chain(events).chain(links).for_each(|attribute| limit(attribute, length));
            }
        }
        self.inner.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

fn limit(attribute: &mut KeyValue, length: usize) {
    match &mut attribute.value {
        Value::String(text) => cut(text, length),
        Value::Array(Array::String(texts)) => texts.iter_mut().for_each(|text| cut(text, length)),
        _ => {}
    }
}
