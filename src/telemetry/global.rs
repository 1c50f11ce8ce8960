//! What `init()` makes reachable from everywhere.

use std::sync::OnceLock;

use super::error::Error;
use crate::data::Data;
#[cfg(feature = "http")]
use crate::http::Http;
use crate::media::Media;
use crate::operation::Instruments;
use crate::work::Work;

/// The makers of operations, one for each room.
#[derive(Debug)]
pub(super) struct Handles {
    pub(super) data: Data,
    pub(super) media: Media,
    pub(super) work: Work,
    #[cfg(feature = "http")]
    pub(super) http: Http,
}

static HANDLES: OnceLock<Handles> = OnceLock::new();

pub(super) fn set(handles: Handles) -> Result<(), Error> {
    HANDLES.set(handles).map_err(|_| Error::InitialisedBefore)
}

pub(super) fn is_set() -> bool {
    HANDLES.get().is_some()
}

/// Makes what measures databases, caches and buffers, of the telemetry that was initialised; before that, they
/// record nothing.
pub fn data() -> Data {
    HANDLES.get().map_or_else(|| Data::new(&Instruments::noop()), |handles| handles.data.clone())
}

/// Makes media operations of the telemetry that was initialised; before that, they record nothing.
pub fn media() -> Media {
    HANDLES.get().map_or_else(|| Media::new(&Instruments::noop()), |handles| handles.media.clone())
}

/// Makes jobs of the telemetry that was initialised; before that, they record nothing.
pub fn work() -> Work {
    HANDLES.get().map_or_else(
        || {
            let instruments = Instruments::noop();
            Work::new(&instruments, &Media::new(&instruments))
        },
        |handles| handles.work.clone(),
    )
}

/// Makes HTTP layers of the telemetry that was initialised; before that, they record nothing.
#[cfg(feature = "http")]
pub fn http() -> Http {
    HANDLES.get().map_or_else(|| Http::new(&Instruments::noop()), |handles| handles.http.clone())
}
