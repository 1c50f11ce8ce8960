//! A step of a job.

use crate::catalog::{attribute, stage as definitions};
use crate::operation::{self, AsError, End, Guard, Histogram, Instruments, Labels, Measured, Run, Span};

/// The steps that jobs have: the values of `media.stage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The names say it.
pub enum Stage {
    Download,
    Probe,
    Transcode,
    Package,
    Transcribe,
    Diarize,
    Convert,
    Upload,
    Publish,
}

impl Stage {
    /// Every step.
    pub const ALL: [Self; 9] = [
        Self::Download,
        Self::Probe,
        Self::Transcode,
        Self::Package,
        Self::Transcribe,
        Self::Diarize,
        Self::Convert,
        Self::Upload,
        Self::Publish,
    ];

    /// The value of `media.stage`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Probe => "probe",
            Self::Transcode => "transcode",
            Self::Package => "package",
            Self::Transcribe => "transcribe",
            Self::Diarize => "diarize",
            Self::Convert => "convert",
            Self::Upload => "upload",
            Self::Publish => "publish",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    duration: Histogram,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self { duration: instruments.histogram(&definitions::DURATION) }
    }
}

/// A step of a job, to be run.
#[must_use = "a step that is not started is not measured"]
#[derive(Debug)]
pub struct Step {
    instruments: Instruments,
    metrics: Metrics,
    stage: Stage,
    place: Option<Place>,
}

/// What is held while a step runs.
struct Place {
    _held: Box<dyn std::any::Any + Send + Sync>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Place")
    }
}

/// A step that runs.
#[derive(Debug)]
pub struct Active {
    metrics: Metrics,
    labels: Labels,
    place: Option<Place>,
}

impl Step {
    pub(super) fn new(instruments: &Instruments, metrics: &Metrics, stage: Stage) -> Self {
        Self { instruments: instruments.clone(), metrics: metrics.clone(), stage, place: None }
    }

    /// The job's place among the active ones, held until the step ends.
    pub(crate) fn holding(mut self, place: impl Send + Sync + 'static) -> Self {
        self.place = Some(Place { _held: Box::new(place) });
        self
    }

    /// Starts it.
    pub fn start(self) -> Guard<Active> {
        let span = operation::open!("stage", "media.stage" = self.stage.as_str());
        let labels = self.instruments.labels().set(&attribute::STAGE, self.stage.as_str());
        let active = Active { metrics: self.metrics, labels, place: self.place };
        Guard::new(active, span, self.instruments.classifiers())
    }

    /// Runs a future as this step.
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
        self.place = None;
    }
}
