//! What `init()` makes reachable from everywhere.

use std::sync::OnceLock;

use super::error::Error;
use crate::media::Media;
use crate::operation::Instruments;
use crate::work::Work;

static HANDLES: OnceLock<(Media, Work)> = OnceLock::new();

pub(super) fn set(media: &Media, work: &Work) -> Result<(), Error> {
    HANDLES.set((media.clone(), work.clone())).map_err(|_| Error::InitialisedBefore)
}

pub(super) fn is_set() -> bool {
    HANDLES.get().is_some()
}

/// Makes media operations of the telemetry that was initialised; before that, they record nothing.
pub fn media() -> Media {
    HANDLES.get().map_or_else(|| Media::new(&Instruments::noop()), |(media, _)| media.clone())
}

/// Makes jobs of the telemetry that was initialised; before that, they record nothing.
pub fn work() -> Work {
    HANDLES.get().map_or_else(
        || {
            let instruments = Instruments::noop();
            Work::new(&instruments, &Media::new(&instruments))
        },
        |(_, work)| work.clone(),
    )
}
