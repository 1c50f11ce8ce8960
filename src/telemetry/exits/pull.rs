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
use super::super::settings::{self, Prometheus, Reader, Settings};
use crate::catalog::{Catalog, attribute, telemetry};
use crate::exemplar::Exemplars;
use crate::operation::{Instruments, Labels, Observed, Observer, Outcome};
use crate::pull::{self, Endpoint, Exporter, LastScrape, Mapper, Options, Readiness, Server};

/// Who may scrape, and how.
#[derive(Debug)]
pub(in crate::telemetry) struct Access {
    /// Whether it listens itself; else the program serves the router.
    pub(in crate::telemetry) listen: bool,
    pub(in crate::telemetry) bearer_token: Option<String>,
    pub(in crate::telemetry) readiness: Readiness,
    #[cfg(feature = "profiling")]
    pub(in crate::telemetry) profiling: Option<crate::system::profiling::Profiling>,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            listen: true,
            bearer_token: None,
            readiness: Readiness::default(),
            #[cfg(feature = "profiling")]
            profiling: None,
        }
    }
}

/// What collects, to be given to the meter provider.
pub(in crate::telemetry) struct Readers(Vec<pull::Reader>);

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

/// The endpoints, in the order of the settings.
#[derive(Clone, Debug)]
pub(super) struct Pull(Arc<[Served]>);

#[derive(Debug)]
struct Served {
    endpoint: Endpoint,
    address: Option<SocketAddr>,
    server: Mutex<Option<Server>>,
}

impl Readers {
    pub(in crate::telemetry) fn add_to(self, builder: MeterProviderBuilder) -> MeterProviderBuilder {
        self.0.into_iter().fold(builder, |builder, reader| builder.with_reader(Lasting(reader)))
    }
}

impl Pull {
    pub(super) fn start(
        settings: &Settings,
        file: Option<&str>,
        exemplars: &Exemplars,
        catalog: &Catalog,
        resource: &Resource,
        mapper: &Mapper,
        access: Access,
    ) -> Result<(Self, Readers), Error> {
        let (mut served, mut readers) = (Vec::new(), Vec::new());
        let asked = settings.metrics.readers.iter().enumerate();
        let asked: Vec<_> = asked.filter_map(|(place, reader)| Some((place, prometheus(reader)?))).collect();
        // What the operator says comes first.
        let token = match asked.is_empty() {
            true => None,
            false => token(&settings.distribution.prometheus)?.or(access.bearer_token),
        };
        for (place, prometheus) in asked {
            let reader = pull::Reader::new();
            let exporter = Exporter::new(reader.clone(), exemplars.clone(), options(prometheus, mapper));
            let mut endpoint =
                Endpoint::new(exporter, resource).catalog(catalog.to_json()).readiness(access.readiness.clone());
            if let Some(token) = &token {
                endpoint = endpoint.token(token.clone());
            }
            #[cfg(feature = "profiling")]
            if let Some(profiling) = &access.profiling {
                endpoint = endpoint.profiling(profiling.clone());
            }
            let server = match access.listen {
                true => {
                    let server = pull::serve(&endpoint, &prometheus.host, prometheus.port);
                    Some(server.map_err(|error| refused(error, file, place))?)
                }
                false => None,
            };
            let address = server.as_ref().map(Server::address);
            served.push(Served { endpoint, address, server: Mutex::new(server) });
            readers.push(reader);
        }
        Ok((Self(served.into()), Readers(readers)))
    }

    /// Serves how the scrapes went; of several endpoints, those of the first.
    pub(super) fn observe(&self, instruments: &Instruments) -> Vec<Observed> {
        let Some(Served { endpoint, .. }) = self.0.first() else { return Vec::new() };
        let last = |definition, values: fn(&LastScrape, &Labels, &mut Observer<'_>)| {
            let (endpoint, labels) = (endpoint.clone(), instruments.labels());
            instruments.observe(definition, move |observer| {
                if let Some(last) = endpoint.stats().last {
                    values(&last, &labels, observer);
                }
            })
        };
        let scrapes = {
            let (endpoint, labels) = (endpoint.clone(), instruments.labels());
            let outcome = |outcome: Outcome| labels.clone().set(&attribute::OUTCOME, outcome.as_str());
            let (success, failure) = (outcome(Outcome::Success), outcome(Outcome::Failure));
            instruments.observe(&telemetry::SCRAPES, move |observer| {
                let stats = endpoint.stats();
                observer.observe(stats.scrapes as f64, &success);
                observer.observe(stats.failures as f64, &failure);
            })
        };
        vec![
            scrapes,
            last(&telemetry::SCRAPE_DURATION, |last, labels, observer| {
                observer.observe(last.duration.as_secs_f64(), labels);
            }),
            last(&telemetry::SCRAPE_SIZE, |last, labels, observer| observer.observe(last.bytes as f64, labels)),
            last(&telemetry::SCRAPE_LEFT_OUT, |last, labels, observer| {
                let kind = |kind| labels.clone().set(&telemetry::LEFT_OUT_KIND, kind);
                observer.observe(last.metrics_left_out as f64, &kind("metric"));
                observer.observe(last.series_left_out as f64, &kind("series"));
            }),
            last(&telemetry::SERIES, |last, labels, observer| {
                for live in last.live.iter() {
                    let labels = labels.clone().set(&telemetry::METRIC, &live.metric);
                    observer.observe(live.series as f64, &labels);
                }
            }),
            last(&telemetry::OVERFLOW, |last, labels, observer| {
                for live in last.live.iter().filter(|live| live.has_overflowed) {
                    observer.observe(1.0, &labels.clone().set(&telemetry::METRIC, &live.metric));
                }
            }),
        ]
    }

    pub(super) fn places(&self) -> Vec<String> {
        let places = self.0.iter().map(|served| match served.address {
            Some(address) => format!("http://{address}/metrics"),
            None => "served by the program".to_owned(),
        });
        places.collect()
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.0.first()?.address
    }

    pub(super) fn endpoint(&self) -> Option<&Endpoint> {
        self.0.first().map(|served| &served.endpoint)
    }

    pub(super) fn stop(&self, deadline: Duration) -> Option<String> {
        let servers = self.0.iter().filter_map(|served| {
            let server = served.server.lock().unwrap_or_else(PoisonError::into_inner).take()?;
            server.stop(deadline).err().map(|error| error.to_string())
        });
        // Each is stopped, whatever became of the others.
        servers.collect::<Vec<_>>().into_iter().next()
    }
}

/// The bearer token that the operator asks for, if there is one.
fn token(said: &settings::Endpoint) -> Result<Option<String>, Error> {
    let settings::Endpoint { mapping: _, bearer_token, bearer_token_file } = said;
    if let Some(path) = bearer_token_file {
        let failed = |source| Error::Token { path: path.clone(), source };
        let text = std::fs::read_to_string(path).map_err(failed)?;
        // An editor ends a file with a line break.
        let token = text.trim();
        if token.is_empty() || token.contains(|letter: char| !letter.is_ascii_graphic()) {
            let what = if token.is_empty() { "it is empty" } else { "it holds what no header may hold" };
            return Err(failed(std::io::Error::new(std::io::ErrorKind::InvalidData, what)));
        }
        return Ok(Some(token.to_owned()));
    }
    Ok(bearer_token.as_ref().map(|token| token.reveal().to_owned()))
}

/// Says with an address that is taken where another one is chosen.
fn refused(error: pull::Error, file: Option<&str>, place: usize) -> Error {
    let choose = match file {
        Some(file) => format!(
            "in {file}, `host` and `port` of meter_provider.readers[{place}].pull.exporter.prometheus/development"
        ),
        None => "OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT".to_owned(),
    };
    match error {
        source @ pull::Error::Listen { .. } => Error::Listen { choose, source },
        other => other.into(),
    }
}

fn prometheus(reader: &Reader) -> Option<&Prometheus> {
    match reader {
        Reader::Prometheus(prometheus) => Some(prometheus),
        Reader::Periodic(_) => None,
    }
}

fn options(prometheus: &Prometheus, mapper: &Mapper) -> Options {
    Options {
        translation: prometheus.translation,
        scope_labels: prometheus.scope_labels,
        target_info: prometheus.target_info,
        resource_labels: prometheus.resource_labels.clone(),
        mapping: mapper.clone(),
    }
}
