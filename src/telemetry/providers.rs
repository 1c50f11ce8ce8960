//! OpenTelemetry's providers, made from what is in force.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{
    BatchConfigBuilder as RecordBatch, BatchLogProcessor, LogExporter, LogProcessor, LoggerProviderBuilder,
    SdkLoggerProvider, SimpleLogProcessor,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder as SpanBatch, BatchSpanProcessor, Sampler as SdkSampler, SdkTracerProvider, ShouldSample,
    SimpleSpanProcessor, SpanExporter, SpanLimits as SdkSpanLimits, SpanProcessor, TracerProviderBuilder,
};

use super::b3::B3;
use super::builder::Processors;
use super::counted::{Counted, Handed};
use super::cut::Cut;
use super::settings::{
    Exporter, Logs, MetricExporter, Metrics, ParentBased, Periodic, ProcessorKind, Propagator, Reader, Sampler,
    SpanLimits, Traces,
};
use crate::views::Views;

/// Without any delay the SDK's processors would never rest.
const SHORTEST_DELAY: Duration = Duration::from_millis(1);

/// A provider, and how much was handed over to be pushed, by exporter.
pub(super) type Provided<P> = (P, Vec<Handed>);

/// `otlp` are the exporters of the processors that push, in their order.
pub(super) fn tracers(
    settings: &Traces,
    resource: &Resource,
    otlp: Vec<impl SpanExporter + 'static>,
    more: Processors,
) -> Provided<SdkTracerProvider> {
    let mut builder = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_sampler(sampler(&settings.sampler))
        .with_span_limits(span_limits(settings.limits));
    let length = settings.limits.attribute_value_length;
    let (mut otlp, mut handed) = (otlp.into_iter(), Vec::new());
    for processor in &settings.processors {
        let count = Handed::default();
        match &processor.exporter {
            Exporter::Console => {
                let exporter = opentelemetry_stdout::SpanExporter::default();
                builder = spans(builder, processor.kind, Cut { inner: exporter, length }, count);
            }
            Exporter::Otlp(_) => {
                let Some(exporter) = otlp.next() else { continue };
                handed.push(count.clone());
                builder = spans(builder, processor.kind, Cut { inner: exporter, length }, count);
            }
        }
    }
    (more.add_to(builder).build(), handed)
}

fn spans(
    builder: TracerProviderBuilder,
    kind: ProcessorKind,
    exporter: impl SpanExporter + 'static,
    handed: Handed,
) -> TracerProviderBuilder {
    fn add<P: SpanProcessor + 'static>(
        builder: TracerProviderBuilder,
        inner: P,
        handed: Handed,
    ) -> TracerProviderBuilder {
        builder.with_span_processor(Counted { inner, handed })
    }
    match kind {
        ProcessorKind::Simple => add(builder, SimpleSpanProcessor::new(exporter), handed),
        ProcessorKind::Batch(batch) => {
            let config = SpanBatch::default()
                .with_max_queue_size(batch.queue)
                .with_max_export_batch_size(batch.batch)
                .with_scheduled_delay(batch.delay.max(SHORTEST_DELAY))
                .build();
            add(builder, BatchSpanProcessor::builder(exporter).with_batch_config(config).build(), handed)
        }
    }
}

fn span_limits(limits: SpanLimits) -> SdkSpanLimits {
    // Values are cut where they are exported.
    let SpanLimits { attribute_value_length: _, attributes, events, links, event_attributes, link_attributes } = limits;
    SdkSpanLimits {
        max_events_per_span: events,
        max_attributes_per_span: attributes,
        max_links_per_span: links,
        max_attributes_per_event: event_attributes,
        max_attributes_per_link: link_attributes,
    }
}

fn sampler(settings: &Sampler) -> Box<dyn ShouldSample> {
    match settings {
        Sampler::AlwaysOn => SdkSampler::AlwaysOn.into(),
        Sampler::AlwaysOff => SdkSampler::AlwaysOff.into(),
        Sampler::TraceIdRatio(share) => SdkSampler::TraceIdRatioBased(*share).into(),
        Sampler::ParentBased(branches) => {
            let ParentBased { root, remote_sampled, remote_not_sampled, local_sampled, local_not_sampled } =
                &**branches;
            SdkSampler::parent_based(sampler(root))
                .with_remote_parent_sampled(sampler(remote_sampled))
                .with_remote_parent_not_sampled(sampler(remote_not_sampled))
                .with_local_parent_sampled(sampler(local_sampled))
                .with_local_parent_not_sampled(sampler(local_not_sampled))
                .into()
        }
    }
}

/// `otlp` are the exporters of the processors that push, in their order.
pub(super) fn loggers(
    settings: &Logs,
    resource: &Resource,
    otlp: Vec<impl LogExporter + 'static>,
) -> Provided<SdkLoggerProvider> {
    let mut builder = SdkLoggerProvider::builder().with_resource(resource.clone());
    let (mut otlp, mut handed) = (otlp.into_iter(), Vec::new());
    for processor in &settings.processors {
        let count = Handed::default();
        match &processor.exporter {
            Exporter::Console => {
                let exporter = opentelemetry_stdout::LogExporter::default();
                builder = records(builder, processor.kind, exporter, count);
            }
            Exporter::Otlp(_) => {
                let Some(exporter) = otlp.next() else { continue };
                handed.push(count.clone());
                builder = records(builder, processor.kind, exporter, count);
            }
        }
    }
    (builder.build(), handed)
}

fn records(
    builder: LoggerProviderBuilder,
    kind: ProcessorKind,
    exporter: impl LogExporter + 'static,
    handed: Handed,
) -> LoggerProviderBuilder {
    fn add<P: LogProcessor + 'static>(
        builder: LoggerProviderBuilder,
        inner: P,
        handed: Handed,
    ) -> LoggerProviderBuilder {
        builder.with_log_processor(Counted { inner, handed })
    }
    match kind {
        ProcessorKind::Simple => add(builder, SimpleLogProcessor::new(exporter), handed),
        ProcessorKind::Batch(batch) => {
            let config = RecordBatch::default()
                .with_max_queue_size(batch.queue)
                .with_max_export_batch_size(batch.batch)
                .with_scheduled_delay(batch.delay.max(SHORTEST_DELAY))
                .build();
            add(builder, BatchLogProcessor::builder(exporter).with_batch_config(config).build(), handed)
        }
    }
}

/// `otlp` are the exporters of the readers that push, in their order.
pub(super) fn meters(
    settings: &Metrics,
    resource: &Resource,
    views: &Arc<Views>,
    otlp: Vec<impl PushMetricExporter>,
    with_readers: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder,
) -> SdkMeterProvider {
    let mut builder = views.add_to(SdkMeterProvider::builder().with_resource(resource.clone()));
    let mut otlp = otlp.into_iter();
    for reader in &settings.readers {
        let Reader::Periodic(reader) = reader else { continue };
        let MetricExporter { exporter, temporality } = &reader.exporter;
        match exporter {
            Exporter::Console => {
                let exporter = opentelemetry_stdout::MetricExporter::builder().with_temporality(*temporality).build();
                builder = builder.with_reader(periodic(reader, exporter));
            }
            Exporter::Otlp(_) => {
                let Some(exporter) = otlp.next() else { continue };
                builder = builder.with_reader(periodic(reader, exporter));
            }
        }
    }
    with_readers(builder).build()
}

fn periodic<E: PushMetricExporter>(settings: &Periodic, exporter: E) -> PeriodicReader<E> {
    PeriodicReader::builder(exporter).with_interval(settings.interval).build()
}

pub(super) fn propagator(propagators: &[Propagator]) -> TextMapCompositePropagator {
    let propagators = propagators.iter().map(|propagator| match propagator {
        Propagator::TraceContext => Box::new(TraceContextPropagator::new()) as Box<dyn TextMapPropagator + Send + Sync>,
        Propagator::Baggage => Box::new(BaggagePropagator::new()),
        Propagator::B3 => Box::new(B3::OneHeader),
        Propagator::B3Multi => Box::new(B3::SeveralHeaders),
    });
    TextMapCompositePropagator::new(propagators.collect())
}
