//! Transcription, conversion and playback: what is done here, and what is to be read of it.

use std::time::{Duration, Instant};

use telecine::catalog::{conversion, playback, transcription};
use telecine::operation::ErrorType;

use crate::expected::{Expected, Labels, Want};
use crate::support::Bench;

pub(crate) fn drive(bench: &Bench) {
    bench.media.model_load("en-us").backend("pocketsphinx").start().success();
    let transcription = bench.media.transcription("en-us").language("en").start();
    let recorder = transcription.recorder();
    for words in [7, 0, 5] {
        recorder.chunk(Duration::from_millis(250));
        recorder.media_time(Duration::from_secs(30));
        recorder.words(words);
    }
    transcription.success();
    let transcription = bench.media.transcription("en-us").start();
    transcription.recorder().media_time(Duration::from_secs(10));
    transcription.recorder().words(3);
    transcription.failure(ErrorType::InputInvalid);
    bench.media.diarization("pyannote").start().success();

    let conversion = bench.media.conversion("kitchen").episode("000042").start();
    let recorder = conversion.recorder();
    recorder.camera("wrist").frames(250);
    recorder.camera("front").frames(249);
    conversion.success();
    bench.media.conversion("kitchen").episode("000043").start().failure(ErrorType::InputMissing);

    let now = Instant::now();
    let session = bench.media.playback().start_at(now);
    let now = now + Duration::from_secs(60);
    session.heartbeat_at(now, Duration::from_secs(31));
    session.heartbeat_at(now, Duration::from_secs(10));
}

pub(crate) fn expect(expected: &mut Expected) {
    use Want::{Count, CountSum, Is};
    const EN_US: Labels = &[("media.model", "en-us")];
    expected.want(
        &transcription::DURATION,
        vec![
            (&[("media.model", "en-us"), ("media.outcome", "success")][..], Count(1)),
            (&[("error.type", "input_invalid"), ("media.model", "en-us"), ("media.outcome", "failure")], Count(1)),
        ],
    );
    expected.want(&transcription::MEDIA_TIME, vec![(EN_US, Is(100.0))]);
    expected.want(&transcription::WORDS, vec![(EN_US, CountSum(1, 12.0))]);
    expected.want(&transcription::CHUNKS, vec![(EN_US, CountSum(1, 3.0))]);
    expected.want(&transcription::CHUNK_DURATION, vec![(EN_US, CountSum(3, 0.75))]);
    expected.want(
        &transcription::DIARIZATION_DURATION,
        vec![(&[("media.model", "pyannote"), ("media.outcome", "success")], Count(1))],
    );
    expected.want(
        &transcription::MODEL_LOAD_DURATION,
        vec![(&[("media.backend", "pocketsphinx"), ("media.model", "en-us"), ("media.outcome", "success")], Count(1))],
    );
    expected.want(
        &conversion::EPISODE_DURATION,
        vec![
            (&[("media.dataset", "kitchen"), ("media.outcome", "success")][..], Count(1)),
            (&[("error.type", "input_missing"), ("media.dataset", "kitchen"), ("media.outcome", "failure")], Count(1)),
        ],
    );
    expected.want(
        &conversion::FRAMES,
        vec![
            (&[("media.camera", "wrist"), ("media.dataset", "kitchen")], Is(250.0)),
            (&[("media.camera", "front"), ("media.dataset", "kitchen")], Is(249.0)),
        ],
    );
    expected.want(&conversion::ACTIVE, vec![(&[("media.dataset", "kitchen")], Is(0.0))]);
    expected.want(&playback::WATCH_TIME, vec![(&[], Is(41.0))]);
    // It is over: tests/operations/a_view_is_what_was_watched.rs has those that are not.
    expected.want(&playback::SESSIONS, vec![(&[], Is(0.0))]);
    expected.want(&playback::VIEWS, vec![(&[], Is(1.0))]);
}
