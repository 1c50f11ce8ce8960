//! OTLP push.

use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use super::super::error::Error;
use super::super::settings::{Exit, Settings};
use super::super::shutdown::Lost;
use crate::catalog::telemetry;
use crate::exemplar::Exemplars;
use crate::push::{self, Kind, Signal};

#[derive(Clone, Debug)]
pub(super) struct Push(Option<push::Handle>);

/// The exporters of the signals that are pushed.
#[derive(Debug, Default)]
pub(in crate::telemetry) struct Exporters {
    pub(in crate::telemetry) traces: Option<push::SpanExporter>,
    pub(in crate::telemetry) metrics: Option<push::MetricExporter>,
    pub(in crate::telemetry) logs: Option<push::LogExporter>,
}

impl Push {
    pub(super) fn start(settings: &Settings, exemplars: &Exemplars) -> Result<(Self, Exporters), Error> {
        let wanted = |exits: &[Exit], signal: &Signal| {
            (!settings.disabled && exits.contains(&Exit::Otlp)).then(|| signal.clone())
        };
        let config = push::Push {
            traces: wanted(&settings.traces, &settings.otlp.traces),
            metrics: wanted(&settings.metrics, &settings.otlp.metrics),
            logs: wanted(&settings.logs, &settings.otlp.logs),
            temporality: settings.temporality,
        };
        if config.traces.is_none() && config.metrics.is_none() && config.logs.is_none() {
            return Ok((Self(None), Exporters::default()));
        }
        let push::Exporters { traces, metrics, logs, handle } = push::Exporters::build(&config, exemplars)?;
        Ok((Self(Some(handle)), Exporters { traces, metrics, logs }))
    }

    pub(super) fn place(signal: &str, settings: &Settings) -> String {
        let otlp = &settings.otlp;
        let signals = [("traces", &otlp.traces), ("metrics", &otlp.metrics), ("logs", &otlp.logs)];
        signals.iter().find(|(name, _)| *name == signal).map_or_else(String::new, |(_, signal)| signal.to_string())
    }

    /// Serves what became of what was pushed, so that it can be seen where the collector cannot.
    pub(super) fn observe(&self, meter: &Meter) {
        let Some(push) = &self.0 else { return };
        for (kind, definition) in [
            (Kind::Traces, &telemetry::SPANS_EXPORTED),
            (Kind::Metrics, &telemetry::POINTS_EXPORTED),
            (Kind::Logs, &telemetry::RECORDS_EXPORTED),
        ] {
            let Some(counts) = push.counts(kind).cloned() else { continue };
            meter
                .u64_observable_counter(definition.name())
                .with_unit(definition.unit())
                .with_description(definition.description())
                .with_callback(move |observer| {
                    let stats = counts.stats();
                    let failed = |why: &'static str| [KeyValue::new(telemetry::EXPORT_ERROR.key(), why)];
                    observer.observe(stats.sent, &[]);
                    observer.observe(stats.refused, &failed("rejected"));
                    observer.observe(stats.lost, &failed("undelivered"));
                })
                .build();
        }
    }

    pub(super) fn lost(&self, spans: u64, records: u64) -> Lost {
        let Some(push) = &self.0 else { return Lost::default() };
        let stats = |kind| push.counts(kind).map(|counts| counts.stats());
        Lost {
            // What a full queue dropped never reached an exporter.
            spans: stats(Kind::Traces).map_or(0, |stats| spans.saturating_sub(stats.sent)),
            points: stats(Kind::Metrics).map_or(0, |stats| stats.refused + stats.lost),
            records: stats(Kind::Logs).map_or(0, |stats| records.saturating_sub(stats.sent)),
        }
    }

    pub(super) fn failed(&self) -> Lost {
        let Some(push) = &self.0 else { return Lost::default() };
        let failed =
            |kind| push.counts(kind).map(|counts| counts.stats()).map_or(0, |stats| stats.refused + stats.lost);
        Lost { spans: failed(Kind::Traces), points: failed(Kind::Metrics), records: failed(Kind::Logs) }
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
