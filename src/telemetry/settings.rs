//! What is in force: plain data, whichever way it was configured.

use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;

use super::environment::{Environment, Ignored, Reader};
use crate::exemplar::Filter;

/// What is in force, whichever way it was configured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Nothing is recorded (`OTEL_SDK_DISABLED`); propagation goes on.
    pub disabled: bool,
    /// The name of the service, if one is configured.
    pub service_name: Option<String>,
    /// Attributes of the resource.
    pub resource: Vec<(String, String)>,
    /// Where spans go.
    pub traces: Vec<Exit>,
    /// Where metrics go.
    pub metrics: Vec<Exit>,
    /// Where log records go.
    pub logs: Vec<Exit>,
    /// Which traces are sampled.
    pub sampler: Sampler,
    /// How trace context travels.
    pub propagators: Vec<Propagator>,
    /// Limits and queue of the span processor.
    pub spans: Batch,
    /// Limits and queue of the log record processor.
    pub records: Batch,
    /// How often metrics are pushed.
    pub metric_interval: Duration,
    /// Totals or changes.
    pub temporality: Temporality,
    /// Which measurements may become exemplars.
    pub exemplar_filter: Filter,
    /// Where the Prometheus endpoint listens.
    pub prometheus: Listen,
    /// The level of the SDK's own log.
    pub sdk_log_level: Option<String>,
    /// `RUST_LOG`.
    pub log_filter: Option<String>,
    /// Whether `NO_COLOR` is set.
    pub no_colour: bool,
    /// How OTLP is sent.
    #[cfg(feature = "otlp")]
    pub otlp: super::otlp::Otlp,
}

/// An exit of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// OTLP push.
    Otlp,
    /// The endpoint that Prometheus scrapes; for metrics only.
    Prometheus,
    /// JSON lines on standard output, for debugging.
    Console,
}

/// Which traces are sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler {
    /// Whether a parent's decision is followed.
    pub parent_based: bool,
    /// The share of traces that are sampled, 0 to 1.
    pub root: f64,
}

/// How trace context travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagator {
    /// W3C Trace Context.
    TraceContext,
    /// W3C Baggage.
    Baggage,
}

/// The queue of a batch processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The time between two exports.
    pub delay: Duration,
    /// How many items wait at most; more are dropped, and counted.
    pub queue: usize,
    /// How many items are sent at once.
    pub batch: usize,
}

/// Where the Prometheus endpoint listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Host name or address.
    pub host: String,
    /// Port; 0 takes any that is free.
    pub port: u16,
}

/// The time between two pushes of metrics, by default (`OTEL_METRIC_EXPORT_INTERVAL`).
pub const DEFAULT_METRIC_INTERVAL: Duration = Duration::from_secs(60);
/// The host of the Prometheus endpoint, by default (`OTEL_EXPORTER_PROMETHEUS_HOST`).
pub const DEFAULT_PROMETHEUS_HOST: &str = "localhost";
/// The port of the Prometheus endpoint, by default (`OTEL_EXPORTER_PROMETHEUS_PORT`).
pub const DEFAULT_PROMETHEUS_PORT: u16 = 9464;

const DEFAULT_SPANS: Batch = Batch { delay: Duration::from_secs(5), queue: 2048, batch: 512 };
const DEFAULT_RECORDS: Batch = Batch { delay: Duration::from_secs(1), queue: 2048, batch: 512 };

impl Settings {
    /// What the environment says, and what of it had to be ignored.
    pub fn from_environment(environment: &Environment) -> (Self, Vec<Ignored>) {
        let mut reader = Reader::new(environment);
        let mut settings = Self {
            disabled: reader.boolean("OTEL_SDK_DISABLED"),
            service_name: reader.text("OTEL_SERVICE_NAME").map(str::to_owned),
            resource: reader.pairs("OTEL_RESOURCE_ATTRIBUTES"),
            traces: exits(&mut reader, "OTEL_TRACES_EXPORTER", &[OTLP]),
            metrics: exits(&mut reader, "OTEL_METRICS_EXPORTER", &[OTLP, PROMETHEUS]),
            logs: exits(&mut reader, "OTEL_LOGS_EXPORTER", &[OTLP]),
            sampler: sampler(&mut reader),
            propagators: propagators(&mut reader),
            spans: batch(&mut reader, "OTEL_BSP", DEFAULT_SPANS),
            records: batch(&mut reader, "OTEL_BLRP", DEFAULT_RECORDS),
            metric_interval: reader
                .milliseconds("OTEL_METRIC_EXPORT_INTERVAL")
                .filter(|interval| !interval.is_zero())
                .unwrap_or(DEFAULT_METRIC_INTERVAL),
            temporality: reader
                .word(
                    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
                    &[
                        ("cumulative", Temporality::Cumulative),
                        ("delta", Temporality::Delta),
                        ("lowmemory", Temporality::LowMemory),
                    ],
                )
                .unwrap_or_default(),
            exemplar_filter: reader
                .word(
                    "OTEL_METRICS_EXEMPLAR_FILTER",
                    &[
                        ("trace_based", Filter::TraceBased),
                        ("always_on", Filter::AlwaysOn),
                        ("always_off", Filter::AlwaysOff),
                    ],
                )
                .unwrap_or(Filter::TraceBased),
            prometheus: Listen {
                host: reader.text("OTEL_EXPORTER_PROMETHEUS_HOST").unwrap_or(DEFAULT_PROMETHEUS_HOST).to_owned(),
                port: reader.number("OTEL_EXPORTER_PROMETHEUS_PORT").unwrap_or(DEFAULT_PROMETHEUS_PORT),
            },
            sdk_log_level: reader.text("OTEL_LOG_LEVEL").map(str::to_owned),
            log_filter: reader.text("RUST_LOG").map(str::to_owned),
            no_colour: reader.text("NO_COLOR").is_some(),
            #[cfg(feature = "otlp")]
            otlp: super::otlp::Otlp::from_environment(&mut reader),
        };
        if settings.disabled {
            settings.traces.clear();
            settings.metrics.clear();
            settings.logs.clear();
        }
        (settings, reader.into_ignored())
    }
}

const OTLP: (&str, Option<Exit>) = ("otlp", Some(Exit::Otlp));
const PROMETHEUS: (&str, Option<Exit>) = ("prometheus", Some(Exit::Prometheus));
const CONSOLE: (&str, Option<Exit>) = ("console", Some(Exit::Console));
const NONE: (&str, Option<Exit>) = ("none", None);

fn exits(reader: &mut Reader<'_>, variable: &str, default: &[(&str, Option<Exit>)]) -> Vec<Exit> {
    let mut known = vec![OTLP, CONSOLE, NONE];
    if default.contains(&PROMETHEUS) {
        known.push(PROMETHEUS);
    }
    let list = reader
        .words(variable, &known)
        .filter(|list| !list.is_empty())
        .unwrap_or_else(|| default.iter().map(|(_, exit)| *exit).collect());
    let mut exits: Vec<_> = list.into_iter().flatten().collect();
    exits.retain(|exit| {
        let built = is_built_in(*exit);
        if !built {
            // By default it is left out in silence: a program without the feature wants it so.
            if reader.text(variable).is_some() {
                reader.ignore(variable, format!("{exit:?} needs a Cargo feature that this program was built without"));
            }
        }
        built
    });
    exits
}

fn is_built_in(exit: Exit) -> bool {
    match exit {
        Exit::Otlp => cfg!(feature = "otlp"),
        Exit::Prometheus => cfg!(feature = "prometheus"),
        Exit::Console => true,
    }
}

fn sampler(reader: &mut Reader<'_>) -> Sampler {
    let known = [
        ("always_on", (false, Some(1.0))),
        ("always_off", (false, Some(0.0))),
        ("traceidratio", (false, None)),
        ("parentbased_always_on", (true, Some(1.0))),
        ("parentbased_always_off", (true, Some(0.0))),
        ("parentbased_traceidratio", (true, None)),
    ];
    let (parent_based, share) = reader.word("OTEL_TRACES_SAMPLER", &known).unwrap_or((true, Some(1.0)));
    let root = share.unwrap_or_else(|| {
        reader
            .parse("OTEL_TRACES_SAMPLER_ARG", |value| match value.parse() {
                Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
                _ => Err(format!("`{value}` is not a share between 0 and 1")),
            })
            .unwrap_or(1.0)
    });
    Sampler { parent_based, root }
}

fn propagators(reader: &mut Reader<'_>) -> Vec<Propagator> {
    let known =
        [("tracecontext", Some(Propagator::TraceContext)), ("baggage", Some(Propagator::Baggage)), ("none", None)];
    match reader.words("OTEL_PROPAGATORS", &known) {
        Some(list) => list.into_iter().flatten().collect(),
        None => vec![Propagator::TraceContext, Propagator::Baggage],
    }
}

fn batch(reader: &mut Reader<'_>, prefix: &str, default: Batch) -> Batch {
    let queue = reader.number(&format!("{prefix}_MAX_QUEUE_SIZE")).filter(|size| *size > 0).unwrap_or(default.queue);
    let batch = reader.number(&format!("{prefix}_MAX_EXPORT_BATCH_SIZE")).filter(|size| *size > 0);
    Batch {
        delay: reader.milliseconds(&format!("{prefix}_SCHEDULE_DELAY")).unwrap_or(default.delay),
        queue,
        batch: batch.unwrap_or(default.batch).min(queue),
    }
}

impl std::fmt::Display for Sampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let prefix = if self.parent_based { "parentbased_" } else { "" };
        match self.root {
            share if share >= 1.0 => write!(f, "{prefix}always_on"),
            share if share <= 0.0 => write!(f, "{prefix}always_off"),
            share => write!(f, "{prefix}traceidratio {share}"),
        }
    }
}
