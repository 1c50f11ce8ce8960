//! Speech to text: `media.transcription.*`, who speaks when, and the models that tell.

use super::attribute::{BACKEND, ERROR_TYPE, MODEL, OUTCOME};
use super::buckets::Family;
use super::definition::Instrument;

/// One transcription.
pub const DURATION: Instrument =
    Instrument::histogram("media.transcription.duration", "s", "One transcription, from its start to its end")
        .buckets(Family::Work)
        .attributes(&[ERROR_TYPE, MODEL, OUTCOME]);

/// Media seconds transcribed.
pub const MEDIA_TIME: Instrument = Instrument::counter(
    "media.transcription.media.time",
    "s",
    "Media time transcribed: its rate is the speed, in times real time",
)
.attributes(&[MODEL]);

/// Words of a transcript.
pub const WORDS: Instrument =
    Instrument::histogram("media.transcription.words", "{word}", "Words of a transcript, of those that succeeded")
        .buckets(Family::Count)
        .attributes(&[MODEL]);

/// Pieces of a transcription.
pub const CHUNKS: Instrument = Instrument::histogram(
    "media.transcription.chunks",
    "{chunk}",
    "Pieces that a media was transcribed in, of transcriptions that succeeded",
)
.buckets(Family::Count)
.attributes(&[MODEL]);

/// One piece.
pub const CHUNK_DURATION: Instrument =
    Instrument::histogram("media.transcription.chunk.duration", "s", "Time to transcribe one piece")
        .buckets(Family::Upload)
        .attributes(&[MODEL]);

/// Telling speakers apart.
pub const DIARIZATION_DURATION: Instrument =
    Instrument::histogram("media.diarization.duration", "s", "Telling the speakers of one media apart")
        .buckets(Family::Work)
        .attributes(&[ERROR_TYPE, MODEL, OUTCOME]);

/// Loading a model.
pub const MODEL_LOAD_DURATION: Instrument = Instrument::histogram(
    "media.model.load.duration",
    "s",
    "Loading one model, until it can be used; a download of it included where there is one",
)
.buckets(Family::Upload)
.attributes(&[ERROR_TYPE, BACKEND, MODEL, OUTCOME]);

/// All of them.
pub const ALL: &[Instrument] =
    &[DURATION, MEDIA_TIME, WORDS, CHUNKS, CHUNK_DURATION, DIARIZATION_DURATION, MODEL_LOAD_DURATION];
