//! Steps of a job: `media.stage.*`.

use super::attribute::{ERROR_TYPE, OUTCOME, STAGE};
use super::buckets::Family;
use super::definition::Instrument;

/// One step of a job.
pub const DURATION: Instrument =
    Instrument::histogram("media.stage.duration", "s", "One step of a job, from its start to its end")
        .buckets(Family::Work)
        .attributes(&[ERROR_TYPE, OUTCOME, STAGE]);

/// All of them.
pub const ALL: &[Instrument] = &[DURATION];
