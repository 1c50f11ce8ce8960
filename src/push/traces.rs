use std::sync::Arc;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{self, SpanData};

use super::link::Link;
use super::{Error, Kind, carrier};

/// Sends spans. For a `BatchSpanProcessor`.
#[derive(Debug)]
pub struct SpanExporter {
    encoder: opentelemetry_otlp::SpanExporter,
    link: Arc<Link>,
}

impl SpanExporter {
    pub(crate) fn new(link: Arc<Link>) -> Result<Self, Error> {
        let encoder = carrier::encoder(opentelemetry_otlp::SpanExporter::builder().with_http(), &link)
            .build()
            .map_err(|error| Error::Client { signal: Kind::Traces, reason: error.to_string() })?;
        Ok(Self { encoder, link })
    }
}

impl trace::SpanExporter for SpanExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        carrier::carry(&self.link, spans, self.encoder.export(batch)).await
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.encoder.set_resource(resource);
    }
}
