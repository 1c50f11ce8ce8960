//! Things to export, and what a program does with the exporters.

use std::future::Future;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant, SystemTime};

use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::metrics::{Histogram, MeterProvider};
use opentelemetry::trace::{
    Span, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState, Tracer, TracerProvider,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanEvents, SpanLinks};
use telecine::exemplar::Exemplars;
use telecine::push::{Exporters, Handle, Kind, Protocol, Push, Signal, Stats};
use telecine::views::Views;

/// Only a test that fails waits for so long.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) const PROTOCOLS: [Protocol; 2] = [Protocol::HttpProtobuf, Protocol::Grpc];

/// A push of traces alone.
pub(crate) fn traces(signal: Signal) -> Push {
    Push { traces: vec![signal], ..Push::default() }
}

/// The same place for all signals; `signal` is that of traces.
pub(crate) fn all(signal: Signal) -> Push {
    let to = |path: &str| Signal { endpoint: signal.endpoint.replace("/v1/traces", path), ..signal.clone() };
    Push {
        traces: vec![to("/v1/traces")],
        metrics: vec![(to("/v1/metrics"), Temporality::Cumulative)],
        logs: vec![to("/v1/logs")],
    }
}

/// The exporters, without exemplars.
pub(crate) fn build(config: &Push) -> Exporters {
    Exporters::build(config, &Exemplars::off()).unwrap()
}

/// Spans with nothing in them.
pub(crate) fn spans(number: u8) -> Vec<SpanData> {
    let span = |id: u8| SpanData {
        span_context: SpanContext::new(
            TraceId::from_bytes([7; 16]),
            SpanId::from_bytes([id; 8]),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        ),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: "transcode".into(),
        start_time: SystemTime::UNIX_EPOCH,
        end_time: SystemTime::UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("test").build(),
    };
    (1..=number).map(span).collect()
}

/// Exports spans through `exporters`, on the calling thread and without a runtime there.
pub(crate) fn export(exporters: &Exporters, number: u8) -> OTelSdkResult {
    use opentelemetry_sdk::trace::SpanExporter;
    block_on(exporters.traces[0].export(spans(number)))
}

/// The counts of traces.
pub(crate) fn stats(handle: &Handle) -> Stats {
    handle.counts(Kind::Traces)[0].stats()
}

/// As the SDK's threads drive an export: an executor that is no runtime.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let thread = std::thread::current();
    let waker = std::task::Waker::from(Arc::new(Unpark(thread)));
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs `test` on a thread and fails if it does not come back.
pub(crate) fn comes_back<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, result) = mpsc::channel();
    let thread = std::thread::spawn(move || sender.send(test()).unwrap());
    match result.recv_timeout(LONG) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => unreachable!("it has sent"),
        },
    }
}

/// The SDK's providers over the exporters, as a program has them.
pub(crate) struct Program {
    pub(crate) tracers: SdkTracerProvider,
    pub(crate) meters: SdkMeterProvider,
    pub(crate) loggers: SdkLoggerProvider,
    pub(crate) handle: Handle,
}

impl Program {
    pub(crate) fn start(config: &Push) -> Self {
        Self::with_exemplars(config, &Exemplars::off(), &Arc::default())
    }

    pub(crate) fn with_exemplars(config: &Push, exemplars: &Exemplars, views: &Arc<Views>) -> Self {
        let Exporters { mut traces, mut metrics, mut logs, handle } = Exporters::build(config, exemplars).unwrap();
        let resource = Resource::builder_empty().with_attribute(KeyValue::new("service.name", "worker")).build();
        // An hour between exports: only flushes and the shutdown export.
        let reader = PeriodicReader::builder(metrics.remove(0)).with_interval(Duration::from_secs(3600)).build();
        Self {
            tracers: SdkTracerProvider::builder()
                .with_resource(resource.clone())
                .with_batch_exporter(traces.remove(0))
                .build(),
            meters: views
                .add_to(SdkMeterProvider::builder().with_resource(resource.clone()).with_reader(reader))
                .build(),
            loggers: SdkLoggerProvider::builder().with_resource(resource).with_batch_exporter(logs.remove(0)).build(),
            handle,
        }
    }

    pub(crate) fn histogram(&self) -> Histogram<f64> {
        let meter = self.meters.meter("media");
        meter.f64_histogram("media.transcode.duration").with_unit("s").with_boundaries(vec![1.0, 10.0, 60.0]).build()
    }

    /// Ten spans, one data point, ten log records.
    pub(crate) fn work(&self) {
        let tracer = self.tracers.tracer("media");
        let logger = self.loggers.logger("media");
        let histogram = self.histogram();
        for number in 0..10 {
            tracer.start("transcode").end();
            histogram.record(f64::from(number), &[]);
            let mut record = logger.create_log_record();
            record.set_severity_number(Severity::Info);
            record.set_body(AnyValue::from("transcoded"));
            logger.emit(record);
        }
    }

    /// Ends the three signals side by side, so that none waits for another, and says how long it took.
    pub(crate) fn shutdown(&self, deadline: Duration) -> (Duration, [OTelSdkResult; 3]) {
        let started = Instant::now();
        // Earlier than the SDK's own waits end, which are to see the exports' ends.
        self.handle.finish_by(started + deadline.mul_f64(0.9));
        let results = std::thread::scope(|scope| {
            let ends = [
                scope.spawn(|| self.tracers.shutdown_with_timeout(deadline)),
                scope.spawn(|| self.meters.shutdown_with_timeout(deadline)),
                scope.spawn(|| self.loggers.shutdown_with_timeout(deadline)),
            ];
            ends.map(|end| end.join().unwrap())
        });
        self.handle.stop(deadline).unwrap();
        (started.elapsed(), results)
    }

    pub(crate) fn stats(&self) -> [Stats; 3] {
        Kind::ALL.map(|kind| self.handle.counts(kind)[0].stats())
    }
}
