//! The endpoint that Prometheus scrapes, in a program that was built without it.

use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::MeterProviderBuilder;

use super::super::error::Error;
use super::super::settings::Settings;
use crate::catalog::Catalog;
use crate::exemplar::Exemplars;
use crate::operation::{Instruments, Observed};
use crate::pull::Mapper;

#[derive(Debug, Default)]
pub(in crate::telemetry) struct Access {
    _nobody: (),
}

pub(in crate::telemetry) struct Readers;

#[derive(Clone, Debug)]
pub(super) struct Pull;

impl Readers {
    pub(in crate::telemetry) fn add_to(self, builder: MeterProviderBuilder) -> MeterProviderBuilder {
        builder
    }
}

impl Pull {
    pub(super) fn start(
        _: &Settings,
        _: Option<&str>,
        _: &Exemplars,
        _: &Catalog,
        _: &Resource,
        _: &Mapper,
        _: Access,
    ) -> Result<(Self, Readers), Error> {
        Ok((Self, Readers))
    }

    pub(super) fn places(&self) -> Vec<String> {
        Vec::new()
    }

    pub(super) fn observe(&self, _: &Instruments) -> Vec<Observed> {
        Vec::new()
    }

    pub(super) fn stop(&self, _: Duration) -> Option<String> {
        None
    }
}
