//! OTLP export of traces, metrics and logs, on a thread and runtime of its own.
//!
//! [`Exporters::build`] gives an exporter per signal, for the SDK's batch processors and periodic reader, and a [`Handle`].
//! They work wherever the program runs: a multi-thread runtime, a runtime of one worker, a current-thread runtime, none.
//!
//! An export tries again what the OTLP specification says may be tried again, until its timeout. It never takes longer,
//! and none lasts past [`Handle::finish_by`]. What became of each item is in [`Counts`]. A collector that cannot be
//! reached is said once, by a `tracing` event of the target `telecine::push`, and once more when it is back.
//!
//! The configuration is all that counts. opentelemetry-otlp, which encodes spans and log records, reads
//! `OTEL_EXPORTER_OTLP_*` from the process environment by itself; none of it reaches the wire. For `https` without a CA
//! file the system's authorities are read, and with them `SSL_CERT_FILE` and `SSL_CERT_DIR`.

mod carrier;
mod config;
mod counts;
mod error;
mod exemplars;
mod link;
mod logs;
mod metrics;
mod outage;
mod retry;
mod thread;
mod traces;
mod transport;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use config::{
    Compression, DEFAULT_GRPC_ENDPOINT, DEFAULT_HTTP_ENDPOINT, DEFAULT_TIMEOUT, Kind, Protocol, Push, Signal, Tls,
};
pub use counts::{Counts, Stats};
pub use error::Error;
pub use logs::LogExporter;
pub use metrics::MetricExporter;
pub use thread::TimedOut;
pub use traces::SpanExporter;

use crate::exemplar::Exemplars;
use link::Link;
use outage::Outage;
use thread::Thread;

/// The exporters of the signals that are pushed, and the handle to their thread.
#[derive(Debug)]
pub struct Exporters {
    /// Sends spans.
    pub traces: Option<SpanExporter>,
    /// Sends metrics.
    pub metrics: Option<MetricExporter>,
    /// Sends log records.
    pub logs: Option<LogExporter>,
    /// Ends them, and says what became of what they sent.
    pub handle: Handle,
}

/// The thread that sends, from outside.
#[derive(Clone, Debug)]
pub struct Handle {
    thread: Thread,
    counts: Vec<(Kind, Arc<Counts>)>,
}

impl Exporters {
    /// Starts the thread and builds an exporter for each signal of `config`. Nothing is sent yet.
    ///
    /// Metrics are sent with the exemplars that `exemplars` holds for them.
    pub fn build(config: &Push, exemplars: &Exemplars) -> Result<Self, Error> {
        let Push { traces, metrics, logs, temporality } = config;
        let mut links = Links { thread: Thread::start()?, outages: Vec::new(), counts: Vec::new() };
        let traces = traces.as_ref().map(|signal| SpanExporter::new(links.make(Kind::Traces, signal)?)).transpose()?;
        let metrics = metrics
            .as_ref()
            .map(|signal| Ok(MetricExporter::new(links.make(Kind::Metrics, signal)?, *temporality, exemplars.clone())))
            .transpose()?;
        let logs = logs.as_ref().map(|signal| LogExporter::new(links.make(Kind::Logs, signal)?)).transpose()?;
        let handle = Handle { thread: links.thread, counts: links.counts };
        Ok(Self { traces, metrics, logs, handle })
    }
}

impl Handle {
    /// What became of this signal's items; `None` if it is not pushed.
    pub fn counts(&self, kind: Kind) -> Option<&Arc<Counts>> {
        self.counts.iter().find(|(of, _)| *of == kind).map(|(_, counts)| counts)
    }

    /// From now on no export lasts past `deadline`, those under way included, and a collector that is known to be away is
    /// tried once only. To be called before the SDK's providers are flushed and shut down, which wait for their exports.
    pub fn finish_by(&self, deadline: Instant) {
        self.thread.finish_by(deadline);
    }

    /// Ends the thread. Exports under way fail, and so do later ones. Blocks until it has ended, for at most `deadline`.
    ///
    /// Without it, the thread ends when the handle and the exporters have been dropped.
    pub fn stop(&self, deadline: Duration) -> Result<(), TimedOut> {
        self.thread.stop(deadline)
    }
}

struct Links {
    thread: Thread,
    outages: Vec<(String, Arc<Outage>)>,
    counts: Vec<(Kind, Arc<Counts>)>,
}

impl Links {
    fn make(&mut self, kind: Kind, signal: &Signal) -> Result<Arc<Link>, Error> {
        let outage = self.outage(signal);
        let link = Link::new(kind, signal, self.thread.clone(), outage)?;
        self.counts.push((kind, Arc::clone(link.counts())));
        Ok(Arc::new(link))
    }

    /// Signals that go to the same server share an outage.
    fn outage(&mut self, signal: &Signal) -> Arc<Outage> {
        let shown = signal.shown_endpoint();
        let start = shown.find("://").map_or(0, |at| at + 3);
        let end = shown[start..].find('/').map_or(shown.len(), |at| start + at);
        let server = shown[..end].to_owned();
        if let Some((_, outage)) = self.outages.iter().find(|(known, _)| *known == server) {
            return Arc::clone(outage);
        }
        let outage = Arc::new(Outage::new(server.clone()));
        self.outages.push((server, Arc::clone(&outage)));
        outage
    }
}
