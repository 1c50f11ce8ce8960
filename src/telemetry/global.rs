//! What `init()` makes reachable from everywhere.

use std::sync::OnceLock;

use super::error::Error;
use crate::data::Data;
use crate::media::Media;
use crate::operation::Instruments;
use crate::work::Work;

static HANDLES: OnceLock<(Data, Media, Work)> = OnceLock::new();

pub(super) fn set(data: &Data, media: &Media, work: &Work) -> Result<(), Error> {
    HANDLES.set((data.clone(), media.clone(), work.clone())).map_err(|_| Error::InitialisedBefore)
}

pub(super) fn is_set() -> bool {
    HANDLES.get().is_some()
}

/// Makes what measures databases, caches and buffers, of the telemetry that was initialised; before that, they
/// record nothing.
pub fn data() -> Data {
    HANDLES.get().map_or_else(|| Data::new(&Instruments::noop()), |(data, ..)| data.clone())
}

/// Makes media operations of the telemetry that was initialised; before that, they record nothing.
pub fn media() -> Media {
    HANDLES.get().map_or_else(|| Media::new(&Instruments::noop()), |(_, media, _)| media.clone())
}

/// Makes jobs of the telemetry that was initialised; before that, they record nothing.
pub fn work() -> Work {
    HANDLES.get().map_or_else(
        || {
            let instruments = Instruments::noop();
            Work::new(&instruments, &Media::new(&instruments))
        },
        |(.., work)| work.clone(),
    )
}
