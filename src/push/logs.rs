use std::sync::Arc;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{self, LogBatch};

use super::link::Link;
use super::{Error, Kind, carrier};

/// Sends log records. For a `BatchLogProcessor`.
#[derive(Debug)]
pub struct LogExporter {
    encoder: opentelemetry_otlp::LogExporter,
    link: Arc<Link>,
}

impl LogExporter {
    pub(crate) fn new(link: Arc<Link>) -> Result<Self, Error> {
        let encoder = carrier::encoder(opentelemetry_otlp::LogExporter::builder().with_http(), &link)
            .build()
            .map_err(|error| Error::Client { signal: Kind::Logs, reason: error.to_string() })?;
        Ok(Self { encoder, link })
    }
}

impl logs::LogExporter for LogExporter {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let records = batch.iter().count();
        carrier::carry(&self.link, records, self.encoder.export(batch)).await
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.encoder.set_resource(resource);
    }
}
