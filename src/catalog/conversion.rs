//! Conversions of data sets: `media.conversion.*`. One conversion makes one episode.

use super::attribute::{CAMERA, DATASET, ERROR_TYPE, OUTCOME};
use super::buckets::Family;
use super::definition::Instrument;

/// One episode.
pub const EPISODE_DURATION: Instrument = Instrument::histogram(
    "media.conversion.episode.duration",
    "s",
    "Conversion of one episode of a data set, from its start to its end",
)
.buckets(Family::Work)
.attributes(&[ERROR_TYPE, DATASET, OUTCOME]);

/// Frames converted.
pub const FRAMES: Instrument =
    Instrument::counter("media.conversion.frames", "{frame}", "Frames of episodes that were converted")
        .attributes(&[CAMERA, DATASET]);

/// Conversions that run.
pub const ACTIVE: Instrument =
    Instrument::up_down_counter("media.conversion.active", "{conversion}", "Conversions that run now")
        .attributes(&[DATASET]);

/// All of them.
pub const ALL: &[Instrument] = &[EPISODE_DURATION, FRAMES, ACTIVE];
