//! Object stores: `media.storage.*`.

use super::attribute::{ERROR_TYPE, FILE_TYPE, IO_DIRECTION, OUTCOME, RETRY_REASON, STORAGE_OPERATION, STORE, TENANT};
use super::buckets::Family;
use super::definition::Instrument;

/// One operation of a store.
pub const OPERATION_DURATION: Instrument = Instrument::histogram(
    "media.storage.operation.duration",
    "s",
    "One operation of a store, from the call to its answer, the client's own retries included; of `get`, to the end of the body",
)
.buckets(Family::Upload)
.attributes(&[ERROR_TYPE, OUTCOME, STORAGE_OPERATION, STORE]);

/// Bytes moved.
pub const IO: Instrument = Instrument::counter("media.storage.io", "By", "Bytes that went to or came from a store")
    .attributes(&[FILE_TYPE, IO_DIRECTION, STORE]);

/// Requests of the client.
pub const ATTEMPTS: Instrument = Instrument::counter(
    "media.storage.attempts",
    "{attempt}",
    "Requests that a store's client sent, those that were sent again included, by their answer",
)
.attributes(&[ERROR_TYPE, OUTCOME, STORE]);

/// Requests repeated by the client.
pub const RETRIES: Instrument =
    Instrument::counter("media.storage.retries", "{retry}", "Requests that a store's client sent again, by reason")
        .attributes(&[RETRY_REASON, STORE]);

/// Bytes held.
pub const USAGE: Instrument = Instrument::gauge(
    "media.storage.usage",
    "By",
    "Bytes that a store holds: what the last whole scan found, and what was written and removed since it began",
)
.attributes(&[STORE, TENANT]);

/// Objects held.
pub const OBJECTS: Instrument = Instrument::gauge(
    "media.storage.objects",
    "{object}",
    "Objects or files that a store holds, counted as its bytes are",
)
.attributes(&[STORE, TENANT]);

/// Bytes allowed.
pub const LIMIT: Instrument =
    Instrument::gauge("media.storage.limit", "By", "Bytes that a tenant, or all of a store, may hold")
        .attributes(&[STORE, TENANT]);

/// What was not seen to come or go.
pub const DRIFT: Instrument = Instrument::gauge(
    "media.storage.drift",
    "By",
    "What the last whole scan found less the running total of that time: bytes that came (above 0) or went unseen",
)
.attributes(&[STORE, TENANT]);

/// How the last scan ended.
pub const RECONCILIATION_STATUS: Instrument = Instrument::gauge(
    "media.storage.reconciliation.status",
    "{status}",
    "How the last scan ended: 1 whole, 0 failed, -1 partial, which changes no total",
)
.attributes(&[STORE]);

/// All of them.
pub const ALL: &[Instrument] =
    &[OPERATION_DURATION, IO, ATTEMPTS, RETRIES, USAGE, OBJECTS, LIMIT, DRIFT, RECONCILIATION_STATUS];
