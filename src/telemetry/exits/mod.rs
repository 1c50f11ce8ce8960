//! The exits, and what became of what they carried.

#[cfg(feature = "prometheus")]
mod pull;
#[cfg(not(feature = "prometheus"))]
#[path = "no_pull.rs"]
mod pull;
#[cfg(feature = "otlp")]
mod push;
#[cfg(not(feature = "otlp"))]
#[path = "no_push.rs"]
mod push;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

pub(super) use self::pull::Access;
pub(super) use self::push::Exporters;

use opentelemetry_sdk::Resource;

use self::pull::{Pull, Readers};
use self::push::Push;
use super::error::Error;
use super::settings::{Processor, Reader, Settings};
use super::shutdown::Lost;
use crate::catalog::Catalog;
use crate::exemplar::Exemplars;
use crate::operation::{Instruments, Observed};
use crate::pull::Mapper;

/// The exits of one telemetry: where they are, and what became of what they carried. A clone is the same.
#[derive(Clone, Debug)]
pub struct Exits {
    push: Push,
    pull: Pull,
}

/// What feeds the exits: given to OpenTelemetry's providers.
pub(super) struct Feeds {
    pub(super) exporters: Exporters,
    pub(super) readers: Readers,
}

impl Exits {
    /// Starts the exits. The Prometheus endpoint answers from now on, as soon as there is a provider that
    /// was given the reader. `file` is the one that the settings are from, if they are from one.
    pub(super) fn start(
        settings: &Settings,
        file: Option<&str>,
        exemplars: &Exemplars,
        catalog: &Catalog,
        resource: &Resource,
        mapper: &Mapper,
        access: Access,
    ) -> Result<(Self, Feeds), Error> {
        // The endpoint first: its port may be taken, and nothing else is started then.
        let (pull, readers) = Pull::start(settings, file, exemplars, catalog, resource, mapper, access)?;
        let (push, exporters) = Push::start(settings, exemplars)?;
        Ok((Self { push, pull }, Feeds { exporters, readers }))
    }

    /// What is in force, in one line, without secrets.
    pub(super) fn describe(&self, settings: &Settings) -> String {
        if settings.disabled {
            return "telemetry is off: it is disabled".to_owned();
        }
        let processors =
            |processors: &[Processor]| processors.iter().map(|processor| processor.exporter.to_string()).collect();
        let mut served = self.pull.places().into_iter();
        let metrics = settings.metrics.readers.iter().filter_map(|reader| match reader {
            Reader::Periodic(periodic) => Some(periodic.exporter.exporter.to_string()),
            Reader::Prometheus(_) => served.next(),
        });
        let (traces, logs) = (&settings.traces, &settings.logs);
        let mut line = String::from("telemetry is on");
        for (signal, exits) in [
            ("traces", processors(&traces.processors)),
            ("metrics", metrics.collect::<Vec<_>>()),
            ("logs", processors(&logs.processors)),
        ] {
            let exits = if exits.is_empty() { "none".to_owned() } else { exits.join(" and ") };
            let _ = write!(line, "; {signal}: {exits}");
        }
        let _ = write!(line, "; sampler: {}; exemplars: {}", traces.sampler, settings.metrics.exemplar_filter);
        line
    }

    /// Makes what became of what was carried visible among the metrics.
    pub(super) fn observe(&self, instruments: &Instruments) -> Vec<Observed> {
        let mut observed = self.push.observe(instruments);
        observed.extend(self.pull.observe(instruments));
        observed
    }

    /// What was lost, of the spans and log records that were handed over to be pushed, by exporter.
    pub(super) fn lost(&self, spans: &[u64], records: &[u64]) -> Lost {
        self.push.lost(spans, records)
    }

    /// What was refused, or could not be delivered in time.
    pub(super) fn failed(&self) -> Lost {
        self.push.failed()
    }

    /// From now on nothing lasts past this moment.
    pub(super) fn finish_by(&self, until: Instant) {
        self.push.finish_by(until);
    }

    /// Ends the thread that pushes.
    pub(super) fn stop_push(&self, deadline: Duration) -> Option<String> {
        self.push.stop(deadline)
    }

    /// Ends the endpoint that is scraped.
    pub(super) fn stop_pull(&self, deadline: Duration) -> Option<String> {
        self.pull.stop(deadline)
    }
}

#[cfg(feature = "prometheus")]
impl Exits {
    /// Where the Prometheus endpoint listens, if it does; the first, if there are several.
    pub fn prometheus_address(&self) -> Option<std::net::SocketAddr> {
        self.pull.address()
    }

    /// The Prometheus endpoint, if metrics are served; the first, if there are several.
    pub fn prometheus(&self) -> Option<&crate::pull::Endpoint> {
        self.pull.endpoint()
    }
}

#[cfg(feature = "otlp")]
impl Exits {
    /// What became of what was pushed, if anything is.
    pub fn otlp(&self) -> Option<&crate::push::Handle> {
        self.push.handle()
    }
}
