//! The endpoint that Prometheus scrapes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, MeterProviderBuilder, Pipeline, Temporality};

use super::super::error::Error;
use super::super::settings::{Exit, Settings};
use crate::catalog::Catalog;
use crate::exemplar::Exemplars;
use crate::pull::{self, Endpoint, Exporter, Options, Readiness, Server};

/// Who may scrape, and how.
#[derive(Debug)]
pub(in crate::telemetry) struct Access {
    /// Whether it listens itself; else the program serves the router.
    pub(in crate::telemetry) listen: bool,
    pub(in crate::telemetry) bearer_token: Option<String>,
    pub(in crate::telemetry) readiness: Readiness,
}

impl Default for Access {
    fn default() -> Self {
        Self { listen: true, bearer_token: None, readiness: Readiness::default() }
    }
}

/// What collects, to be given to the meter provider.
pub(in crate::telemetry) struct Reader(Option<pull::Reader>);

/// A reader that outlives the provider's shutdown: the endpoint answers until everything else is done, and
/// shows what was lost on the way.
#[derive(Debug)]
struct Lasting(pull::Reader);

impl MetricReader for Lasting {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Pull {
    endpoint: Option<Endpoint>,
    address: Option<SocketAddr>,
    server: Arc<Mutex<Option<Server>>>,
}

impl Reader {
    pub(in crate::telemetry) fn add_to(self, builder: MeterProviderBuilder) -> MeterProviderBuilder {
        match self.0 {
            Some(reader) => builder.with_reader(Lasting(reader)),
            None => builder,
        }
    }
}

impl Pull {
    pub(super) fn start(
        settings: &Settings,
        exemplars: &Exemplars,
        catalog: &Catalog,
        resource: &Resource,
        access: Access,
    ) -> Result<(Self, Reader), Error> {
        if settings.disabled || !settings.metrics.contains(&Exit::Prometheus) {
            return Ok((Self { endpoint: None, address: None, server: Arc::default() }, Reader(None)));
        }
        let reader = pull::Reader::new();
        let exporter = Exporter::new(reader.clone(), exemplars.clone(), Options::default());
        let mut endpoint = Endpoint::new(exporter, resource).catalog(catalog.to_json()).readiness(access.readiness);
        if let Some(token) = access.bearer_token {
            endpoint = endpoint.token(token);
        }
        let server = match access.listen {
            true => Some(pull::serve(&endpoint, &settings.prometheus.host, settings.prometheus.port)?),
            false => None,
        };
        let pull = Self {
            endpoint: Some(endpoint),
            address: server.as_ref().map(Server::address),
            server: Arc::new(Mutex::new(server)),
        };
        Ok((pull, Reader(Some(reader))))
    }

    pub(super) fn place(&self) -> String {
        match self.address() {
            Some(address) => format!("http://{address}/metrics"),
            None => "served by the program".to_owned(),
        }
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    pub(super) fn endpoint(&self) -> Option<&Endpoint> {
        self.endpoint.as_ref()
    }

    pub(super) fn stop(&self, deadline: Duration) -> Option<String> {
        self.server
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?
            .stop(deadline)
            .err()
            .map(|error| error.to_string())
    }
}
