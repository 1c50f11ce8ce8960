//! What is in force: plain data, whichever way it was configured, that the providers and exits are made from.
//!
//! It is shaped like the declarative configuration file, so that what came from variables can be shown as one.

mod distribution;
mod logs;
mod metrics;
mod processor;
mod propagator;
mod resource;
mod traces;

use opentelemetry::logs::Severity;

pub use crate::logs::RecordLimits;
pub use distribution::{Distribution, Endpoint, Lines, Secret};
pub use logs::Logs;
pub use metrics::{
    DEFAULT_METRIC_INTERVAL, DEFAULT_METRIC_TIMEOUT, DEFAULT_PROMETHEUS_HOST, DEFAULT_PROMETHEUS_PORT, MetricExporter,
    Metrics, Periodic, Prometheus, Reader,
};
pub use processor::{Batch, DEFAULT_RECORD_BATCH, DEFAULT_SPAN_BATCH, Exporter, Processor, ProcessorKind};
pub use propagator::Propagator;
pub(super) use resource::put_attribute;
pub use resource::{Detection, Detector, ResourceSettings};
pub use traces::{ParentBased, Sampler, SpanLimits, Traces};

use super::config;
use super::environment::{Environment, Ignored};
use super::error::Error;

/// What is in force, whichever way it was configured.
///
/// `Debug` shows no secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Nothing is recorded; propagation goes on (`OTEL_SDK_DISABLED`, `disabled`).
    pub disabled: bool,
    /// The least severe messages of the OpenTelemetry crates' own log that are shown (`OTEL_LOG_LEVEL`, `log_level`).
    /// `None` shows warnings, without those that telecine says better itself; `Fatal` shows nothing, since Rust has no
    /// level above `Error`.
    pub log_level: Option<Severity>,
    /// Who reports.
    pub resource: ResourceSettings,
    /// How context travels, in the order in which it is read and written.
    pub propagators: Vec<Propagator>,
    /// Traces.
    pub traces: Traces,
    /// Metrics.
    pub metrics: Metrics,
    /// Log records.
    pub logs: Logs,
    /// What is telecine's own.
    pub distribution: Distribution,
}

impl Settings {
    /// What is in force in this environment, and what of it is not honoured. `OTEL_CONFIG_FILE` names a
    /// [configuration file](config::File): it says everything then, and of the variables only those count that it
    /// refers to, with `RUST_LOG` and `NO_COLOR`, which are not OpenTelemetry's.
    ///
    /// # Errors
    /// [`Error::Config`]: the file is not valid. A variable that cannot be read is ignored.
    pub fn resolve(environment: &Environment) -> Result<(Self, Vec<Ignored>), Error> {
        match environment.get(config::VARIABLE) {
            Some(path) => Ok(config::File::read(path, environment)?.in_force(environment)),
            // Without its file the program would do something else than was asked for.
            None if environment.is_unreadable(config::VARIABLE) => Err(config::Error::unnamed().into()),
            None => Ok(Self::from_environment(environment)),
        }
    }

    /// The same, as long as it is not switched off; else without anything that records.
    pub(super) fn while_enabled(&self) -> Self {
        let mut settings = self.clone();
        if settings.disabled {
            settings.traces.processors.clear();
            settings.metrics.readers.clear();
            settings.logs.processors.clear();
        }
        settings
    }
}
