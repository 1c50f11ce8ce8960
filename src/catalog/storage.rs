//! Object stores: `media.storage.*`.

use super::attribute::{ERROR_TYPE, FILE_TYPE, IO_DIRECTION, OUTCOME, RETRY_REASON, STORAGE_OPERATION, STORE};
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

/// All of them.
pub const ALL: &[Instrument] = &[OPERATION_DURATION, IO, ATTEMPTS, RETRIES];
