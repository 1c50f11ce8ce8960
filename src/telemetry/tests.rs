use super::*;

fn settings(variables: &[(&str, &str)]) -> (Settings, Vec<String>) {
    let environment: Environment = variables.iter().copied().collect();
    let (settings, ignored) = Settings::from_environment(&environment);
    (settings, ignored.into_iter().map(|ignored| ignored.variable).collect())
}

#[test]
fn with_nothing_said_both_exits_are_on() {
    let (settings, ignored) = settings(&[]);
    assert!(ignored.is_empty());
    let mut metrics = Vec::new();
    if cfg!(feature = "otlp") {
        metrics.push(Exit::Otlp);
    }
    if cfg!(feature = "prometheus") {
        metrics.push(Exit::Prometheus);
    }
    assert_eq!(settings.metrics, metrics);
    assert_eq!(settings.sampler, Sampler { parent_based: true, root: 1.0 });
    assert_eq!(settings.prometheus, Listen { host: "localhost".to_owned(), port: 9464 });
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
    assert_eq!(settings.service_name, None);
    assert_eq!(settings.sampler.root, 1.0);
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
    assert_eq!(ignored, ["OTEL_METRICS_EXPORTER", "OTEL_PROPAGATORS", "OTEL_EXPORTER_PROMETHEUS_PORT"]);
    assert_eq!(read.metrics, [Exit::Console]);
    assert_eq!(read.sampler, Sampler { parent_based: false, root: 0.25 });
    assert_eq!(read.exemplar_filter, crate::exemplar::Filter::AlwaysOff);
    assert_eq!(read.propagators, [Propagator::TraceContext]);
    assert_eq!(read.prometheus.port, 9464);

    let (read, ignored) = settings(&[
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
    ]);
    assert_eq!(ignored, ["OTEL_TRACES_SAMPLER_ARG"]);
    assert_eq!(read.metrics, []);
    assert_eq!(read.sampler, Sampler { parent_based: true, root: 1.0 });
}

#[test]
fn disabled_leaves_no_exit() {
    let (read, ignored) = settings(&[
        ("OTEL_SDK_DISABLED", "TRUE"),
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_METRICS_EXPORTER", "otlp"),
    ]);
    assert!(ignored.is_empty() && read.disabled);
    assert!(read.traces.is_empty() && read.metrics.is_empty() && read.logs.is_empty());
    let (read, ignored) = settings(&[("OTEL_SDK_DISABLED", "1")]);
    assert_eq!(ignored, ["OTEL_SDK_DISABLED"]);
    assert!(!read.disabled);
}

#[test]
fn attributes_are_percent_decoded_and_a_bad_list_is_ignored_whole() {
    let (read, _) = settings(&[("OTEL_RESOURCE_ATTRIBUTES", "a=1%2C2, b = c%3Dd ,")]);
    assert_eq!(read.resource, [("a".to_owned(), "1,2".to_owned()), ("b".to_owned(), "c=d".to_owned())]);
    let (read, ignored) = settings(&[("OTEL_RESOURCE_ATTRIBUTES", "a=1,secret")]);
    assert!(read.resource.is_empty());
    assert_eq!(ignored, ["OTEL_RESOURCE_ATTRIBUTES"]);
}

#[cfg(feature = "otlp")]
mod otlp {
    use std::time::Duration;

    use super::settings;
    use crate::push::{Compression, Protocol};

    #[test]
    fn a_base_endpoint_gets_the_path_of_each_signal_and_an_own_one_is_kept() {
        let (read, ignored) = settings(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/base/"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://other/v1/logs"),
        ]);
        assert!(ignored.is_empty());
        assert_eq!(read.otlp.traces.endpoint, "http://collector:4318/base/v1/traces");
        assert_eq!(read.otlp.metrics.endpoint, "http://collector:4318/base/v1/metrics");
        assert_eq!(read.otlp.logs.endpoint, "http://other/v1/logs");
        let (read, _) = settings(&[]);
        assert_eq!(read.otlp.traces.endpoint, "http://localhost:4318/v1/traces");
        let (read, _) = settings(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
        assert_eq!(read.otlp.traces.endpoint, "http://localhost:4317");
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
        assert_eq!(read.otlp.traces.protocol, Protocol::HttpProtobuf);
        assert_eq!(read.otlp.metrics.protocol, Protocol::Grpc);
        assert_eq!(read.otlp.traces.headers, [("api-key".to_owned(), "a b".to_owned())]);
        assert_eq!(read.otlp.logs.headers, [("x".to_owned(), "1".to_owned())]);
        assert_eq!(read.otlp.traces.timeout, Duration::from_millis(2500));
        assert_eq!(read.otlp.traces.compression, Some(Compression::Gzip));
        assert_eq!(read.otlp.metrics.compression, None);
    }

    #[test]
    fn what_is_in_force_shows_no_secret() {
        let (read, ignored) = settings(&[
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cret"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:s3cret@collector:4318"),
        ]);
        assert!(!format!("{read:?} {ignored:?} {}", read.otlp.traces).contains("s3cret"));
        let (_, ignored) = settings(&[("OTEL_EXPORTER_OTLP_HEADERS", "s3cret")]);
        assert_eq!(ignored, ["OTEL_EXPORTER_OTLP_HEADERS"]);
    }
}
