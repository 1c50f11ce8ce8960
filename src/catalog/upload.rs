//! Uploads: `media.upload.*`. One upload is one object's way up, retries included.

use super::attribute::{ERROR_TYPE, FILE_TYPE, OUTCOME, RETRY_REASON, STORE};
use super::buckets::Family;
use super::definition::Instrument;

/// One upload.
pub const DURATION: Instrument = Instrument::histogram(
    "media.upload.duration",
    "s",
    "One object's way up, from its start to its end, retries included",
)
.buckets(Family::Upload)
.attributes(&[ERROR_TYPE, FILE_TYPE, OUTCOME, STORE]);

/// Uploads that run.
pub const ACTIVE: Instrument = Instrument::up_down_counter("media.upload.active", "{upload}", "Uploads that run now")
    .attributes(&[FILE_TYPE, STORE]);

/// Uploads that wait.
pub const PENDING: Instrument =
    Instrument::up_down_counter("media.upload.pending", "{upload}", "Uploads that wait to be started")
        .attributes(&[FILE_TYPE, STORE]);

/// Bytes that arrived.
pub const IO: Instrument =
    Instrument::counter("media.upload.io", "By", "Bytes of uploads that succeeded").attributes(&[FILE_TYPE, STORE]);

/// Size of objects.
pub const SIZE: Instrument =
    Instrument::histogram("media.upload.size", "By", "Size of the objects of uploads that succeeded")
        .buckets(Family::Size)
        .attributes(&[FILE_TYPE, STORE]);

/// Parts sent.
pub const PARTS: Instrument =
    Instrument::counter("media.upload.parts", "{part}", "Parts of multipart uploads that were sent")
        .attributes(&[OUTCOME, STORE]);

/// Requests repeated.
pub const RETRIES: Instrument =
    Instrument::counter("media.upload.retries", "{retry}", "Requests of uploads that were sent again, by reason")
        .attributes(&[RETRY_REASON, STORE]);

/// Multipart uploads given up.
pub const ABORTS: Instrument = Instrument::counter(
    "media.upload.aborts",
    "{upload}",
    "Multipart uploads that were given up and removed from the store",
)
.attributes(&[STORE]);

/// All of them.
pub const ALL: &[Instrument] = &[DURATION, ACTIVE, PENDING, IO, SIZE, PARTS, RETRIES, ABORTS];
