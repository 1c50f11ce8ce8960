//! What a program says of itself before telemetry starts.

use std::fmt;
use std::path::PathBuf;

use opentelemetry_sdk::metrics::MeterProviderBuilder;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::trace::{SpanProcessor, TracerProviderBuilder};

use super::environment::Environment;
use super::error::Error;
use super::exits::Access;
use super::handle::Telemetry;
use super::resource::Identity;
use crate::catalog::{Catalog, Instrument};
use crate::logs::{Format, Writer};
use crate::operation::Classifier;

/// What a program says of itself before telemetry starts. Setters cannot fail; [`init`](Self::init) and
/// [`build`](Self::build) report everything that is wrong.
#[must_use = "nothing is started before `init()` or `build()`"]
#[derive(Debug)]
pub struct Builder {
    pub(super) identity: Identity,
    pub(super) catalog: Catalog,
    pub(super) job_types: Vec<String>,
    pub(super) classifiers: Vec<Classifier>,
    pub(super) environment: Option<Environment>,
    pub(super) subscriber: bool,
    pub(super) process_metrics: bool,
    pub(super) access: Access,
    pub(super) readers: Readers,
    #[cfg(feature = "gpu")]
    pub(super) gpus: Option<Gpus>,
    pub(super) processors: Processors,
    pub(super) log_format: Format,
    pub(super) log_file: Option<PathBuf>,
    pub(super) log_writer: Option<Writer>,
}

/// Readers of the metrics beside the exits.
#[derive(Default)]
pub(super) struct Readers(Vec<AddReader>);

/// Where readings of GPUs come from.
#[cfg(feature = "gpu")]
pub(super) struct Gpus(pub(super) Box<dyn crate::system::gpu::Source>);

type AddReader = Box<dyn FnOnce(MeterProviderBuilder) -> MeterProviderBuilder + Send>;

impl Readers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add_to(self, builder: MeterProviderBuilder) -> MeterProviderBuilder {
        self.0.into_iter().fold(builder, |builder, add| add(builder))
    }
}

#[cfg(feature = "gpu")]
impl fmt::Debug for Gpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gpus")
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} readers", self.0.len())
    }
}

/// Processors of the spans beside the exits.
#[derive(Default)]
pub(super) struct Processors(Vec<AddProcessor>);

type AddProcessor = Box<dyn FnOnce(TracerProviderBuilder) -> TracerProviderBuilder + Send>;

impl Processors {
    pub(super) fn add_to(self, builder: TracerProviderBuilder) -> TracerProviderBuilder {
        self.0.into_iter().fold(builder, |builder, add| add(builder))
    }
}

impl fmt::Debug for Processors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} processors", self.0.len())
    }
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            identity: Identity::default(),
            catalog: Catalog::own(),
            job_types: Vec::new(),
            classifiers: Vec::new(),
            environment: None,
            subscriber: true,
            process_metrics: true,
            access: Access::default(),
            readers: Readers::default(),
            #[cfg(feature = "gpu")]
            gpus: None,
            processors: Processors::default(),
            log_format: Format::Auto,
            log_file: None,
            log_writer: None,
        }
    }

    /// The service's name (`service.name`). `OTEL_SERVICE_NAME` and a `service.name` in
    /// `OTEL_RESOURCE_ATTRIBUTES` come before it. Default: `unknown_service:` and the executable's name.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.identity.service = Some(name.into());
        self
    }

    /// The service's version (`service.version`): `env!("CARGO_PKG_VERSION")`. Default: none.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.identity.version = Some(version.into());
        self
    }

    /// One more attribute of the resource. `OTEL_RESOURCE_ATTRIBUTES` comes before it.
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.identity.attributes.push((key.into(), value.into()));
        self
    }

    /// Adds the program's own instruments to the catalogue, under a heading. From then on they are
    /// bucketed, bounded, documented and served like ours.
    pub fn catalog(mut self, area: &'static str, instruments: &'static [Instrument]) -> Self {
        self.catalog = self.catalog.with(area, instruments);
        self
    }

    /// The types of job that the program takes. Their counters are published as zeros at the start, so
    /// that the first job of each is seen by `increase()`.
    pub fn job_types<S: Into<String>>(mut self, types: impl IntoIterator<Item = S>) -> Self {
        self.job_types.extend(types.into_iter().map(Into::into));
        self
    }

    /// Says of the program's own errors what their `error.type` is. It is asked before telecine's own.
    pub fn classifier(mut self, classifier: Classifier) -> Self {
        self.classifiers.push(classifier);
        self
    }

    /// The environment to read, in place of the process's. For tests, mostly.
    pub fn environment(mut self, environment: impl Into<Environment>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// [`init`](Self::init) leaves the `tracing` subscriber to the program, which adds
    /// [`Telemetry::layer`] to its own.
    pub fn without_subscriber(mut self) -> Self {
        self.subscriber = false;
        self
    }

    /// Leaves out the [process' own metrics](crate::system::process), where something else measures it: an
    /// agent on the host. Default: they are there.
    pub fn without_process_metrics(mut self) -> Self {
        self.process_metrics = false;
        self
    }

    /// Serves what GPUs say of themselves: [`Nvml`](crate::system::gpu::Nvml) reads NVIDIA's, a
    /// [`Recording`](crate::system::gpu::Recording) plays what was read before. Default: none are read.
    #[cfg(feature = "gpu")]
    pub fn gpus(mut self, source: impl crate::system::gpu::Source + 'static) -> Self {
        self.gpus = Some(Gpus(Box::new(source)));
        self
    }

    /// Whether the program is able to work: what `/ready` answers. Default: always.
    #[cfg(feature = "prometheus")]
    pub fn readiness(mut self, readiness: crate::pull::Readiness) -> Self {
        self.access.readiness = readiness;
        self
    }

    /// Does not listen for scrapes: the program serves the router of [`Exits::prometheus`](super::Exits::prometheus) itself.
    #[cfg(feature = "prometheus")]
    pub fn without_listener(mut self) -> Self {
        self.access.listen = false;
        self
    }

    /// Scrapes must carry this bearer token. Default: none is asked for.
    #[cfg(feature = "prometheus")]
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.access.bearer_token = Some(token.into());
        self
    }

    /// Serves [profiles](crate::system::profiling) beside the metrics, to those who show the bearer token, or
    /// ask from this machine. Default: none are served.
    #[cfg(feature = "profiling")]
    pub fn profiling(mut self, profiling: crate::system::profiling::Profiling) -> Self {
        self.access.profiling = Some(profiling);
        self
    }

    /// One more reader of the metrics beside the exits: the bridge into a `prometheus::Registry` that the
    /// program serves already (feature `prometheus-registry`), or a reader of its own.
    ///
    /// ```
    /// # #[cfg(feature = "prometheus-registry")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use telecine::pull::registry::{self, prometheus};
    /// # let environment: telecine::telemetry::Environment = [
    /// #     ("OTEL_METRICS_EXPORTER", "none"), ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"),
    /// # ].into_iter().collect();
    /// let registry = prometheus::Registry::new();
    /// let telemetry = telecine::Telemetry::builder()
    ///     .reader(registry::reader(&registry)?)
    /// #   .environment(environment)
    ///     .build()?;
    /// telemetry.work().job("clip").start().success();
    /// assert!(registry.gather().iter().any(|family| family.name() == "media_job_created_total"));
    /// # Ok(()) }
    /// # #[cfg(not(feature = "prometheus-registry"))]
    /// # fn main() {}
    /// ```
    pub fn reader(mut self, reader: impl MetricReader) -> Self {
        self.readers.0.push(Box::new(|builder| builder.with_reader(reader)));
        self
    }

    /// One more processor of the spans beside the exits: it sees each span at its start and at its end.
    pub fn span_processor(mut self, processor: impl SpanProcessor + 'static) -> Self {
        self.processors.0.push(Box::new(|builder| builder.with_span_processor(processor)));
        self
    }

    /// How log lines look on standard error. Default: [`Format::Auto`], for people on a terminal and
    /// JSON elsewhere.
    pub fn log_format(mut self, format: Format) -> Self {
        self.log_format = format;
        self
    }

    /// A file that gets every log line as JSON, beside standard error. Default: none.
    pub fn log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.log_file = Some(path.into());
        self
    }

    /// Where log lines go in place of standard error; for programs with progress bars.
    pub fn log_writer(mut self, writer: Writer) -> Self {
        self.log_writer = Some(writer);
        self
    }

    /// Starts telemetry and sets what is global: the `tracing` subscriber (unless
    /// [`without_subscriber`](Self::without_subscriber) was called), OpenTelemetry's meter and tracer
    /// providers and its propagator, and what [`media`](super::media) and [`work`](super::work) give.
    ///
    /// # Errors
    /// [`Error`] says what is wrong: with the program's definitions, its subscriber, a port that is taken,
    /// a certificate that cannot be read. A variable that cannot be read is no error: it is logged and
    /// ignored, as the specification asks.
    pub fn init(self) -> Result<Telemetry, Error> {
        Telemetry::init(self)
    }

    /// Starts telemetry and sets nothing that is global. Spans are recorded where
    /// [`Telemetry::dispatch`] or a subscriber with [`Telemetry::layer`] is the current one.
    ///
    /// # Errors
    /// As [`init`](Self::init).
    pub fn build(self) -> Result<Telemetry, Error> {
        Telemetry::build(self)
    }
}
