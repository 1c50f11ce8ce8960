//! Queues of jobs: `media.queue.*`. How long each job waits is `media.job.queue.duration`.

use super::attribute::QUEUE_NAME;
use super::definition::Instrument;

/// Jobs that wait.
pub const SIZE: Instrument =
    Instrument::gauge("media.queue.size", "{job}", "Jobs that wait in a queue; absent while it is not known")
        .attributes(&[QUEUE_NAME]);

/// How long the oldest of them has waited.
pub const OLDEST_AGE: Instrument = Instrument::gauge(
    "media.queue.oldest.age",
    "s",
    "How long the job that has waited longest has waited; 0 for an empty queue, absent while it is not known",
)
.attributes(&[QUEUE_NAME]);

/// All of them.
pub const ALL: &[Instrument] = &[SIZE, OLDEST_AGE];
