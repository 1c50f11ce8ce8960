//! A conversion: one episode of a data set, from what was recorded to what is trained on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::catalog::{attribute, conversion as definitions};
use crate::operation::{
    self, AsError, BoundCounter, Counter, End, Guard, Histogram, InFlight, Instruments, Labels, Measured, Run, Span,
    UpDownCounter,
};

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    duration: Histogram,
    frames: Counter,
    active: UpDownCounter,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self {
            duration: instruments.histogram(&definitions::EPISODE_DURATION),
            frames: instruments.counter(&definitions::FRAMES),
            active: instruments.up_down_counter(&definitions::ACTIVE),
        }
    }
}

/// The conversion of one episode of a data set, to be run.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let media = telecine::media::Media::new(&telecine::operation::Instruments::noop());
/// let conversion = media.conversion("kitchen").episode("000042").start();
/// let recorder = conversion.recorder();
/// conversion
///     .run(async {
///         let (wrist, front) = (recorder.camera("wrist"), recorder.camera("front"));
///         for _ in 0..250 {
///             wrist.frames(1);
///             front.frames(1);
///         }
///         Ok::<_, std::io::Error>(())
///     })
///     .await?;
/// # Ok(()) })
/// # }
/// ```
///
/// What is encoded of it is a [`Transcode`](super::Transcode), which knows cameras too; what is read and
/// written is counted by the store.
#[must_use = "a conversion that is not started is not measured"]
#[derive(Debug)]
pub struct Conversion {
    instruments: Instruments,
    metrics: Metrics,
    dataset: String,
    episode: Option<String>,
}

/// A conversion that runs.
#[derive(Debug)]
pub struct Active {
    labels: Labels,
    recorder: Recorder,
    in_flight: Option<InFlight>,
}

/// Records what a conversion does while it runs. A clone is the same.
#[derive(Clone, Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    metrics: Metrics,
    labels: Labels,
    frames: AtomicU64,
}

/// Counts the frames of one camera.
#[derive(Debug)]
pub struct Camera {
    shared: Arc<Shared>,
    frames: BoundCounter,
}

impl Conversion {
    pub(super) fn new(instruments: &Instruments, metrics: &Metrics, dataset: &str) -> Self {
        Self { instruments: instruments.clone(), metrics: metrics.clone(), dataset: dataset.to_owned(), episode: None }
    }

    /// The episode's name or number. It goes on the span, never on a metric.
    pub fn episode(mut self, episode: impl Into<String>) -> Self {
        self.episode = Some(episode.into());
        self
    }

    /// Starts it.
    pub fn start(self) -> Guard<Active> {
        let span = operation::open!(
            "convert",
            "media.conversion.frames" = ::tracing::field::Empty,
            "media.dataset" = self.dataset,
            "media.episode" = self.episode,
        );
        let labels = self.instruments.labels().set(&attribute::DATASET, &self.dataset);
        let in_flight = span.in_scope(|| self.metrics.active.hold(&labels));
        let shared = Shared { metrics: self.metrics, labels: labels.clone(), frames: AtomicU64::new(0) };
        let recorder = Recorder { shared: Arc::new(shared) };
        let active = Active { labels, recorder, in_flight: Some(in_flight) };
        Guard::new(active, span, self.instruments.classifiers())
    }

    /// Runs a future as this conversion.
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
    /// Counts the frames of a camera by its name: `wrist`. Its series is published as 0 at once.
    pub fn camera(&self, name: impl AsRef<str>) -> Camera {
        let Shared { metrics, labels, .. } = &*self.shared;
        let labels = labels.clone().set(&attribute::CAMERA, name);
        Camera { shared: Arc::clone(&self.shared), frames: metrics.frames.bind(&labels) }
    }
}

impl Camera {
    /// Frames were converted.
    pub fn frames(&self, count: u64) {
        self.frames.add(count);
        self.shared.frames.fetch_add(count, Ordering::Relaxed);
    }
}

impl Measured for Active {
    fn end(&mut self, end: &End, span: &Span) {
        let Shared { metrics, frames, .. } = &*self.recorder.shared;
        self.in_flight = None;
        metrics.duration.record(end.duration.as_secs_f64(), &end.label(&self.labels));
        operation::record(span, "media.conversion.frames", frames.load(Ordering::Relaxed));
    }
}
