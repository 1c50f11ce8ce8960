//! OTLP push.

use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use super::super::error::Error;
use super::super::settings::{Exporter, MetricExporter, Periodic, Processor, ProcessorKind, Reader, Settings};
use super::super::shutdown::Lost;
use crate::catalog::telemetry;
use crate::exemplar::Exemplars;
use crate::push::{self, Kind, Signal, Stats};

#[derive(Clone, Debug)]
pub(super) struct Push(Option<push::Handle>);

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
        let push::Exporters { traces, metrics, logs, handle } = push::Exporters::build(&config, exemplars)?;
        Ok((Self(Some(handle)), Exporters { traces, metrics, logs }))
    }

    /// Serves what became of what was pushed, so that it can be seen where the collector cannot.
    pub(super) fn observe(&self, meter: &Meter) {
        let Some(push) = &self.0 else { return };
        for (kind, definition) in [
            (Kind::Traces, &telemetry::SPANS_EXPORTED),
            (Kind::Metrics, &telemetry::POINTS_EXPORTED),
            (Kind::Logs, &telemetry::RECORDS_EXPORTED),
        ] {
            let counts = push.counts(kind).to_vec();
            if counts.is_empty() {
                continue;
            }
            meter
                .u64_observable_counter(definition.name())
                .with_unit(definition.unit())
                .with_description(definition.description())
                .with_callback(move |observer| {
                    let stats: Vec<_> = counts.iter().map(|counts| counts.stats()).collect();
                    let total = |of: fn(&Stats) -> u64| stats.iter().map(of).sum::<u64>();
                    let failed = |why: &'static str| [KeyValue::new(telemetry::EXPORT_ERROR.key(), why)];
                    observer.observe(total(|stats| stats.sent), &[]);
                    observer.observe(total(|stats| stats.refused), &failed("rejected"));
                    observer.observe(total(|stats| stats.lost), &failed("undelivered"));
                })
                .build();
        }
    }

    /// `spans` and `records` are what was handed to each exporter's processor.
    pub(super) fn lost(&self, spans: &[u64], records: &[u64]) -> Lost {
        let Some(push) = &self.0 else { return Lost::default() };
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
        let Some(push) = &self.0 else { return Lost::default() };
        Lost {
            spans: failed(push, Kind::Traces),
            points: failed(push, Kind::Metrics),
            records: failed(push, Kind::Logs),
        }
    }

    pub(super) fn finish_by(&self, until: Instant) {
        if let Some(push) = &self.0 {
            push.finish_by(until);
        }
    }

    pub(super) fn stop(&self, deadline: Duration) -> Option<String> {
        self.0.as_ref()?.stop(deadline).err().map(|error| error.to_string())
    }

    pub(super) fn handle(&self) -> Option<&push::Handle> {
        self.0.as_ref()
    }
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
