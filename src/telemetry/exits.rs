//! The exits, and what became of what they carried.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::error::Error;
use super::settings::{Exit, Settings};
use super::shutdown::Lost;
use crate::exemplar::Exemplars;
#[cfg(feature = "otlp")]
use crate::push;

#[cfg(feature = "otlp")]
pub(super) use crate::push::{LogExporter, MetricExporter, SpanExporter};
// Without the exit there is nothing of these types.
#[cfg(not(feature = "otlp"))]
pub(super) use opentelemetry_stdout::{LogExporter, MetricExporter, SpanExporter};

/// The exits of one telemetry: where they are, and what became of what they carried. A clone is the same.
#[derive(Clone, Debug)]
pub struct Exits {
    #[cfg(feature = "otlp")]
    push: Option<push::Handle>,
}

/// The exporters that OpenTelemetry's providers feed.
#[derive(Default)]
pub(super) struct Exporters {
    pub(super) traces: Option<SpanExporter>,
    pub(super) metrics: Option<MetricExporter>,
    pub(super) logs: Option<LogExporter>,
}

impl Exits {
    pub(super) fn build(settings: &Settings, exemplars: &Exemplars) -> Result<(Self, Exporters), Error> {
        #[cfg(feature = "otlp")]
        let (push, exporters) = push_exits(settings, exemplars)?;
        #[cfg(not(feature = "otlp"))]
        let exporters = Exporters::default();
        let exits = Self {
            #[cfg(feature = "otlp")]
            push,
        };
        Ok((exits, exporters))
    }

    /// What is in force, in one line, without secrets.
    pub(super) fn describe(&self, settings: &Settings) -> String {
        if settings.disabled {
            return "telemetry is off (OTEL_SDK_DISABLED)".to_owned();
        }
        let mut line = String::from("telemetry is on");
        for (signal, exits) in [("traces", &settings.traces), ("metrics", &settings.metrics), ("logs", &settings.logs)]
        {
            let exits: Vec<_> = exits.iter().map(|exit| self.place(*exit, signal, settings)).collect();
            let exits = if exits.is_empty() { "none".to_owned() } else { exits.join(" and ") };
            let _ = write!(line, "; {signal}: {exits}");
        }
        let _ = write!(line, "; sampler: {}; exemplars: {}", settings.sampler, settings.exemplar_filter);
        line
    }

    fn place(&self, exit: Exit, signal: &str, settings: &Settings) -> String {
        match exit {
            #[cfg(feature = "otlp")]
            Exit::Otlp => match signal {
                "traces" => settings.otlp.traces.to_string(),
                "metrics" => settings.otlp.metrics.to_string(),
                _ => settings.otlp.logs.to_string(),
            },
            Exit::Console => "standard output".to_owned(),
            _ => String::new(),
        }
    }

    /// What was lost, of so many spans and log records that were handed over.
    pub(super) fn lost(&self, spans: u64, records: u64) -> Lost {
        #[cfg(feature = "otlp")]
        if let Some(push) = &self.push {
            let stats = |kind| push.counts(kind).map(|counts| counts.stats());
            return Lost {
                spans: stats(push::Kind::Traces).map_or(0, |stats| spans.saturating_sub(stats.sent)),
                points: stats(push::Kind::Metrics).map_or(0, |stats| stats.refused + stats.lost),
                records: stats(push::Kind::Logs).map_or(0, |stats| records.saturating_sub(stats.sent)),
            };
        }
        let _ = (spans, records);
        Lost::default()
    }

    /// From now on nothing lasts past this moment.
    pub(super) fn finish_by(&self, until: Instant) {
        #[cfg(feature = "otlp")]
        if let Some(push) = &self.push {
            push.finish_by(until);
        }
        let _ = until;
    }

    /// Ends the exits' own threads.
    pub(super) fn stop(&self, deadline: Duration) -> Vec<(&'static str, String)> {
        let mut failures = Vec::new();
        #[cfg(feature = "otlp")]
        if let Some(Err(error)) = self.push.as_ref().map(|push| push.stop(deadline)) {
            failures.push(("push", error.to_string()));
        }
        let _ = deadline;
        failures
    }
}

#[cfg(feature = "otlp")]
fn push_exits(settings: &Settings, exemplars: &Exemplars) -> Result<(Option<push::Handle>, Exporters), Error> {
    let wanted = |exits: &[Exit], signal: &push::Signal| {
        (!settings.disabled && exits.contains(&Exit::Otlp)).then(|| signal.clone())
    };
    let config = push::Push {
        traces: wanted(&settings.traces, &settings.otlp.traces),
        metrics: wanted(&settings.metrics, &settings.otlp.metrics),
        logs: wanted(&settings.logs, &settings.otlp.logs),
        temporality: settings.temporality,
    };
    if config.traces.is_none() && config.metrics.is_none() && config.logs.is_none() {
        return Ok((None, Exporters::default()));
    }
    let push::Exporters { traces, metrics, logs, handle } = push::Exporters::build(&config, exemplars)?;
    Ok((Some(handle), Exporters { traces, metrics, logs }))
}
