//! Telling speakers apart: who speaks when.

use crate::catalog::{attribute, transcription as definitions};
use crate::operation::{self, AsError, End, Guard, Histogram, Instruments, Labels, Measured, Run, Span};

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    duration: Histogram,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self { duration: instruments.histogram(&definitions::DIARIZATION_DURATION) }
    }
}

/// Telling the speakers of one media apart, to be run.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let media = telecine::media::Media::new(&telecine::operation::Instruments::noop());
/// # async fn speakers() -> std::io::Result<Vec<(f64, &'static str)>> { Ok(vec![(0.0, "A"), (4.2, "B")]) }
/// let turns = media.diarization("pyannote-3.1").run(speakers()).await?;
/// # assert_eq!(turns.len(), 2);
/// # Ok(()) })
/// # }
/// ```
#[must_use = "a diarization that is not started is not measured"]
#[derive(Debug)]
pub struct Diarization {
    instruments: Instruments,
    metrics: Metrics,
    model: String,
}

/// A diarization that runs.
#[derive(Debug)]
pub struct Active {
    metrics: Metrics,
    labels: Labels,
}

impl Diarization {
    pub(super) fn new(instruments: &Instruments, metrics: &Metrics, model: &str) -> Self {
        Self { instruments: instruments.clone(), metrics: metrics.clone(), model: model.to_owned() }
    }

    /// Starts it.
    pub fn start(self) -> Guard<Active> {
        let span = operation::open!("diarize", "media.model" = self.model);
        let labels = self.instruments.labels().set(&attribute::MODEL, &self.model);
        Guard::new(Active { metrics: self.metrics, labels }, span, self.instruments.classifiers())
    }

    /// Runs a future as this diarization.
    pub fn run<F, T, E, Kind>(self, future: F) -> Run<Active, F, Kind>
    where
        F: Future<Output = Result<T, E>>,
        E: AsError<Kind>,
    {
        self.start().run(future)
    }
}

impl Measured for Active {
    fn end(&mut self, end: &End, _: &Span) {
        self.metrics.duration.record(end.duration.as_secs_f64(), &end.label(&self.labels));
    }
}
