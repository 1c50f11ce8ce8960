//! Caches and buffers: `media.cache.*`, `media.buffer.*`.

use super::attribute::{BUFFER_NAME, CACHE_NAME};
use super::definition::Instrument;

/// Found.
pub const HITS: Instrument =
    Instrument::counter("media.cache.hits", "{hit}", "Look-ups that found what they asked for")
        .attributes(&[CACHE_NAME]);

/// Not found.
pub const MISSES: Instrument =
    Instrument::counter("media.cache.misses", "{miss}", "Look-ups that did not find what they asked for")
        .attributes(&[CACHE_NAME]);

/// Bytes that wait in memory.
pub const BUFFER_USAGE: Instrument =
    Instrument::up_down_counter("media.buffer.usage", "By", "Bytes that a buffer holds now").attributes(&[BUFFER_NAME]);

/// All of them.
pub const ALL: &[Instrument] = &[HITS, MISSES, BUFFER_USAGE];
