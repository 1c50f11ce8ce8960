//! Transcodes: `media.transcode.*`. One transcode makes one rendition.

use super::attribute::{
    CAMERA, CODEC, DEFECT_KIND, ENCODER, ENCODER_REQUESTED, ERROR_TYPE, HARDWARE, OUTCOME, QUALITY_METRIC, RENDITION,
};
use super::buckets::Family;
use super::definition::Instrument;

/// One transcode.
pub const DURATION: Instrument =
    Instrument::histogram("media.transcode.duration", "s", "One transcode of one rendition, from its start to its end")
        .buckets(Family::Work)
        .attributes(&[ERROR_TYPE, CODEC, HARDWARE, OUTCOME, RENDITION]);

/// Transcodes that run.
pub const ACTIVE: Instrument =
    Instrument::up_down_counter("media.transcode.active", "{transcode}", "Transcodes that run now")
        .attributes(&[CODEC, HARDWARE, RENDITION]);

/// Frames encoded.
pub const FRAMES: Instrument =
    Instrument::counter("media.transcode.frames", "{frame}", "Frames encoded").attributes(&[CAMERA, CODEC, RENDITION]);

/// Frames left out.
pub const FRAMES_DROPPED: Instrument =
    Instrument::counter("media.transcode.frames.dropped", "{frame}", "Frames left out to keep the output's frame rate")
        .attributes(&[CODEC, RENDITION]);

/// Frames repeated.
pub const FRAMES_DUPLICATED: Instrument = Instrument::counter(
    "media.transcode.frames.duplicated",
    "{frame}",
    "Frames repeated to keep the output's frame rate",
)
.attributes(&[CODEC, RENDITION]);

/// Media seconds produced.
pub const MEDIA_TIME: Instrument = Instrument::counter(
    "media.transcode.media.time",
    "s",
    "Media time produced: its rate is the speed, in times real time",
)
.attributes(&[CODEC, HARDWARE, RENDITION]);

/// Pixels encoded.
pub const PIXELS: Instrument = Instrument::counter(
    "media.transcode.pixels",
    "{pixel}",
    "Pixels encoded: frames times width times height, the load that compares resolutions",
)
.attributes(&[CODEC, HARDWARE, RENDITION]);

/// Bytes read.
pub const INPUT: Instrument =
    Instrument::counter("media.transcode.input", "By", "Size of the inputs of transcodes that ended")
        .attributes(&[RENDITION]);

/// Bytes written.
pub const OUTPUT: Instrument =
    Instrument::counter("media.transcode.output", "By", "Size of the outputs of transcodes that succeeded")
        .attributes(&[CODEC, RENDITION]);

/// Output size by input size.
pub const COMPRESSION_RATIO: Instrument = Instrument::histogram(
    "media.transcode.compression.ratio",
    "1",
    "Output size divided by input size, of transcodes that succeeded",
)
.buckets(Family::Ratio)
.attributes(&[CODEC, RENDITION]);

/// Times real time.
pub const SPEED: Instrument = Instrument::histogram(
    "media.transcode.speed",
    "1",
    "Media time produced divided by time taken, of transcodes that succeeded: 1 is real time",
)
.buckets(Family::Speed)
.attributes(&[CODEC, HARDWARE, RENDITION]);

/// Times without progress.
pub const STALLS: Instrument =
    Instrument::counter("media.transcode.stalls", "{stall}", "Times that a running transcode stopped to make progress")
        .attributes(&[CODEC, HARDWARE, RENDITION]);

/// Errors survived.
pub const DEFECTS: Instrument = Instrument::counter(
    "media.transcode.defects",
    "{defect}",
    "Errors in the input that the decoder survived; the output may show them",
)
.attributes(&[DEFECT_KIND, RENDITION]);

/// Encoders replaced.
pub const FALLBACKS: Instrument = Instrument::counter(
    "media.transcode.fallbacks",
    "{fallback}",
    "Transcodes for which another encoder than the one asked for was used",
)
.attributes(&[ENCODER, ENCODER_REQUESTED]);

/// Picture quality.
pub const QUALITY: Instrument = Instrument::histogram(
    "media.transcode.quality",
    "{score}",
    "Picture quality of a rendition against its source, by the measure's own scale",
)
.buckets(Family::Score)
.attributes(&[QUALITY_METRIC, RENDITION]);

/// All of them.
pub const ALL: &[Instrument] = &[
    DURATION,
    ACTIVE,
    FRAMES,
    FRAMES_DROPPED,
    FRAMES_DUPLICATED,
    MEDIA_TIME,
    PIXELS,
    INPUT,
    OUTPUT,
    COMPRESSION_RATIO,
    SPEED,
    STALLS,
    DEFECTS,
    FALLBACKS,
    QUALITY,
];
