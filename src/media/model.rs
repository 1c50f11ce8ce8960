//! A model that is loaded, to transcribe or to tell speakers apart.

use crate::catalog::{attribute, transcription as definitions};
use crate::operation::{self, AsError, End, Guard, Histogram, Instruments, Labels, Measured, Run, Span};

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    duration: Histogram,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self { duration: instruments.histogram(&definitions::MODEL_LOAD_DURATION) }
    }
}

/// Loading one model, to be run.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let media = telecine::media::Media::new(&telecine::operation::Instruments::noop());
/// # fn load(path: &str) -> std::io::Result<Vec<u8>> { Ok(path.into()) }
/// let loading = media.model_load("small.en").backend("whisper.cpp").start();
/// let model = loading.finish(load("models/small.en.bin"))?;
/// # assert!(!model.is_empty());
/// # Ok(()) }
/// ```
#[must_use = "a model that is not started to be loaded is not measured"]
#[derive(Debug)]
pub struct ModelLoad {
    instruments: Instruments,
    metrics: Metrics,
    model: String,
    backend: String,
}

/// A model that is being loaded.
#[derive(Debug)]
pub struct Active {
    metrics: Metrics,
    labels: Labels,
}

impl ModelLoad {
    pub(super) fn new(instruments: &Instruments, metrics: &Metrics, model: &str) -> Self {
        Self {
            instruments: instruments.clone(),
            metrics: metrics.clone(),
            model: model.to_owned(),
            backend: "other".to_owned(),
        }
    }

    /// What the model runs on: `cuda`, `whisper.cpp`, `pocketsphinx`.
    pub fn backend(mut self, backend: impl Into<String>) -> Self {
        self.backend = backend.into();
        self
    }

    /// Starts it.
    pub fn start(self) -> Guard<Active> {
        let span = operation::open!("load_model", "media.backend" = self.backend, "media.model" = self.model);
        let labels =
            self.instruments.labels().set(&attribute::BACKEND, &self.backend).set(&attribute::MODEL, &self.model);
        Guard::new(Active { metrics: self.metrics, labels }, span, self.instruments.classifiers())
    }

    /// Runs a future as this load.
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
