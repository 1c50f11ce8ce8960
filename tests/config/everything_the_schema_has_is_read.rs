use std::time::Duration;

use opentelemetry::logs::Severity;
use opentelemetry::{Array, Key, Value};
use opentelemetry_sdk::metrics::{InstrumentKind, Temporality};
use telecine::exemplar::Filter;
use telecine::logs::Format;
use telecine::pull::Translation;
use telecine::pull::mapping::{LabelRule, Mapping, Match, Rule, Take, Unmatched};
use telecine::push::{Compression, Protocol};
use telecine::telemetry::Environment;
use telecine::telemetry::settings::{
    Batch, Detection, Detector, Exporter, ParentBased, ProcessorKind, Propagator, Reader, Sampler, Settings, SpanLimits,
};
use telecine::views::{Aggregation, KeyFilter};

use crate::{WHOLE, read, read_with};

#[test]
fn the_program_and_its_context() {
    let settings = read(WHOLE).settings;
    assert_eq!((settings.disabled, settings.log_level), (false, Some(Severity::Info)));
    assert_eq!(settings.propagators, [Propagator::TraceContext, Propagator::Baggage]);
    let resource = settings.resource;
    let attribute = |key: &'static str| {
        let key = Key::from_static_str(key);
        resource.attributes.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone()).unwrap()
    };
    assert_eq!(attribute("service.name"), Value::from("unknown_service"));
    assert_eq!(attribute("service.namespace"), Value::from("my ns"));
    assert_eq!(attribute("a"), Value::Array(Array::I64(vec![1, 2])));
    assert_eq!(attribute("b"), Value::F64(1.5));
    assert_eq!(attribute("c"), Value::Bool(true));
    assert_eq!(attribute("d"), Value::I64(4));
    assert_eq!(attribute("e"), Value::Array(Array::String(vec!["x".into(), "$y".into()])));
    assert_eq!(resource.schema_url.as_deref(), Some("https://opentelemetry.io/schemas/1.16.0"));
    let attributes =
        KeyFilter { included: Some(vec!["process.*".to_owned()]), excluded: vec!["process.pid".to_owned()] };
    let detectors = vec![Detector::Host, Detector::Process, Detector::Service, Detector::Container];
    assert_eq!(resource.detection, Detection { detectors, attributes });
}

#[test]
fn the_service_detector_reads_its_variable() {
    let named = |detection: &str| {
        let text = format!("file_format: \"1.1\"\nresource: {{detection/development: {{{detection}}}}}");
        let file = read_with(&text, &[("OTEL_SERVICE_NAME", "worker"), ("OTEL_RESOURCE_ATTRIBUTES", "a=b")]).unwrap();
        file.settings.resource.attributes
    };
    assert_eq!(named("detectors: [{service: }]"), [(Key::new("service.name"), Value::from("worker"))]);
    assert_eq!(named("detectors: [{service: }], attributes: {excluded: [\"service.*\"]}"), []);
    assert_eq!(named("detectors: [{host: }]"), []);
}

#[test]
fn spans() {
    let traces = read(WHOLE).settings.traces;
    let batch = Batch { delay: Duration::from_secs(5), timeout: Duration::from_secs(30), queue: 2048, batch: 512 };
    assert_eq!(
        traces.processors.iter().map(|processor| processor.kind).collect::<Vec<_>>(),
        [ProcessorKind::Batch(batch), ProcessorKind::Simple, ProcessorKind::Batch(batch)]
    );
    let Exporter::Otlp(http) = &traces.processors[0].exporter else { panic!() };
    assert_eq!(http.protocol, Protocol::HttpProtobuf);
    assert_eq!(http.endpoint, "http://localhost:4318/v1/traces");
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    // The list comes second, and is percent-decoded.
    assert_eq!(http.headers, [header("api-key", "hunter2"), header("other", " hunter2")]);
    assert_eq!((http.compression, http.timeout), (Some(Compression::Gzip), Duration::from_secs(10)));
    assert_eq!(traces.processors[1].exporter, Exporter::Console);
    let Exporter::Otlp(grpc) = &traces.processors[2].exporter else { panic!() };
    assert_eq!((grpc.protocol, grpc.timeout, grpc.tls.insecure), (Protocol::Grpc, Duration::ZERO, true));
    assert_eq!(traces.limits, SpanLimits { attribute_value_length: Some(4096), ..SpanLimits::default() });
    assert_eq!(traces.sampler, Sampler::parent_based(Sampler::TraceIdRatio(0.0001)));
}

#[test]
fn samplers() {
    let sampler = |yaml: &str| {
        let text = format!(
            "file_format: \"1.1\"\ntracer_provider: {{processors: [{{simple: {{exporter: {{console: }}}}}}], sampler: {yaml}}}"
        );
        read(&text).settings.traces.sampler
    };
    assert_eq!(sampler("{always_on: }"), Sampler::AlwaysOn);
    assert_eq!(sampler("{always_off: {}}"), Sampler::AlwaysOff);
    assert_eq!(sampler("{trace_id_ratio_based: }"), Sampler::TraceIdRatio(1.0));
    assert_eq!(sampler("{trace_id_ratio_based: {ratio: 0}}"), Sampler::TraceIdRatio(0.0));
    assert_eq!(sampler("{parent_based: }"), Sampler::parent_based(Sampler::AlwaysOn));
    let ratio = |share: &str| format!("{{trace_id_ratio_based: {{ratio: {share}}}}}");
    let branches = format!(
        "{{parent_based: {{root: {}, remote_parent_sampled: {}, remote_parent_not_sampled: {}, local_parent_sampled: {}, local_parent_not_sampled: {}}}}}",
        ratio("0.1"),
        ratio("0.2"),
        ratio("0.3"),
        ratio("0.4"),
        ratio("0.5")
    );
    assert_eq!(
        sampler(&branches),
        Sampler::ParentBased(Box::new(ParentBased {
            root: Sampler::TraceIdRatio(0.1),
            remote_sampled: Sampler::TraceIdRatio(0.2),
            remote_not_sampled: Sampler::TraceIdRatio(0.3),
            local_sampled: Sampler::TraceIdRatio(0.4),
            local_not_sampled: Sampler::TraceIdRatio(0.5),
        }))
    );
}

#[test]
fn limits_of_their_own_come_before_those_for_all() {
    let text = "file_format: \"1.1\"\nattribute_limits: {attribute_value_length_limit: 10, attribute_count_limit: 20}\ntracer_provider: {processors: [{simple: {exporter: {console: }}}], limits: {attribute_count_limit: 30, event_count_limit: 0}}\nlogger_provider: {processors: [{simple: {exporter: {console: }}}]}";
    let Settings { traces, logs, .. } = read(text).settings;
    assert_eq!(
        (traces.limits.attribute_value_length, traces.limits.attributes, traces.limits.events),
        (Some(10), 30, 0)
    );
    assert_eq!((logs.limits.attribute_value_length, logs.limits.attributes), (Some(10), 20));
}

#[test]
fn metrics() {
    let metrics = read(WHOLE).settings.metrics;
    let [Reader::Prometheus(pull), Reader::Periodic(push), Reader::Periodic(console)] = metrics.readers.as_slice()
    else {
        panic!("{:?}", metrics.readers)
    };
    assert_eq!((pull.host.as_str(), pull.port), ("localhost", 9464));
    assert_eq!((pull.scope_labels, pull.target_info), (true, false));
    assert_eq!(pull.translation, Translation::NoTranslation);
    assert_eq!(pull.resource_labels.as_ref().unwrap().included.as_ref().unwrap(), &["service*"]);
    assert_eq!(push.exporter.temporality, Temporality::Delta);
    assert_eq!(console.exporter.temporality, Temporality::LowMemory);
    assert_eq!((push.interval, push.timeout), (Duration::from_secs(60), Duration::from_secs(30)));
    assert_eq!(metrics.cardinality.counter, Some(100));
    assert_eq!(metrics.cardinality.histogram, Some(5));
    assert_eq!(metrics.exemplar_filter, Filter::TraceBased);
    let aggregations: Vec<_> = metrics.views.iter().map(|view| view.stream.aggregation.clone().unwrap()).collect();
    assert_eq!(
        aggregations,
        [
            Aggregation::Explicit { boundaries: vec![0.0, 5.0, 10.0], record_min_max: true },
            Aggregation::Exponential { max_size: 160, max_scale: 20, record_min_max: true },
            Aggregation::Sum,
            Aggregation::LastValue,
            Aggregation::Drop,
            Aggregation::Default,
        ]
    );
    let view = &metrics.views[0];
    assert_eq!(view.selector.instrument_type, Some(InstrumentKind::Histogram));
    assert_eq!(view.selector.meter_version.as_deref(), Some("1.0.0"));
    assert_eq!(view.stream.name.as_deref(), Some("new_name"));
    assert_eq!(view.stream.cardinality_limit, Some(2000));
    assert_eq!(view.stream.attribute_keys.as_ref().unwrap().excluded, ["key3"]);
}

#[test]
fn what_is_null_has_its_defaults() {
    let text = "file_format: \"1.0\"\nmeter_provider:\n  readers:\n    - pull: {exporter: {prometheus/development: }}\n    - periodic: {interval: , timeout: ~, exporter: {otlp_grpc: }}\n  views:\n    - {selector: {instrument_name: }, stream: {aggregation: {explicit_bucket_histogram: }}}\n    - {selector: {}, stream: {aggregation: {base2_exponential_bucket_histogram: {max_size: }}}}\n    - {selector: {}, stream: {}}\n";
    let metrics = read(text).settings.metrics;
    let [Reader::Prometheus(pull), Reader::Periodic(push)] = metrics.readers.as_slice() else { panic!() };
    assert_eq!((pull.host.as_str(), pull.port, pull.scope_labels, pull.target_info), ("localhost", 9464, true, true));
    assert!(matches!(&push.exporter.exporter, Exporter::Otlp(signal) if signal.endpoint == "http://localhost:4317"));
    assert!(
        matches!(&metrics.views[0].stream.aggregation, Some(Aggregation::Explicit { boundaries, record_min_max: true }) if boundaries.len() == 15)
    );
    assert_eq!(
        metrics.views[1].stream.aggregation,
        Some(Aggregation::Exponential { max_size: 160, max_scale: 20, record_min_max: true })
    );
    assert_eq!(metrics.views[2].stream.aggregation, None);
}

#[test]
fn the_endpoints_options_as_they_were_called_in_1_0() {
    let pull = |options: &str| {
        let text = format!(
            "file_format: \"1.0\"\nmeter_provider: {{readers: [{{pull: {{exporter: {{prometheus/development: {{{options}}}}}}}}}]}}"
        );
        match read(&text).settings.metrics.readers.remove(0) {
            Reader::Prometheus(pull) => pull,
            other => panic!("{other:?}"),
        }
    };
    let before = pull(
        "without_scope_info: true, without_target_info/development: true, with_resource_constant_labels: {excluded: [a]}",
    );
    let now = pull(
        "scope_info_enabled: false, target_info_enabled/development: false, resource_constant_labels: {excluded: [a]}",
    );
    assert_eq!(before, now);
    assert_eq!((now.scope_labels, now.target_info), (false, false));
    assert!(pull("without_scope_info: ").scope_labels);
}

#[test]
fn what_is_our_own() {
    let own = read(WHOLE).settings.distribution;
    assert_eq!(own.logs.filter.as_deref(), Some("info,x=debug"));
    assert_eq!((own.logs.format, own.logs.colour), (Some(Format::Json), Some(false)));
    assert_eq!(own.prometheus.bearer_token.unwrap().reveal(), "hunter2");
    let Mapping { unmatched, rules } = own.prometheus.mapping;
    assert_eq!(unmatched, Unmatched::Drop);
    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        rules[0],
        Rule {
            matches: Match {
                name: "media.transcode.duration".to_owned(),
                labels: vec![
                    ("media.outcome".to_owned(), texts(&["success"])),
                    ("media.rendition".to_owned(), texts(&["*p", ""])),
                ],
            },
            name: Some("transcoding_job_duration_seconds".to_owned()),
            help: Some("How long a job took.".to_owned()),
            take: None,
            labels: LabelRule {
                rename: vec![pair("media.rendition", "quality"), pair("media.outcome", "status")],
                keep: Some(texts(&["quality", "status"])),
                drop: Vec::new(),
                add: vec![pair("api", "public")],
                values: vec![(
                    "status".to_owned(),
                    vec![pair("success", "done"), pair("", "none"), pair("*", "other")],
                )],
            },
        }
    );
    assert_eq!((rules[1].take, rules[1].labels.drop.as_slice()), (Some(Take::Count), &texts(&["media_outcome"])[..]));
    assert_eq!(rules[2].matches.name, "media.*.active");
}

#[test]
fn a_provider_that_is_not_there_is_none() {
    let settings = read("file_format: \"1.1\"").settings;
    assert!(settings.traces.processors.is_empty() && settings.metrics.readers.is_empty());
    assert!(settings.logs.processors.is_empty() && settings.propagators.is_empty());
    assert_eq!(settings.resource.detection, Detection::default());
}

#[test]
fn a_file_silences_the_variables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.yaml");
    std::fs::write(
        &path,
        "file_format: \"1.1\"\nresource:\n  attributes: [{name: service.name, value: \"${NAME}\"}]\nmeter_provider:\n  readers:\n    - pull:\n        exporter:\n          prometheus/development:\n            port: ${PORT:-7}\n",
    )
    .unwrap();
    let environment: Environment = [
        ("OTEL_CONFIG_FILE", path.to_str().unwrap()),
        ("OTEL_SERVICE_NAME", "not me"),
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "1"),
        ("OTEL_LOG_LEVEL", ""),
        ("NAME", "worker"),
        ("RUST_LOG", "warn"),
        ("NO_COLOR", "1"),
    ]
    .into_iter()
    .collect();
    let (settings, ignored) = Settings::resolve(&environment).unwrap();
    assert_eq!(settings.resource.attributes, [(Key::new("service.name"), Value::from("worker"))]);
    assert!(settings.traces.processors.is_empty());
    assert!(matches!(&settings.metrics.readers[..], [Reader::Prometheus(pull)] if pull.port == 7));
    assert_eq!(settings.distribution.logs.filter.as_deref(), Some("warn"));
    assert_eq!(settings.distribution.logs.colour, Some(false));
    let silenced: Vec<_> = ignored.iter().map(|ignored| ignored.setting.as_str()).collect();
    assert_eq!(silenced, ["OTEL_EXPORTER_PROMETHEUS_PORT", "OTEL_SERVICE_NAME", "OTEL_TRACES_EXPORTER"]);
}
