//! The worker's own instrument, beside telecine's: in the same catalogue, linted, bucketed and bounded alike.

use std::time::Duration;

use telecine::Telemetry;
use telecine::catalog::{Family, Instrument, attribute};
use telecine::operation::{Histogram, Instruments};

use crate::pipeline::JobType;

/// For `Builder::catalog`.
pub const OWN: &[Instrument] = &[SOURCE_DURATION];

const SOURCE_DURATION: Instrument =
    Instrument::histogram("worker.source.duration", "s", "How long the media is that jobs were given")
        .buckets(Family::Work)
        .attributes(&[attribute::JOB_TYPE]);

pub struct SourceDuration {
    instruments: Instruments,
    histogram: Histogram,
}

impl SourceDuration {
    pub fn new(telemetry: &Telemetry) -> Self {
        let instruments = telemetry.instruments().clone();
        Self { histogram: instruments.histogram(&SOURCE_DURATION), instruments }
    }

    pub fn record(&self, job_type: JobType, duration: Duration) {
        let labels = self.instruments.labels().set(&attribute::JOB_TYPE, job_type.as_str());
        self.histogram.record(duration.as_secs_f64(), &labels);
    }
}
