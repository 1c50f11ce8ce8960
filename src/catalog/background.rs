//! Background tasks: `media.background.*`. A run is one call of the task's function; a retry is another run.

use super::attribute::{ERROR_TYPE, OUTCOME, TASK};
use super::buckets::Family;
use super::definition::Instrument;

/// One run.
pub const DURATION: Instrument = Instrument::histogram(
    "media.background.duration",
    "s",
    "One run of a background task, from its start to its end; a retry is a run of its own",
)
// From a look at a queue to the scan of a large store.
.buckets(Family::Own(&[
    0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0,
]))
.attributes(&[OUTCOME, TASK]);

/// When a run last succeeded.
pub const LAST_SUCCESS: Instrument = Instrument::gauge(
    "media.background.last_success",
    "s",
    "When a run of a background task last succeeded, as Unix time; absent before the first does, and once the task is stopped",
)
.attributes(&[TASK]);

/// Runs that failed.
pub const ERRORS: Instrument =
    Instrument::counter("media.background.errors", "{error}", "Runs of a background task that failed, by reason")
        .attributes(&[ERROR_TYPE, TASK]);

/// All of them.
pub const ALL: &[Instrument] = &[DURATION, LAST_SUCCESS, ERRORS];
