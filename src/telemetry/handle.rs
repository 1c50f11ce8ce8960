//! Telemetry that runs.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use opentelemetry::logs::Severity;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::trace::noop::NoopTracer;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use super::builder::Builder;
use super::config;
use super::environment::{Environment, Ignored};
use super::error::Error;
use super::exits::{Exits, Feeds};
use super::settings::{Metrics, Settings};
use super::shutdown::{DEFAULT_SHUTDOWN_DEADLINE, Ending, Lost, ShutdownError};
use super::{global, itself, providers, resource};
use crate::apart::Apart;
use crate::catalog::Catalog;
use crate::data::Data;
use crate::exemplar::{self, Exemplars};
#[cfg(feature = "http")]
use crate::http::Http;
use crate::logs::{self, BoxedLayer};
use crate::media::Media;
use crate::operation::{Classifier, Instruments, Observed};
use crate::pull::Mapper;
use crate::system;
use crate::views::Views;
use crate::work::Work;

/// What telecine's own rooms know of their errors.
const ROOMS: &[Classifier] = &[
    #[cfg(feature = "ffmpeg")]
    crate::ffmpeg::classify,
    #[cfg(feature = "object-store")]
    crate::store::classify,
];

/// The name of the instrumentation scope of telecine's own instruments and spans.
const SCOPE: &str = "telecine";

/// Telemetry that runs: the value that [`Builder::init`] and [`Builder::build`] give.
///
/// Keep it until the program's end and call [`shutdown`](Self::shutdown) then. A value that is dropped
/// does the same, within [`DEFAULT_SHUTDOWN_DEADLINE`], but can only log what was lost.
#[must_use = "telemetry ends when it is dropped"]
pub struct Telemetry {
    settings: Settings,
    ignored: Vec<Ignored>,
    catalog: Catalog,
    instruments: Instruments,
    data: Data,
    media: Media,
    work: Work,
    #[cfg(feature = "http")]
    http: Http,
    _observed: Observed,
    views: Arc<Views>,
    exemplars: Exemplars,
    meters: exemplar::MeterProvider,
    log_config: logs::Config,
    ending: Arc<Ending>,
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Telemetry {
    /// What a program says of itself before telemetry starts.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) fn build(builder: Builder) -> Result<Self, Error> {
        let telemetry = Self::start(builder, |_| {})?;
        telemetry.views.speak();
        Ok(telemetry)
    }

    /// `metered` is called with the meter provider before the processors of the other signals are made:
    /// the SDK's count what they drop by the global one, if there is one then.
    fn start(builder: Builder, metered: impl FnOnce(&exemplar::MeterProvider)) -> Result<Self, Error> {
        let Builder {
            identity,
            catalog,
            job_types,
            classifiers,
            environment,
            subscriber: _,
            process_metrics,
            #[cfg(feature = "gpu")]
            gpus,
            access,
            readers,
            processors,
            log_format,
            log_file,
            log_writer,
        } = builder;
        let faults = catalog.lint();
        if !faults.is_empty() {
            return Err(Error::Catalog(faults));
        }
        let environment = environment.unwrap_or_else(Environment::of_process);
        let (settings, ignored) = Settings::resolve(&environment)?;
        let resource = resource::resource(&identity, &settings.resource, &environment);
        let log_config = log_config(&settings, log_format, log_file, log_writer);
        let active = settings.while_enabled();

        let Metrics { views, histogram_aggregation, cardinality, .. } = active.metrics.clone();
        let views = Arc::new(Views::with_rules(&catalog, views, histogram_aggregation, cardinality)?.quiet());
        let mapper = Mapper::new(active.distribution.prometheus.mapping.clone(), &catalog, &views)?;
        let exemplars = Exemplars::new(active.metrics.exemplar_filter, Arc::clone(&views));
        let (exits, Feeds { exporters, readers: served }) =
            Exits::start(&active, environment.get(config::VARIABLE), &exemplars, &catalog, &resource, &mapper, access)?;
        // The SDK logs an error for each observable instrument that nobody reads.
        let is_read = !settings.disabled && (!active.metrics.readers.is_empty() || !readers.is_empty());
        let sdk_meters = providers::meters(&active.metrics, &resource, &views, exporters.metrics, |builder| {
            readers.add_to(served.add_to(builder))
        });
        let meters = exemplars.wrap(sdk_meters.clone());
        metered(&meters);
        let (tracers, spans) = providers::tracers(&active.traces, &resource, exporters.traces, processors);
        let (loggers, records) = providers::loggers(&active.logs, &resource, exporters.logs);

        let instruments = if is_read { Instruments::new(meters.meter(SCOPE)) } else { Instruments::noop() };
        let instruments = instruments
            .with_classifiers(classifiers.into_iter().chain(ROOMS.iter().copied()))
            .with_propagator(providers::propagator(&settings.propagators));
        let data = Data::new(&instruments);
        let media = Media::new(&instruments);
        let work = Work::new(&instruments, &media);
        work.declare(&job_types);
        #[cfg(feature = "http")]
        let http = Http::new(&instruments);
        let mut observed = exits.observe(&instruments);
        observed.extend(itself::observe(&instruments, &exemplars));
        if process_metrics {
            observed.push(system::process::observe(&instruments));
        }
        #[cfg(feature = "gpu")]
        if let Some(gpus) = gpus.filter(|_| is_read) {
            observed.push(system::gpu::observe_boxed(&instruments, gpus.0));
        }
        Ok(Self {
            settings,
            ignored,
            catalog,
            instruments,
            data,
            media,
            work,
            #[cfg(feature = "http")]
            http,
            _observed: observed.into_iter().collect(),
            views,
            exemplars,
            meters,
            log_config,
            ending: Arc::new(Ending {
                tracers,
                loggers,
                meters: sdk_meters,
                exits,
                spans,
                records,
                log_guards: Mutex::default(),
                result: OnceLock::new(),
            }),
        })
    }

    pub(super) fn init(builder: Builder) -> Result<Self, Error> {
        if global::is_set() {
            return Err(Error::InitialisedBefore);
        }
        let subscriber = builder.subscriber;
        let telemetry = Self::start(builder, |meters| opentelemetry::global::set_meter_provider(meters.clone()))?;
        if subscriber {
            tracing::dispatcher::set_global_default(telemetry.dispatch()?).map_err(Error::SubscriberSet)?;
        }
        global::set(global::Handles {
            data: telemetry.data.clone(),
            media: telemetry.media.clone(),
            work: telemetry.work.clone(),
            #[cfg(feature = "http")]
            http: telemetry.http.clone(),
        })?;
        if !telemetry.settings.disabled {
            opentelemetry::global::set_tracer_provider(telemetry.ending.tracers.clone());
        }
        opentelemetry::global::set_text_map_propagator(telemetry.propagator());
        telemetry.announce();
        Ok(telemetry)
    }

    /// Says what is in force, and what was ignored.
    fn announce(&self) {
        tracing::info!(target: "telecine", "{}", self.describe());
        for ignored in &self.ignored {
            tracing::warn!(target: "telecine", "{ignored}");
        }
        self.views.speak();
    }

    /// What is in force, in one line, without secrets.
    pub fn describe(&self) -> String {
        self.ending.exits.describe(&self.settings)
    }

    /// What is in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings that were ignored, and why.
    pub fn ignored(&self) -> &[Ignored] {
        &self.ignored
    }

    /// Every definition: telecine's and the program's own.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Makes instruments of the catalogue, the program's own included.
    pub fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// Makes what measures databases, caches and buffers.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Makes media operations.
    pub fn media(&self) -> &Media {
        &self.media
    }

    /// Makes jobs.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// Observes a tokio runtime, under a name of at most 16 in a program: workers, tasks, the queue. It ends
    /// when what is given back is dropped. [`system::runtime`](crate::system::runtime) says what is seen.
    ///
    /// ```
    /// # let environment: telecine::telemetry::Environment = [
    /// #     ("OTEL_METRICS_EXPORTER", "prometheus"), ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
    /// #     ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"),
    /// # ].into_iter().collect();
    /// # let telemetry = telecine::Telemetry::builder().environment(environment).build().unwrap();
    /// let runtime = tokio::runtime::Runtime::new().unwrap();
    /// let _observed = telemetry.observe_runtime("main", runtime.handle());
    /// ```
    pub fn observe_runtime(&self, name: impl AsRef<str>, handle: &tokio::runtime::Handle) -> Observed {
        system::runtime::observe(&self.instruments, name, handle)
    }

    /// Makes HTTP layers.
    #[cfg(feature = "http")]
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// A meter of OpenTelemetry, for instruments that are in no catalogue. What it measures goes through
    /// the same views and exits.
    pub fn meter(&self, scope: &'static str) -> Meter {
        self.meters.meter(scope)
    }

    /// OpenTelemetry's meter provider, for libraries that ask for one.
    pub fn meter_provider(&self) -> &exemplar::MeterProvider {
        &self.meters
    }

    /// OpenTelemetry's tracer provider, for libraries that ask for one.
    pub fn tracer_provider(&self) -> &SdkTracerProvider {
        &self.ending.tracers
    }

    /// What carries context between processes, as `OTEL_PROPAGATORS` says; for libraries that ask for one.
    pub fn propagator(&self) -> TextMapCompositePropagator {
        providers::propagator(&self.settings.propagators)
    }

    /// The exemplars that are kept.
    pub fn exemplars(&self) -> &Exemplars {
        &self.exemplars
    }

    /// The exits: where they are, and what became of what they carried.
    pub fn exits(&self) -> &Exits {
        &self.ending.exits
    }

    /// The layer that turns spans into traces and sends log records by OTLP; for programs with a
    /// `tracing` subscriber of their own. [`log_layer`](Self::log_layer) writes the lines.
    ///
    /// # Errors
    /// None today; the filter was read at the start.
    pub fn layer<S>(&self) -> Result<BoxedLayer<S>, Error>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let spans = tracing_opentelemetry::layer();
        if self.settings.disabled {
            // Context still travels: a span is then the one that it came from.
            return Ok(spans.with_tracer(NoopTracer::new()).with_filter(logs::spans()).boxed());
        }
        let tracer = Apart::new(self.ending.tracers.tracer(SCOPE));
        let spans = spans.with_tracer(tracer).with_filter(logs::spans());
        if self.settings.logs.processors.is_empty() {
            return Ok(spans.boxed());
        }
        Ok(spans.and_then(logs::otlp(&self.log_config, &self.ending.loggers)?).boxed())
    }

    /// The layer that writes log lines; for programs with a `tracing` subscriber of their own.
    ///
    /// # Errors
    /// Where the log file cannot be opened.
    pub fn log_layer<S>(&self) -> Result<BoxedLayer<S>, Error>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let (layer, guard) = logs::layers(&self.log_config)?;
        self.ending.log_guards.lock().unwrap_or_else(PoisonError::into_inner).push(guard);
        Ok(layer)
    }

    /// A subscriber with all layers; for `tracing::dispatcher::with_default` or `WithSubscriber`, where
    /// nothing global may be set.
    ///
    /// # Errors
    /// As [`layer`](Self::layer) and [`log_layer`](Self::log_layer).
    pub fn dispatch(&self) -> Result<Dispatch, Error> {
        let subscriber = tracing_subscriber::registry().with(self.layer()?);
        let lines = self.log_layer()?;
        Ok(subscriber.with(lines).into())
    }

    /// What is known to be lost so far: what was refused, or could not be delivered in time. After the
    /// shutdown, also what still waited then and what full queues dropped.
    pub fn lost(&self) -> Lost {
        match self.ending.result.get() {
            Some(Ok(())) => Lost::default(),
            Some(Err(error)) => error.lost,
            None => self.ending.exits.failed(),
        }
    }

    /// Pushes everything that waits, and stops. Every signal is tried, whatever the others did; none is
    /// waited for past the deadline. The Prometheus endpoint answers until the rest is done.
    ///
    /// It may be called on any runtime, and more than once: later calls wait for the first, and give its
    /// result.
    ///
    /// # Errors
    /// [`ShutdownError`] says what failed, by signal, and how much was lost since the start.
    pub async fn shutdown(&self, deadline: Duration) -> Result<(), ShutdownError> {
        // On a thread of its own: the providers wait, and must not do so on a runtime's thread.
        let (done, result) = tokio::sync::oneshot::channel();
        let ending = Arc::clone(&self.ending);
        let thread = std::thread::Builder::new().name("telecine-shutdown".to_owned()).spawn(move || {
            let _ = done.send(ending.run(deadline));
        });
        let failure = match thread {
            Ok(_) => match result.await {
                Ok(result) => return result,
                Err(_) => "it panicked".to_owned(),
            },
            Err(error) => format!("no thread could be started: {error}"),
        };
        Err(ShutdownError { failures: vec![("shutdown", failure)], lost: self.lost() })
    }

    /// [`shutdown`](Self::shutdown) for code that is not async. It blocks its thread.
    ///
    /// # Errors
    /// As [`shutdown`](Self::shutdown).
    pub fn shutdown_blocking(&self, deadline: Duration) -> Result<(), ShutdownError> {
        self.ending.run(deadline)
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if self.ending.result.get().is_some() {
            return;
        }
        if let Err(error) = self.shutdown_blocking(DEFAULT_SHUTDOWN_DEADLINE) {
            tracing::warn!(target: "telecine", "{error}");
        }
    }
}

/// What the operator says comes before what the program does.
fn log_config(
    settings: &Settings,
    format: logs::Format,
    file: Option<std::path::PathBuf>,
    writer: Option<logs::Writer>,
) -> logs::Config {
    let lines = settings.distribution.logs.clone();
    logs::Config {
        format: lines.format.unwrap_or(format),
        filter: lines.filter,
        sdk_level: settings.log_level.map(sdk_level),
        file: lines.file.or(file),
        writer,
        colour: lines.colour,
        limits: settings.logs.limits,
        ..logs::Config::default()
    }
}

fn sdk_level(least: Severity) -> LevelFilter {
    match least {
        Severity::Trace | Severity::Trace2 | Severity::Trace3 | Severity::Trace4 => LevelFilter::TRACE,
        Severity::Debug | Severity::Debug2 | Severity::Debug3 | Severity::Debug4 => LevelFilter::DEBUG,
        Severity::Info | Severity::Info2 | Severity::Info3 | Severity::Info4 => LevelFilter::INFO,
        Severity::Warn | Severity::Warn2 | Severity::Warn3 | Severity::Warn4 => LevelFilter::WARN,
        Severity::Error | Severity::Error2 | Severity::Error3 | Severity::Error4 => LevelFilter::ERROR,
        Severity::Fatal | Severity::Fatal2 | Severity::Fatal3 | Severity::Fatal4 => LevelFilter::OFF,
    }
}
