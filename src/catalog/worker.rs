//! Those who do the jobs: `media.worker.*`.

use super::attribute::{OUTCOME, WORKER_NAME, WORKER_RESOURCE, WORKER_STATE};
use super::definition::Instrument;

/// Workers by state.
pub const ACTIVE: Instrument =
    Instrument::gauge("media.worker.active", "{worker}", "Workers that are known, by what they do now")
        .attributes(&[WORKER_STATE]);

/// Signs of life.
pub const HEARTBEATS: Instrument =
    Instrument::counter("media.worker.heartbeats", "{heartbeat}", "Heartbeats of all workers");

/// Time since the last sign of life.
pub const HEARTBEAT_AGE: Instrument = Instrument::gauge(
    "media.worker.heartbeat.age",
    "s",
    "Time since a worker's last heartbeat; gone with the worker, and the largest of those that are `other`",
)
.attributes(&[WORKER_NAME]);

/// Jobs that a worker is done with.
pub const JOBS: Instrument = Instrument::counter(
    "media.worker.jobs",
    "{job}",
    "Jobs that a worker is done with, by how its attempt ended; gone with the worker",
)
.attributes(&[OUTCOME, WORKER_NAME]);

/// How much of a resource is in use.
pub const LOAD: Instrument = Instrument::gauge(
    "media.worker.load",
    "1",
    "Demand on a resource over what there is of it, so that it may pass 1; the mean of the workers that say it and are not lost",
)
.attributes(&[WORKER_RESOURCE]);

/// How many jobs may run.
pub const CAPACITY: Instrument =
    Instrument::gauge("media.worker.capacity", "{job}", "Jobs that the workers that are not lost can run at once");

/// All of them.
pub const ALL: &[Instrument] = &[ACTIVE, HEARTBEATS, HEARTBEAT_AGE, JOBS, LOAD, CAPACITY];
