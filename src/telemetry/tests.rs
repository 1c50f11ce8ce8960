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
fn an_empty_value_is_no_value() {
    let (settings, ignored) = settings(&[
        ("OTEL_SERVICE_NAME", ""),
        ("OTEL_METRICS_EXPORTER", " "),
        ("OTEL_TRACES_SAMPLER", ""),
        ("OTEL_SDK_DISABLED", ""),
    ]);
    assert!(ignored.is_empty());
    assert_eq!(settings.resource.attributes, []);
    assert_eq!(settings.traces.sampler, Sampler::default());
    assert!(!settings.disabled);
}

#[test]
fn words_are_read_in_any_case_and_unknown_ones_reported() {
    let (read, ignored) = settings(&[
        ("OTEL_METRICS_EXPORTER", "Console,console,nonsense"),
        ("OTEL_TRACES_SAMPLER", "TraceIdRatio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "ALWAYS_OFF"),
        ("OTEL_PROPAGATORS", "b3,tracecontext"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "99999"),
    ]);
    assert_eq!(ignored, ["OTEL_PROPAGATORS", "OTEL_EXPORTER_PROMETHEUS_PORT", "OTEL_METRICS_EXPORTER"]);
    assert!(
        matches!(&read.metrics.readers[..], [Reader::Periodic(only)] if only.exporter.exporter == Exporter::Console)
    );
    assert_eq!(read.traces.sampler, Sampler::TraceIdRatio(0.25));
    assert_eq!(read.metrics.exemplar_filter, crate::exemplar::Filter::AlwaysOff);
    assert_eq!(read.propagators, [Propagator::TraceContext]);

    let (read, ignored) = settings(&[
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
    ]);
    assert_eq!(ignored, ["OTEL_TRACES_SAMPLER_ARG"]);
    assert_eq!(read.metrics.readers, []);
    assert_eq!(read.traces.sampler, Sampler::parent_based(Sampler::TraceIdRatio(1.0)));
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

#[test]
fn attributes_are_percent_decoded_and_a_bad_list_is_ignored_whole() {
    let (read, _) = settings(&[("OTEL_RESOURCE_ATTRIBUTES", "a=1%2C2, b = c%3Dd ,")]);
    let pair =
        |key: &'static str, value: &'static str| (opentelemetry::Key::from(key), opentelemetry::Value::from(value));
    assert_eq!(read.resource.attributes, [pair("a", "1,2"), pair("b", "c=d")]);
    let (read, ignored) = settings(&[("OTEL_RESOURCE_ATTRIBUTES", "a=1,secret")]);
    assert_eq!(read.resource.attributes, []);
    assert_eq!(ignored, ["OTEL_RESOURCE_ATTRIBUTES"]);
}

#[cfg(feature = "otlp")]
mod otlp {
    use std::time::Duration;

    use super::*;
    use crate::push::{Compression, Protocol, Signal};

    struct Otlp {
        traces: Signal,
        metrics: Signal,
        logs: Signal,
    }

    fn otlp(settings: &Settings) -> Otlp {
        let signal = |exporter: &Exporter| match exporter {
            Exporter::Otlp(signal) => signal.clone(),
            Exporter::Console => panic!("{settings:?}"),
        };
        let Reader::Periodic(metrics) = &settings.metrics.readers[0] else { panic!("{settings:?}") };
        Otlp {
            traces: signal(&settings.traces.processors[0].exporter),
            metrics: signal(&metrics.exporter.exporter),
            logs: signal(&settings.logs.processors[0].exporter),
        }
    }

    #[test]
    fn a_base_endpoint_gets_the_path_of_each_signal_and_an_own_one_is_kept() {
        let (read, ignored) = settings(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/base/"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://other/v1/logs"),
        ]);
        assert!(ignored.is_empty());
        assert_eq!(otlp(&read).traces.endpoint, "http://collector:4318/base/v1/traces");
        assert_eq!(otlp(&read).metrics.endpoint, "http://collector:4318/base/v1/metrics");
        assert_eq!(otlp(&read).logs.endpoint, "http://other/v1/logs");
        let (read, _) = settings(&[]);
        assert_eq!(otlp(&read).traces.endpoint, "http://localhost:4318/v1/traces");
        let (read, _) = settings(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
        assert_eq!(otlp(&read).traces.endpoint, "http://localhost:4317");
    }

    #[test]
    fn a_signals_own_variable_comes_before_the_one_for_all_unless_it_is_empty() {
        let (read, ignored) = settings(&[
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", ""),
            ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x=1"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "none"),
        ]);
        assert!(ignored.is_empty());
        assert_eq!(otlp(&read).traces.protocol, Protocol::HttpProtobuf);
        assert_eq!(otlp(&read).metrics.protocol, Protocol::Grpc);
        assert_eq!(otlp(&read).traces.headers, [("api-key".to_owned(), "a b".to_owned())]);
        assert_eq!(otlp(&read).logs.headers, [("x".to_owned(), "1".to_owned())]);
        assert_eq!(otlp(&read).traces.timeout, Duration::from_millis(2500));
        assert_eq!(otlp(&read).traces.compression, Some(Compression::Gzip));
        assert_eq!(otlp(&read).metrics.compression, None);
    }

    #[test]
    fn what_is_in_force_shows_no_secret() {
        let (read, ignored) = settings(&[
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cret"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:s3cret@collector:4318"),
        ]);
        assert!(!format!("{read:?} {ignored:?} {}", otlp(&read).traces).contains("s3cret"));
        let (_, ignored) = settings(&[("OTEL_EXPORTER_OTLP_HEADERS", "s3cret")]);
        assert_eq!(ignored, ["OTEL_EXPORTER_OTLP_HEADERS"]);
    }
}
