use super::settings::{Exporter, Processor, Prometheus, Propagator, Reader, Sampler};
use super::*;

fn settings(variables: &[(&str, &str)]) -> (Settings, Vec<String>) {
    let environment: Environment = variables.iter().copied().collect();
    let (settings, ignored) = Settings::from_environment(&environment);
    (settings, ignored.into_iter().map(|ignored| ignored.setting).collect())
}

/// Where a signal goes, as `describe` says it.
fn places(processors: &[Processor]) -> Vec<String> {
    processors.iter().map(|processor| processor.exporter.to_string()).collect()
}

fn prometheus(settings: &Settings) -> Option<&Prometheus> {
    settings.metrics.readers.iter().find_map(|reader| match reader {
        Reader::Prometheus(prometheus) => Some(prometheus),
        Reader::Periodic(_) => None,
    })
}

#[test]
fn with_nothing_said_both_exits_are_on() {
    let (settings, ignored) = settings(&[]);
    assert!(ignored.is_empty());
    assert_eq!(settings.traces.processors.is_empty(), !cfg!(feature = "otlp"));
    assert_eq!(settings.logs.processors.is_empty(), !cfg!(feature = "otlp"));
    let exits = usize::from(cfg!(feature = "otlp")) + usize::from(cfg!(feature = "prometheus"));
    assert_eq!(settings.metrics.readers.len(), exits);
    assert_eq!(settings.traces.sampler, Sampler::parent_based(Sampler::AlwaysOn));
    if cfg!(feature = "prometheus") {
        assert_eq!(prometheus(&settings), Some(&Prometheus::default()));
    }
    assert_eq!(settings.propagators, [Propagator::TraceContext, Propagator::Baggage]);
}

#[test]
fn disabled_leaves_no_exit() {
    let (read, ignored) = settings(&[
        ("OTEL_SDK_DISABLED", "TRUE"),
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_METRICS_EXPORTER", "otlp"),
    ]);
    assert!(ignored.is_empty() && read.disabled);
    assert_eq!(places(&read.traces.processors), ["standard output"]);
    let read = read.while_enabled();
    assert!(read.traces.processors.is_empty() && read.metrics.readers.is_empty() && read.logs.processors.is_empty());
    let (read, ignored) = settings(&[("OTEL_SDK_DISABLED", "1")]);
    assert_eq!(ignored, ["OTEL_SDK_DISABLED"]);
    assert!(!read.disabled);
}
