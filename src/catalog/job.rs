//! Jobs: `media.job.*`.

use super::attribute::{ERROR_ORIGIN, ERROR_TYPE, JOB_TYPE, OUTCOME, RETRY_REASON, STAGE};
use super::buckets::Family;
use super::definition::Instrument;

/// Jobs accepted.
pub const CREATED: Instrument =
    Instrument::counter("media.job.created", "{job}", "Jobs accepted, before they wait or run").attributes(&[JOB_TYPE]);

/// From the first attempt's start to the job's end.
pub const DURATION: Instrument = Instrument::histogram(
    "media.job.duration",
    "s",
    "From the start of a job's first attempt to the end of its last, retries and the waits between them included; 0 for a job that ended before it ran",
)
.buckets(Family::Work)
.attributes(&[ERROR_TYPE, ERROR_ORIGIN, JOB_TYPE, OUTCOME]);

/// From acceptance to the first attempt.
pub const QUEUE_DURATION: Instrument =
    Instrument::histogram("media.job.queue.duration", "s", "From a job's acceptance to the start of its first attempt")
        .buckets(Family::QueueWait)
        .attributes(&[JOB_TYPE]);

/// Jobs that run.
pub const ACTIVE: Instrument =
    Instrument::up_down_counter("media.job.active", "{job}", "Jobs that run now, by the step they are in")
        .attributes(&[JOB_TYPE, STAGE]);

/// Attempts after the first.
pub const RETRIES: Instrument = Instrument::counter(
    "media.job.retries",
    "{retry}",
    "Attempts after a job's first, by what made the one before fail",
)
.attributes(&[JOB_TYPE, RETRY_REASON]);

/// Time lost in failed attempts.
pub const WASTED_TIME: Instrument =
    Instrument::counter("media.job.wasted.time", "s", "Time spent in attempts that failed").attributes(&[JOB_TYPE]);

/// All of them.
pub const ALL: &[Instrument] = &[CREATED, DURATION, QUEUE_DURATION, ACTIVE, RETRIES, WASTED_TIME];
