//! A transcription: one engine that turns the speech of one media into text.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::catalog::{attribute, transcription as definitions};
use crate::operation::{
    self, AsError, BoundHistogram, BoundTimeCounter, End, Guard, Histogram, Instruments, Labels, Measured, Outcome,
    Run, Span, TimeCounter,
};

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    duration: Histogram,
    media_time: TimeCounter,
    words: Histogram,
    chunks: Histogram,
    chunk_duration: Histogram,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self {
            duration: instruments.histogram(&definitions::DURATION),
            media_time: instruments.time_counter(&definitions::MEDIA_TIME),
            words: instruments.histogram(&definitions::WORDS),
            chunks: instruments.histogram(&definitions::CHUNKS),
            chunk_duration: instruments.histogram(&definitions::CHUNK_DURATION),
        }
    }
}

/// A transcription, to be run.
///
/// What the engine reports goes to a [`Recorder`], whichever engine it is: a library that calls back, or
/// a program whose output is read.
///
/// ```
/// # use std::time::{Duration, Instant};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let media = telecine::media::Media::new(&telecine::operation::Instruments::noop());
/// # async fn decode(chunk: &[i16]) -> std::io::Result<String> { Ok("ten four".to_owned()) }
/// # let samples = [0_i16; 32_000];
/// let transcription = media.transcription("en-us").language("en").start();
/// let recorder = transcription.recorder();
/// let text = transcription
///     .run(async {
///         let mut text = String::new();
///         for chunk in samples.chunks(16_000) {
///             let started = Instant::now();
///             let said = decode(chunk).await?;
///             recorder.chunk(started.elapsed());
///             recorder.media_time(Duration::from_secs(1));
///             recorder.words(said.split_whitespace().count() as u64);
///             text += &said;
///         }
///         Ok::<_, std::io::Error>(text)
///     })
///     .await?;
/// # assert_eq!(text, "ten fourten four");
/// # Ok(()) })
/// # }
/// ```
#[must_use = "a transcription that is not started is not measured"]
#[derive(Debug)]
pub struct Transcription {
    instruments: Instruments,
    metrics: Metrics,
    model: String,
    language: Option<String>,
}

/// A transcription that runs.
#[derive(Debug)]
pub struct Active {
    metrics: Metrics,
    labels: Labels,
    recorder: Recorder,
}

/// Records what a transcription does while it runs. A clone is the same.
#[derive(Clone, Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    media_time: BoundTimeCounter,
    chunk_duration: BoundHistogram,
    found: Mutex<Found>,
}

/// What was found so far. Nothing, where the engine does not report it.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    words: Option<u64>,
    chunks: Option<u64>,
}

impl Transcription {
    pub(super) fn new(instruments: &Instruments, metrics: &Metrics, model: &str) -> Self {
        Self { instruments: instruments.clone(), metrics: metrics.clone(), model: model.to_owned(), language: None }
    }

    /// The language that is spoken: `en`. It goes on the span, never on a metric.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Starts it.
    pub fn start(self) -> Guard<Active> {
        let span = operation::open!(
            "transcribe",
            "media.model" = self.model,
            "media.transcription.chunks" = ::tracing::field::Empty,
            "media.transcription.language" = self.language,
            "media.transcription.words" = ::tracing::field::Empty,
        );
        let labels = self.instruments.labels().set(&attribute::MODEL, &self.model);
        let shared = Shared {
            media_time: self.metrics.media_time.bind(&labels),
            chunk_duration: self.metrics.chunk_duration.bind(&labels),
            found: Mutex::default(),
        };
        let recorder = Recorder { shared: Arc::new(shared) };
        let active = Active { metrics: self.metrics, labels, recorder };
        Guard::new(active, span, self.instruments.classifiers())
    }

    /// Runs a future as this transcription.
    pub fn run<F, T, E, Kind>(self, future: F) -> Run<Active, F, Kind>
    where
        F: Future<Output = Result<T, E>>,
        E: AsError<Kind>,
    {
        self.start().run(future)
    }
}

impl Active {
    /// What records the work while it runs.
    pub fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }
}

impl Recorder {
    /// So much media was transcribed since the last time that this was said.
    pub fn media_time(&self, duration: Duration) {
        self.shared.media_time.add(duration.as_secs_f64());
    }

    /// A piece was transcribed, which took so long. It counts as one more piece of the media.
    pub fn chunk(&self, duration: Duration) {
        self.shared.chunk_duration.record(duration.as_secs_f64());
        let mut found = self.shared.found();
        found.chunks = Some(found.chunks.unwrap_or(0) + 1);
    }

    /// So many words were found since the last time that this was said. They count where the
    /// transcription succeeds: silence is a transcript of 0 words, if the engine says so.
    pub fn words(&self, count: u64) {
        let mut found = self.shared.found();
        found.words = Some(found.words.unwrap_or(0).saturating_add(count));
    }
}

impl Shared {
    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Measured for Active {
    fn end(&mut self, end: &End, span: &Span) {
        let Self { metrics, labels, recorder } = self;
        let Found { words, chunks } = *recorder.shared.found();
        metrics.duration.record(end.duration.as_secs_f64(), &end.label(labels));
        for (count, histogram, field) in [
            (words, &metrics.words, "media.transcription.words"),
            (chunks, &metrics.chunks, "media.transcription.chunks"),
        ] {
            let Some(count) = count else { continue };
            operation::record(span, field, count);
            if end.outcome == Outcome::Success {
                histogram.record(count as f64, labels);
            }
        }
    }
}
