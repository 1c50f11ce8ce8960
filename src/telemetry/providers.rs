//! OpenTelemetry's providers, made from what is in force.

use std::sync::Arc;

use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{BatchConfigBuilder as RecordBatch, BatchLogProcessor, LogExporter, SdkLoggerProvider};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder as SpanBatch, BatchSpanProcessor, Sampler as SdkSampler, SdkTracerProvider, SpanExporter,
    TracerProviderBuilder,
};

use super::builder::Processors;
use super::counted::{CountedRecords, CountedSpans, Handed};
use super::settings::{Batch, Exit, Propagator, Sampler, Settings};
use crate::views::Views;

pub(super) fn tracers(
    settings: &Settings,
    resource: &Resource,
    otlp: Option<impl SpanExporter + 'static>,
    handed: &Handed,
    more: Processors,
) -> SdkTracerProvider {
    let mut builder =
        SdkTracerProvider::builder().with_resource(resource.clone()).with_sampler(sampler(settings.sampler));
    if let Some(exporter) = otlp {
        let inner = BatchSpanProcessor::builder(exporter).with_batch_config(span_batch(settings.spans)).build();
        builder = builder.with_span_processor(CountedSpans { inner, handed: handed.clone() });
    }
    more.add_to(console_traces(settings, builder)).build()
}

fn console_traces(settings: &Settings, builder: TracerProviderBuilder) -> TracerProviderBuilder {
    match settings.traces.contains(&Exit::Console) {
        true => builder.with_simple_exporter(opentelemetry_stdout::SpanExporter::default()),
        false => builder,
    }
}

fn span_batch(batch: Batch) -> opentelemetry_sdk::trace::BatchConfig {
    SpanBatch::default()
        .with_max_queue_size(batch.queue)
        .with_max_export_batch_size(batch.batch)
        .with_scheduled_delay(batch.delay)
        .build()
}

fn sampler(sampler: Sampler) -> SdkSampler {
    let root = if sampler.root >= 1.0 {
        SdkSampler::AlwaysOn
    } else if sampler.root <= 0.0 {
        SdkSampler::AlwaysOff
    } else {
        SdkSampler::TraceIdRatioBased(sampler.root)
    };
    match sampler.parent_based {
        true => SdkSampler::ParentBased(Box::new(root)),
        false => root,
    }
}

pub(super) fn loggers(
    settings: &Settings,
    resource: &Resource,
    otlp: Option<impl LogExporter + 'static>,
    handed: &Handed,
) -> SdkLoggerProvider {
    let mut builder = SdkLoggerProvider::builder().with_resource(resource.clone());
    if let Some(exporter) = otlp {
        let batch = RecordBatch::default()
            .with_max_queue_size(settings.records.queue)
            .with_max_export_batch_size(settings.records.batch)
            .with_scheduled_delay(settings.records.delay)
            .build();
        let inner = BatchLogProcessor::builder(exporter).with_batch_config(batch).build();
        builder = builder.with_log_processor(CountedRecords { inner, handed: handed.clone() });
    }
    if settings.logs.contains(&Exit::Console) {
        builder = builder.with_simple_exporter(opentelemetry_stdout::LogExporter::default());
    }
    builder.build()
}

pub(super) fn meters(
    settings: &Settings,
    resource: &Resource,
    views: &Arc<Views>,
    otlp: Option<impl PushMetricExporter>,
    with_readers: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder,
) -> SdkMeterProvider {
    let mut builder = views.add_to(SdkMeterProvider::builder().with_resource(resource.clone()));
    if let Some(exporter) = otlp {
        builder = builder.with_reader(periodic(settings, exporter));
    }
    if settings.metrics.contains(&Exit::Console) {
        builder = builder.with_reader(periodic(settings, opentelemetry_stdout::MetricExporter::default()));
    }
    with_readers(builder).build()
}

fn periodic<E: PushMetricExporter>(settings: &Settings, exporter: E) -> PeriodicReader<E> {
    PeriodicReader::builder(exporter).with_interval(settings.metric_interval).build()
}

pub(super) fn propagator(settings: &Settings) -> TextMapCompositePropagator {
    let propagators = settings.propagators.iter().map(|propagator| match propagator {
        Propagator::TraceContext => Box::new(TraceContextPropagator::new()) as Box<dyn TextMapPropagator + Send + Sync>,
        Propagator::Baggage => Box::new(BaggagePropagator::new()),
    });
    TextMapCompositePropagator::new(propagators.collect())
}
