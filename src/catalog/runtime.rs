//! Tokio runtimes: `media.runtime.*`.

use super::definition::{Attribute, Instrument};

/// Which runtime it is.
pub const RUNTIME_NAME: Attribute =
    Attribute::budget("media.runtime.name", "Name of the runtime, as the program gives it: `main`", 16);

/// What a thread does.
pub const THREAD_STATE: Attribute =
    Attribute::one_of("media.runtime.thread.state", "Whether the thread has work", &["busy", "idle"]);

/// Worker threads.
pub const WORKER_LIMIT: Instrument =
    Instrument::up_down_counter("media.runtime.worker.limit", "{thread}", "Worker threads that the runtime has")
        .attributes(&[RUNTIME_NAME]);

/// Time in which workers had something to do.
pub const WORKER_BUSY_TIME: Instrument = Instrument::counter(
    "media.runtime.worker.busy.time",
    "s",
    "Time in which workers were not parked, over all of them: its rate is the number of busy workers",
)
.attributes(&[RUNTIME_NAME]);

/// Share of time in which workers had something to do.
pub const WORKER_UTILIZATION: Instrument = Instrument::gauge(
    "media.runtime.worker.utilization",
    "1",
    "Share of time in which workers were not parked, since the reading before, which is a second old at least",
)
.attributes(&[RUNTIME_NAME]);

/// Tasks that live.
pub const TASKS: Instrument =
    Instrument::up_down_counter("media.runtime.task.active", "{task}", "Tasks that were spawned and have not ended")
        .attributes(&[RUNTIME_NAME]);

/// Tasks that wait in the global queue.
pub const QUEUE_SIZE: Instrument = Instrument::up_down_counter(
    "media.runtime.queue.size",
    "{task}",
    "Tasks that are ready to run and wait in the queue that all workers share",
)
.attributes(&[RUNTIME_NAME]);

/// Threads for blocking work.
pub const BLOCKING_THREADS: Instrument = Instrument::up_down_counter(
    "media.runtime.blocking.active",
    "{thread}",
    "Threads for blocking work that the runtime has at the moment; only in programs built with `tokio_unstable`",
)
.attributes(&[RUNTIME_NAME, THREAD_STATE]);

/// Blocking work that waits for a thread.
pub const BLOCKING_QUEUE_SIZE: Instrument = Instrument::up_down_counter(
    "media.runtime.blocking.queue.size",
    "{task}",
    "Blocking work that waits for a thread; only in programs built with `tokio_unstable`",
)
.attributes(&[RUNTIME_NAME]);

/// All of them.
pub const ALL: &[Instrument] =
    &[WORKER_LIMIT, WORKER_BUSY_TIME, WORKER_UTILIZATION, TASKS, QUEUE_SIZE, BLOCKING_THREADS, BLOCKING_QUEUE_SIZE];
