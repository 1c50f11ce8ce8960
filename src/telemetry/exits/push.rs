//! OTLP push.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::super::error::Error;
use super::super::settings::{Exporter, MetricExporter, Periodic, Processor, ProcessorKind, Reader, Settings};
use super::super::shutdown::Lost;
use crate::catalog::telemetry;
use crate::exemplar::Exemplars;
use crate::operation::{Histogram, Instruments, Labels, Observed};
use crate::push::{self, Counts, Ended, Kind, Protocol, Signal, Stats};

#[derive(Clone, Debug)]
pub(super) struct Push(Option<Pushed>);

#[derive(Clone, Debug)]
struct Pushed {
    handle: push::Handle,
    /// The protocols of each kind's exporters, in the order of the settings.
    protocols: [(Kind, Vec<Protocol>); 3],
}

/// The exporters of what is pushed, in the order of the settings.
#[derive(Debug, Default)]
pub(in crate::telemetry) struct Exporters {
    pub(in crate::telemetry) traces: Vec<push::SpanExporter>,
    pub(in crate::telemetry) metrics: Vec<push::MetricExporter>,
    pub(in crate::telemetry) logs: Vec<push::LogExporter>,
}

impl Push {
    pub(super) fn start(settings: &Settings, exemplars: &Exemplars) -> Result<(Self, Exporters), Error> {
        let config = config(settings);
        if config.traces.is_empty() && config.metrics.is_empty() && config.logs.is_empty() {
            return Ok((Self(None), Exporters::default()));
        }
        let protocols = |signals: &[Signal]| signals.iter().map(|signal| signal.protocol).collect();
        let protocols = [
            (Kind::Traces, protocols(&config.traces)),
            (Kind::Metrics, config.metrics.iter().map(|(signal, _)| signal.protocol).collect()),
            (Kind::Logs, protocols(&config.logs)),
        ];
        let push::Exporters { traces, metrics, logs, handle } = push::Exporters::build(&config, exemplars)?;
        Ok((Self(Some(Pushed { handle, protocols })), Exporters { traces, metrics, logs }))
    }

    /// Serves what became of what was pushed, so that it can be seen where the collector cannot.
    pub(super) fn observe(&self, instruments: &Instruments) -> Vec<Observed> {
        let Some(Pushed { handle, protocols }) = &self.0 else { return Vec::new() };
        let durations = instruments.histogram(&telemetry::EXPORT_DURATION);
        let mut observed = Vec::new();
        for (kind, protocols) in protocols.iter().filter(|(_, protocols)| !protocols.is_empty()) {
            let counts = handle.counts(*kind).to_vec();
            for (counts, protocol) in counts.iter().zip(protocols) {
                let labels = instruments.labels().set(&telemetry::EXPORTER, exporter(*kind, *protocol));
                durations.publish(&labels);
                counts.watch(timer(durations.clone(), labels));
            }
            observed.push(ages(instruments, *kind, protocols, &counts));
            observed.push(exported(instruments, *kind, counts));
        }
        observed
    }

    /// `spans` and `records` are what was handed to each exporter's processor.
    pub(super) fn lost(&self, spans: &[u64], records: &[u64]) -> Lost {
        let Some(Pushed { handle: push, .. }) = &self.0 else { return Lost::default() };
        // What a full queue dropped never reached an exporter.
        let missing = |kind, handed: &[u64]| {
            let exporters = handed.iter().zip(push.counts(kind));
            exporters.map(|(handed, counts)| handed.saturating_sub(counts.stats().sent)).sum()
        };
        Lost {
            spans: missing(Kind::Traces, spans),
            points: failed(push, Kind::Metrics),
            records: missing(Kind::Logs, records),
        }
    }

    pub(super) fn failed(&self) -> Lost {
        let Some(Pushed { handle: push, .. }) = &self.0 else { return Lost::default() };
        Lost {
            spans: failed(push, Kind::Traces),
            points: failed(push, Kind::Metrics),
            records: failed(push, Kind::Logs),
        }
    }

    pub(super) fn finish_by(&self, until: Instant) {
        if let Some(Pushed { handle, .. }) = &self.0 {
            handle.finish_by(until);
        }
    }

    pub(super) fn stop(&self, deadline: Duration) -> Option<String> {
        self.0.as_ref()?.handle.stop(deadline).err().map(|error| error.to_string())
    }

    pub(super) fn handle(&self) -> Option<&push::Handle> {
        self.0.as_ref().map(|pushed| &pushed.handle)
    }
}

/// The exporter's type, as the conventions name it.
fn exporter(kind: Kind, protocol: Protocol) -> &'static str {
    let names = match kind {
        Kind::Traces => ["otlp_grpc_span_exporter", "otlp_http_span_exporter"],
        Kind::Metrics => ["otlp_grpc_metric_exporter", "otlp_http_metric_exporter"],
        Kind::Logs => ["otlp_grpc_log_exporter", "otlp_http_log_exporter"],
    };
    match protocol {
        Protocol::Grpc => names[0],
        _ => names[1],
    }
}

/// Records how long each export took.
fn timer(durations: Histogram, labels: Labels) -> impl Fn(Duration, Ended) + Send + Sync {
    let failed = |why| labels.clone().set(&telemetry::EXPORT_ERROR, why);
    let (refused, lost) = (failed("rejected"), failed("undelivered"));
    move |took, ended| {
        let labels = match ended {
            Ended::Sent => &labels,
            Ended::Refused => &refused,
            Ended::Lost => &lost,
        };
        durations.record(took.as_secs_f64(), labels);
    }
}

/// How old the newest delivery of each exporter is.
fn ages(instruments: &Instruments, kind: Kind, protocols: &[Protocol], counts: &[Arc<Counts>]) -> Observed {
    let label = |protocol: &Protocol| instruments.labels().set(&telemetry::EXPORTER, exporter(kind, *protocol));
    let exporters: Vec<_> = counts.iter().cloned().zip(protocols.iter().map(label)).collect();
    let started = SystemTime::now();
    instruments.observe(&telemetry::EXPORT_AGE, move |observer| {
        let age = |counts: &Counts| {
            let newest = counts.stats().last_success.unwrap_or(started);
            newest.elapsed().unwrap_or_default().as_secs_f64()
        };
        for (counts, labels) in &exporters {
            let like = exporters.iter().filter(|(_, other)| other.as_slice() == labels.as_slice());
            let oldest = like.map(|(counts, _)| age(counts)).fold(age(counts), f64::max);
            observer.observe(oldest, labels);
        }
    })
}

/// What became of the items of a kind.
fn exported(instruments: &Instruments, kind: Kind, counts: Vec<Arc<Counts>>) -> Observed {
    let definition = match kind {
        Kind::Traces => &telemetry::SPANS_EXPORTED,
        Kind::Metrics => &telemetry::POINTS_EXPORTED,
        Kind::Logs => &telemetry::RECORDS_EXPORTED,
    };
    let sent = instruments.labels();
    let failed = |why| instruments.labels().set(&telemetry::EXPORT_ERROR, why);
    let (refused, lost) = (failed("rejected"), failed("undelivered"));
    instruments.observe(definition, move |observer| {
        let stats: Vec<_> = counts.iter().map(|counts| counts.stats()).collect();
        let total = |of: fn(&Stats) -> u64| stats.iter().map(of).sum::<u64>() as f64;
        observer.observe(total(|stats| stats.sent), &sent);
        observer.observe(total(|stats| stats.refused), &refused);
        observer.observe(total(|stats| stats.lost), &lost);
    })
}

fn failed(push: &push::Handle, kind: Kind) -> u64 {
    push.counts(kind).iter().map(|counts| counts.stats()).map(|stats| stats.refused + stats.lost).sum()
}

/// What is to be pushed: a processor's or reader's timeout holds as the exporter's does, and the shorter one counts.
fn config(settings: &Settings) -> push::Push {
    let of = |processors: &[Processor]| {
        let signals = processors.iter().filter_map(|processor| match &processor.exporter {
            Exporter::Otlp(signal) => Some(within(signal, timeout(processor.kind))),
            Exporter::Console => None,
        });
        signals.collect()
    };
    let metrics = settings.metrics.readers.iter().filter_map(|reader| match reader {
        Reader::Periodic(Periodic {
            timeout,
            exporter: MetricExporter { exporter: Exporter::Otlp(signal), temporality },
            ..
        }) => Some((within(signal, *timeout), *temporality)),
        _ => None,
    });
    push::Push {
        traces: of(&settings.traces.processors),
        metrics: metrics.collect(),
        logs: of(&settings.logs.processors),
    }
}

fn timeout(kind: ProcessorKind) -> Duration {
    match kind {
        ProcessorKind::Batch(batch) => batch.timeout,
        ProcessorKind::Simple => Duration::ZERO,
    }
}

/// Zero is without end.
fn within(signal: &Signal, timeout: Duration) -> Signal {
    let timeout = match (signal.timeout, timeout) {
        (only, Duration::ZERO) | (Duration::ZERO, only) => only,
        (one, other) => one.min(other),
    };
    Signal { timeout, ..signal.clone() }
}
