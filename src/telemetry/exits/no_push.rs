//! OTLP push, in a program that was built without it.

use std::time::{Duration, Instant};

use super::super::error::Error;
use super::super::settings::Settings;
use super::super::shutdown::Lost;
use crate::exemplar::Exemplars;
use crate::operation::{Instruments, Observed};

#[derive(Clone, Debug)]
pub(super) struct Push;

/// No exporters: these types only stand where there is none.
#[derive(Debug, Default)]
pub(in crate::telemetry) struct Exporters {
    pub(in crate::telemetry) traces: Vec<opentelemetry_stdout::SpanExporter>,
    pub(in crate::telemetry) metrics: Vec<opentelemetry_stdout::MetricExporter>,
    pub(in crate::telemetry) logs: Vec<opentelemetry_stdout::LogExporter>,
}

impl Push {
    pub(super) fn start(_: &Settings, _: &Exemplars) -> Result<(Self, Exporters), Error> {
        Ok((Self, Exporters::default()))
    }

    pub(super) fn observe(&self, _: &Instruments) -> Vec<Observed> {
        Vec::new()
    }

    pub(super) fn lost(&self, _: &[u64], _: &[u64]) -> Lost {
        Lost::default()
    }

    pub(super) fn failed(&self) -> Lost {
        Lost::default()
    }

    pub(super) fn finish_by(&self, _: Instant) {}

    pub(super) fn stop(&self, _: Duration) -> Option<String> {
        None
    }
}
