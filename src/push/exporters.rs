//! The exporters, and the handle to the thread that they send on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::link::Link;
use super::outage::Outage;
use super::thread::Thread;
use super::{Counts, Error, Kind, LogExporter, MetricExporter, Push, Signal, SpanExporter, TimedOut};
use crate::exemplar::Exemplars;

/// The exporters of the signals that are pushed, in the order of the configuration, and the handle to their thread.
#[derive(Debug)]
pub struct Exporters {
    /// Send spans.
    pub traces: Vec<SpanExporter>,
    /// Send metrics.
    pub metrics: Vec<MetricExporter>,
    /// Send log records.
    pub logs: Vec<LogExporter>,
    /// Ends them, and says what became of what they sent.
    pub handle: Handle,
}

/// The thread that sends, from outside.
#[derive(Clone, Debug)]
pub struct Handle {
    thread: Thread,
    counts: [Vec<Arc<Counts>>; Kind::ALL.len()],
}

impl Exporters {
    /// Starts the thread and builds an exporter for each entry of `config`. Nothing is sent yet.
    ///
    /// Metrics are sent with the exemplars that `exemplars` holds for them.
    pub fn build(config: &Push, exemplars: &Exemplars) -> Result<Self, Error> {
        let Push { traces, metrics, logs } = config;
        let mut links = Links { thread: Thread::start()?, outages: Vec::new(), counts: Default::default() };
        let traces = traces.iter().map(|signal| SpanExporter::new(links.make(Kind::Traces, signal)?));
        let traces = traces.collect::<Result<_, _>>()?;
        let metrics = metrics.iter().map(|(signal, temporality)| {
            Ok(MetricExporter::new(links.make(Kind::Metrics, signal)?, *temporality, exemplars.clone()))
        });
        let metrics = metrics.collect::<Result<_, Error>>()?;
        let logs = logs.iter().map(|signal| LogExporter::new(links.make(Kind::Logs, signal)?));
        let logs = logs.collect::<Result<_, _>>()?;
        let handle = Handle { thread: links.thread, counts: links.counts };
        Ok(Self { traces, metrics, logs, handle })
    }
}

impl Handle {
    /// What became of this signal's items, by exporter, in the order of the configuration.
    pub fn counts(&self, kind: Kind) -> &[Arc<Counts>] {
        &self.counts[kind as usize]
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
    counts: [Vec<Arc<Counts>>; Kind::ALL.len()],
}

impl Links {
    fn make(&mut self, kind: Kind, signal: &Signal) -> Result<Arc<Link>, Error> {
        let outage = self.outage(signal);
        let link = Link::new(kind, signal, self.thread.clone(), outage)?;
        self.counts[kind as usize].push(Arc::clone(link.counts()));
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
