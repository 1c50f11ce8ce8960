//! Packaging: `media.package.*`.

use super::attribute::{ERROR_TYPE, OUTCOME, PACKAGE_FORMAT};
use super::buckets::Family;
use super::definition::Instrument;

/// One package.
pub const DURATION: Instrument =
    Instrument::histogram("media.package.duration", "s", "Packaging of one asset, from its start to its end")
        .buckets(Family::Work)
        .attributes(&[ERROR_TYPE, OUTCOME, PACKAGE_FORMAT]);

/// Segments written.
pub const SEGMENTS: Instrument =
    Instrument::counter("media.package.segments", "{segment}", "Media segments of packages that succeeded")
        .attributes(&[PACKAGE_FORMAT]);

/// Bytes written.
pub const OUTPUT: Instrument =
    Instrument::counter("media.package.output", "By", "Size of packages that succeeded, manifests included")
        .attributes(&[PACKAGE_FORMAT]);

/// All of them.
pub const ALL: &[Instrument] = &[DURATION, SEGMENTS, OUTPUT];
