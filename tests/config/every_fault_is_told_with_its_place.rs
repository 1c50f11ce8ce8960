use std::io::Write as _;

use telecine::telemetry::config::{Error, File};
use telecine::telemetry::{Environment, Telemetry};

use crate::{lines, read_with};

/// The faults of a file that begins with its version.
fn faults(rest: &str) -> Vec<String> {
    match read_with(&format!("file_format: \"1.1\"\n{rest}\n"), &[]) {
        Ok(file) => panic!("{rest:?} is read as {:?}", file.settings),
        Err((errors, _)) => lines(&errors),
    }
}

#[test]
fn one_by_one() {
    let mut otherwise = Vec::new();
    for (rest, fault) in [
        ("disabled: 1", "f.yaml:2:11: disabled: must be true or false, and is an integer"),
        ("disabled: \"true\"", "f.yaml:2:11: disabled: must be true or false, and is text"),
        ("log_level: INFO", "f.yaml:2:12: log_level: `INFO` is none of `trace`"),
        ("log_level:", "f.yaml:2:1: log_level: must be text, and is null"),
        ("resource:", "f.yaml:2:1: resource: must be a mapping, and is null"),
        (
            "resource: {attribute: []}",
            "f.yaml:2:12: resource.attribute: this key is not known: there is `attributes_list`",
        ),
        ("resource: {attributes: []}", "f.yaml:2:24: resource.attributes: must have at least 1 item"),
        ("resource:\n  attributes:\n    - name: a", "f.yaml:4:7: resource.attributes[0]: the key `value` is missing"),
        (
            "resource: {attributes: [{name: a, value: [x]}]}",
            "resource.attributes[0].value: must be text, and is a list",
        ),
        ("resource: {attributes: [{name: a, value: !!int 1}]}", "value: must be text (in quotes"),
        (
            "resource: {attributes: [{name: a, value: \"1.5\", type: int}]}",
            "value: must be an integer, and is a number",
        ),
        (
            "resource: {attributes: [{name: a, value: \"yes\", type: bool}]}",
            "value: must be true or false, and is text",
        ),
        ("resource: {attributes: [{name: a, value: [x, 1], type: string_array}]}", "value: has items of several types"),
        ("resource: {attributes: [{name: a, value: x, type: int}]}", "value: must be an integer, and is text"),
        ("resource: {attributes: [{name: a, value: [1, x], type: int_array}]}", "value[1]: must be an integer"),
        ("resource: {attributes: [{name: a, value: 1, type: number}]}", "type: `number` is none of `string`"),
        ("resource: {attributes_list: \"a\"}", "resource.attributes_list: entry 1"),
        ("resource: {detection/development: {detectors: [{cloud: }]}}", "`cloud` is no resource detector of this SDK"),
        ("attribute_limits: {attribute_count_limit: -1}", "attribute_count_limit: is -1, and must be at least 0"),
        ("attribute_limits: {attribute_count_limit: 1.5}", "must be an integer, and is a number"),
        (
            "propagator: {composite: [{jaeger: }]}",
            "composite[0]: `jaeger` is no propagator of this SDK: there is `tracecontext`, `baggage`, `b3` and `b3multi`",
        ),
        ("propagator: {composite_list: \"tracecontext,xray\"}", "composite_list: `xray` is no propagator"),
        ("tracer_provider: {}", "tracer_provider: the key `processors` is missing"),
        ("tracer_provider: {processors: }", "tracer_provider.processors: is required, and is null"),
        ("tracer_provider: {processors: [{batch: }]}", "processors[0].batch: must be a mapping, and is null"),
        (
            "tracer_provider: {processors: [{batch: {exporter: {}}}]}",
            "exporter: must have one key, which names the exporter",
        ),
        (
            "tracer_provider: {processors: [{batch: {exporter: {console: , otlp_http: }}}]}",
            "which names the exporter, and has `console` and `otlp_http`",
        ),
        ("tracer_provider: {processors: [{batch: {exporter: {zipkin: }}}]}", "`zipkin` is no exporter of this SDK"),
        (
            "tracer_provider: {processors: [{batch: {exporter: {otlp_file/development: }}}]}",
            "is no exporter of this SDK",
        ),
        (
            "tracer_provider: {processors: [{batch: {exporter: {console: {x: 1}}}}]}",
            "console.x: this key is not known: there is none here",
        ),
        (
            "tracer_provider: {processors: [{batch: {max_queue_size: 0, exporter: {console: }}}]}",
            "max_queue_size: is 0, and must be from 1 to 1048576",
        ),
        ("tracer_provider: {processors: [{mine: {}}]}", "`mine` is no span processor of this SDK"),
        ("tracer_provider: {processors: [{simple: {exporter: {otlp_http: {encoding: xml}}}}]}", "encoding: "),
        (
            "tracer_provider: {processors: [{simple: {exporter: {otlp_http: {tls: {key_file: a}}}}}]}",
            "tls: `key_file` and `cert_file` go together",
        ),
        (
            "tracer_provider: {processors: [{simple: {exporter: {otlp_http: {tls: {insecure: true}}}}}]}",
            "tls.insecure: this key is not known",
        ),
        (
            "tracer_provider: {processors: [{simple: {exporter: {otlp_grpc: {headers: [{name: a, value: 1}]}}}}]}",
            "headers[0].value: must be text",
        ),
        ("tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: }", "sampler: must be a mapping"),
        (
            "tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: {trace_id_ratio_based: {ratio: 2}}}",
            "ratio: is 2, and must be from 0 to 1",
        ),
        (
            "tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: {parent_based: {root: {mine: }}}}",
            "sampler.parent_based.root: `mine` is no sampler of this SDK",
        ),
        ("meter_provider: {readers: [{periodic: {exporter: {console: }, interval: 0}}]}", "`interval` is 0"),
        (
            "meter_provider: {readers: [{pull: {exporter: {console: }}}]}",
            "`console` is no exporter of this SDK: there is `prometheus/development`",
        ),
        ("meter_provider: {readers: [{push: }]}", "`push` is no metric reader"),
        (
            "meter_provider: {readers: [{pull: {exporter: {prometheus/development: {port: 65536}}}}]}",
            "port: is 65536, and must be from 0 to 65535",
        ),
        (
            "meter_provider: {readers: [{pull: {exporter: {prometheus/development: {translation_strategy: UnderscoreEscapingWithSuffixes}}}}]}",
            "translation_strategy: `UnderscoreEscapingWithSuffixes` is none of",
        ),
        (
            "meter_provider: {readers: [{pull: {exporter: {prometheus/development: {scope_info_enabled: true, without_scope_info: true}}}}]}",
            "without_scope_info: is the name that `scope_info_enabled` had in 1.0",
        ),
        (
            "meter_provider: {readers: [{periodic: {exporter: {console: }, producers: [{opencensus: }]}}]}",
            "producers[0]: `opencensus` is no metric producer of this SDK",
        ),
        (
            "meter_provider: {readers: [{pull: {exporter: {prometheus/development: {host: \"\"}}}}]}",
            "prometheus/development.host: is empty",
        ),
        (
            "meter_provider: {readers: [{pull: {exporter: {prometheus/development: }}}, {pull: {exporter: {prometheus/development: {host: 127.0.0.1}}}}]}",
            "readers[1].pull: listens on port 9464, as `meter_provider.readers[0].pull` does",
        ),
        (
            "meter_provider: {readers: [{pull: {exporter: {prometheus/development: {host: \"[::]\", port: 1}}}}, {pull: {exporter: {prometheus/development: {host: \"10.0.0.1\", port: 1}}}}]}",
            "readers[1].pull: listens on port 1, as `meter_provider.readers[0].pull` does",
        ),
        (
            "meter_provider: {readers: [{pull: {exporter: {prometheus/development: }}}], view_matching_mode/development: merged}",
            "view_matching_mode/development: `merged` is none of `independent` and `composable`",
        ),
        (
            "meter_provider: {readers: [{pull: {exporter: {prometheus/development: }}}, {periodic: {exporter: {otlp_http: {default_histogram_aggregation: base2_exponential_bucket_histogram}}}}]}",
            "readers[1].periodic: its histograms would not be those of `meter_provider.readers[0].pull`",
        ),
        (
            "meter_provider: {readers: [{pull: {exporter: {prometheus/development: }}}, {periodic: {exporter: {console: }, cardinality_limits: {counter: 5}}}]}",
            "readers[1].periodic: its cardinality limits are not those of `meter_provider.readers[0].pull`",
        ),
        (
            "meter_provider: {readers: [{periodic: {exporter: {console: }}}], views: [{selector: {}}]}",
            "views[0]: the key `stream` is missing",
        ),
        (
            "meter_provider:\n  readers: [{periodic: {exporter: {console: }}}]\n  views:\n    - selector: {instrument_name: \"a.*\"}\n      stream:\n        name: b",
            "f.yaml:7:15: meter_provider.views[0].stream.name: needs a selector",
        ),
        (
            "meter_provider: {readers: [{periodic: {exporter: {console: }}}], views: [{selector: {}, stream: {aggregation: {explicit_bucket_histogram: {boundaries: [2, 1]}}}}]}",
            "explicit_bucket_histogram.boundaries: bounds must be finite and increase: 1 does not",
        ),
        (
            "meter_provider: {readers: [{periodic: {exporter: {console: }}}], views: [{selector: {}, stream: {aggregation: {base2_exponential_bucket_histogram: {max_scale: 21}}}}]}",
            "max_scale: is 21, and must be from -10 to 20",
        ),
        (
            "meter_provider: {readers: [{periodic: {exporter: {console: }}}], views: [{selector: {instrument_type: gauge}, stream: {aggregation: {sum: }}}]}",
            "stream.aggregation.sum: `sum` is not for a gauge",
        ),
        (
            "logger_provider: {processors: [{event_to_span_event_bridge/development: }]}",
            "is no log record processor of this SDK",
        ),
        ("distribution: {}", "distribution: must name at least one distribution"),
        (
            "distribution: {telecine: {log: {}}}",
            "distribution.telecine.log: this key is not known: there is `logs` and `prometheus`",
        ),
        ("distribution: {telecine: {logs: {filter: \"a=b=c\"}}}", "logs.filter: `a=b=c` is no filter"),
        (
            "distribution:\n  telecine:\n    prometheus:\n      mapping:\n        rules:\n          - match: {name: a}\n            name: a-b",
            "f.yaml:8:19: distribution.telecine.prometheus.mapping.rules[0].name: `a-b` is no metric name",
        ),
        (
            "distribution: {telecine: {prometheus: {mapping: {rules: [{match: {name: media.job.duration}, take: count}]}}}}",
            "mapping.rules[0].name: is needed where `take` is given",
        ),
        (
            "distribution: {telecine: {prometheus: {mapping: {rules: [{match: {name: media.job.created}, name: a, take: sum}]}}}}",
            "mapping.rules[0].take: `media.job.created` is a counter and has no count or sum",
        ),
        (
            "distribution: {telecine: {prometheus: {mapping: {rules: [{match: {name: a, labels: {b: 1}}, name: a}]}}}}",
            "mapping.rules[0].match.labels.b: must be text (in quotes",
        ),
        (
            "distribution: {telecine: {prometheus: {bearer_token: a, bearer_token_file: b}}}",
            "prometheus.bearer_token_file: cannot be given beside `bearer_token`",
        ),
        (
            "distribution: {telecine: {prometheus: {bearer_token_file: }}}",
            "bearer_token_file: must be text, and is null",
        ),
        (
            "distribution: {telecine: {prometheus: {mapping: {unmatched: hide}}}}",
            "mapping.unmatched: `hide` is none of `keep` and `drop`",
        ),
        ("disabled: ${X:?}", "f.yaml:2:11: disabled: `${X:?}` is not a reference"),
    ] {
        let faults = faults(rest);
        if faults.len() != 1 || !faults[0].contains(fault) {
            otherwise.push((rest, faults));
        }
    }
    assert!(otherwise.is_empty(), "{otherwise:#?}");
}

#[test]
fn what_no_request_could_carry() {
    let exporter = |exporter: &str| {
        let text =
            format!("file_format: \"1.1\"\nlogger_provider: {{processors: [{{batch: {{exporter: {exporter}}}}}]}}\n");
        read_with(&text, &[]).map(|_| ()).map_err(|(errors, _)| lines(&errors))
    };
    for (text, fault) in [
        ("{otlp_http: {endpoint: \"not a url\"}}", "otlp_http.endpoint: is not of the form http://host:port/path"),
        ("{otlp_http: {endpoint: localhost:4318}}", "otlp_http.endpoint: is not of the form"),
        ("{otlp_grpc: {endpoint: \"https://h:99999\"}}", "otlp_grpc.endpoint: is not of the form"),
        ("{otlp_http: {headers: [{name: b c, value: secret}]}}", "headers[0]: \"b c\" is not a header's name"),
        ("{otlp_http: {headers: [{name: a, value: \"s\\nt\"}]}}", "headers[0]: the value of \"a\" holds what"),
        ("{otlp_http: {headers_list: \"b c=secret\"}}", "headers_list: \"b c\" is not a header's name"),
    ] {
        let errors = exporter(text).unwrap_err();
        assert!(errors.len() == 1 && errors[0].contains(fault), "{text}: {errors:?}");
        assert!(!errors[0].contains("secret"), "{errors:?}");
    }
    exporter("{otlp_grpc: {endpoint: \"localhost:4317\"}}").unwrap();
}

#[test]
fn a_token_that_is_not_set_opens_nothing() {
    let text = "file_format: \"1.1\"\ndistribution:\n  telecine:\n    prometheus:\n      bearer_token: ${TOKEN}\n";
    assert!(read_with(text, &[("TOKEN", "abc")]).is_ok());
    let (errors, _) = read_with(text, &[]).unwrap_err();
    assert!(lines(&errors)[0].contains("bearer_token: must be text, and is null"), "{errors:?}");
}

#[test]
fn versions_that_are_not_known() {
    for (version, fault) in [
        ("", "f.yaml:1:1: the key `file_format` is missing"),
        ("file_format:", "f.yaml:1:1: file_format: is required, and is null"),
        ("file_format: 1.1", "file_format: must be text (in quotes"),
        ("file_format: \"1\"", "`1` is no version"),
        ("file_format: \"0.4\"", "version `0.4` is not supported: this SDK reads 1.0 to 1.1"),
        ("file_format: \"2.0\"", "version `2.0` is not supported"),
        ("file_format: \"1.x\"", "`1.x` is no version"),
    ] {
        let (errors, _) = read_with(format!("{version}\ndisabled: false\n").trim_start(), &[]).unwrap_err();
        let errors = lines(&errors);
        assert!(errors.len() == 1 && errors[0].contains(fault), "{errors:?}");
    }
    for (version, warning) in
        [("1.0", None), ("1.1", None), ("1.2", Some("newer than 1.1")), ("1.0-rc.2", Some("not released"))]
    {
        let warnings = lines(&read_with(&format!("file_format: \"{version}\""), &[]).unwrap().warnings);
        assert_eq!(warnings.len(), usize::from(warning.is_some()), "{warnings:?}");
        assert!(warning.is_none_or(|warning| warnings[0].contains(warning)), "{warnings:?}");
    }
}

/// What loses `/development` in a newer version is read by either name there, and only there.
#[test]
fn what_is_no_longer_in_development() {
    let text = |version: &str| {
        format!(
            "file_format: \"{version}\"\nresource: {{detection: {{detectors: [{{host: }}]}}}}\nmeter_provider: {{readers: [{{pull: {{exporter: {{prometheus: {{target_info_enabled: false}}}}}}}}]}}"
        )
    };
    let file = read_with(&text("1.2"), &[]).unwrap();
    assert_eq!(file.warnings.len(), 1, "{:?}", file.warnings);
    assert_eq!(file.settings.resource.detection.detectors.len(), 1);
    assert!(file.settings.to_yaml().contains("target_info_enabled/development: false"));
    assert_eq!(read_with(&text("1.1"), &[]).unwrap_err().0.len(), 2);
}

#[test]
fn by_both_of_its_names() {
    let text = |version: &str, rest: &str| read_with(&format!("file_format: \"{version}\"\n{rest}"), &[]);
    for (rest, fault) in [
        (
            "resource:\n  detection: {detectors: [{host: }]}\n  detection/development: {detectors: [{process: }]}",
            "f.yaml:4:3: resource.detection/development: is `detection` by another name, which is there too",
        ),
        (
            "instrumentation/development: {}\ninstrumentation: {}",
            "f.yaml:3:1: instrumentation: is `instrumentation/development` by another name",
        ),
    ] {
        let errors = lines(&text("1.2", rest).unwrap_err().0);
        assert!(errors.len() == 1 && errors[0].starts_with(fault), "{errors:?}");
    }
    for (version, key, said) in [
        ("1.2", "instrumentation", "is not honoured"),
        ("1.2", "instrumentation/development", "is not honoured"),
        ("1.1", "instrumentation/development", "is not honoured"),
        ("1.1", "instrumentation", "is no key of the schema"),
    ] {
        let warnings = lines(&text(version, &format!("{key}: {{}}")).unwrap().warnings);
        let about: Vec<_> = warnings.iter().filter(|warning| warning.contains("instrumentation")).collect();
        assert!(about.len() == 1 && about[0].contains(said), "{version} {key}: {warnings:?}");
    }
}

#[test]
fn all_at_once_in_the_order_of_the_file() {
    let faults = faults(
        "disabled: maybe\nresource:\n  attributes:\n    - {name: a}\n    - {value: b, kind: c}\ntracer_provider:\n  processors:\n    - batch: {exporter: {otlp_htpp: }}\n  limits: {event_count_limit: many}\nmeter_provider: {readers: [{periodic: {}}]}\nlogger_provider: []",
    );
    let places: Vec<_> = faults.iter().map(|fault| fault.split(": ").nth(1).unwrap()).collect();
    assert_eq!(
        places,
        [
            "disabled",
            "resource.attributes[0]",
            "resource.attributes[1]",
            "resource.attributes[1].kind",
            "tracer_provider.processors[0].batch.exporter",
            "tracer_provider.limits.event_count_limit",
            "meter_provider.readers[0].periodic",
            "logger_provider"
        ],
        "{faults:#?}"
    );
}

/// Rules that can be read are judged, whatever else is wrong with the file.
#[test]
fn rules_among_other_faults() {
    let faults = faults(
        "disabled: 1\ndistribution:\n  telecine:\n    prometheus:\n      mapping:\n        rules:\n          - {match: {name: a, labels: {b: 1}}, name: a-b}\n          - {match: {name: a}, name: a-b}\n          - {match: {name: media.job.created}, name: c, take: sum}\n          - {match: {name: x}, name: d}\n          - {match: {name: x}, name: d}",
    );
    let ends = [
        "f.yaml:2:11: disabled: must be true or false, and is an integer",
        "f.yaml:8:43: distribution.telecine.prometheus.mapping.rules[0].match.labels.b: must be text (in quotes, so that it is not taken for something else), and is an integer",
        "f.yaml:9:38: distribution.telecine.prometheus.mapping.rules[1].name: `a-b` is no metric name: letters, digits, `_` and `:`, and no digit first",
        "f.yaml:10:63: distribution.telecine.prometheus.mapping.rules[2].take: `media.job.created` is a counter and has no count or sum to take",
        "f.yaml:12:21: distribution.telecine.prometheus.mapping.rules[4].match: says the same as rules[3]: each series would be there twice",
    ];
    assert_eq!(faults, ends, "{faults:#?}");
}

#[test]
fn without_a_secret() {
    let text = |value: &str| format!("file_format: \"1.1\"\nresource: {{schema_url: {value}}}");
    for value in
        ["!!int hunter2", "!own hunter2", "\"${API-KEY:-hunter2}\"", "\"${env:1X:-hunter2}\"", "\"${X:?hunter2}\""]
    {
        let (errors, _) = read_with(&text(value), &[]).unwrap_err();
        let errors = lines(&errors);
        assert!(errors.len() == 1 && errors[0].starts_with("f.yaml:2:"), "{errors:?}");
        assert!(!errors[0].contains("hunter2"), "{errors:?}");
    }
    assert!(lines(&read_with(&text("\"${X:?hunter2}\""), &[]).unwrap_err().0)[0].contains("`${X:?\u{2026}}` is not"));
}

/// What a file refers to and cannot be read is not taken for unset.
#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text() {
    use std::os::unix::ffi::OsStringExt as _;
    let value = std::ffi::OsString::from_vec(vec![b'a', 0xff]);
    let environment = |name: &str| Environment::of_system([(name.into(), value.clone())]);
    let text = "file_format: \"1.1\"\nresource: {schema_url: \"${NAME:-x} ${NONE}\"}";
    let Err(Error::Invalid { errors, .. }) = File::parse("f.yaml", text, &environment("NAME")) else { panic!() };
    let reason = "f.yaml:2:24: resource.schema_url: the value of the variable `NAME` is not UTF-8";
    assert_eq!(lines(&errors), [reason]);
    let error = Telemetry::builder().environment(environment("OTEL_CONFIG_FILE")).build().map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("OTEL_CONFIG_FILE is not UTF-8"), "{error}");
}

#[test]
fn what_is_not_honoured_is_said() {
    let text = "file_format: \"1.1\"\nfuture: 1\ntracer_provider:\n  processors:\n    - batch: {exporter: {console: }, max_queue_size: 5}\n  tracer_configurator/development: {}\nresource: {attributes: [{name: a, value: \"${NONE}\"}, {name: b, value: \"${NONE:-}\"}, {name: c, value: ~}]}\ndistribution: {vendor: {}}";
    let file = read_with(text, &[]).unwrap();
    let warnings = lines(&file.warnings);
    for (warning, part) in warnings.iter().zip([
        "f.yaml:2:9: future: `future` is no key of the schema",
        "f.yaml:6:36: tracer_provider.tracer_configurator/development: is not honoured",
        "resource.attributes[2].value: is null: the attribute is left out",
        "distribution.vendor: is for another distribution",
    ]) {
        assert!(warning.contains(part), "{warning}");
    }
    assert_eq!(warnings.len(), 4, "{warnings:#?}");
}

#[test]
fn what_is_not_as_it_is_written_is_said() {
    let text = "file_format: \"1.1\"\nresource:\n  attributes:\n    - {name: service.version, value: 1.10}\n    - {name: a, value: [1, 2], type: string_array}\n    - {name: b, value: \"4\", type: int}\n    - {name: c, value: [\"true\"], type: bool_array}\n    - {name: d, value: 0x1F}\ntracer_provider:\n  processors:\n    - simple: {exporter: {otlp_http: {endpoint: \"http://h/v1/traces?a=b#here\"}}}\nmeter_provider:\n  readers: [{pull: {exporter: {prometheus/development: }}}]\n  view_matching_mode/development: composable";
    let file = read_with(text, &[]).unwrap();
    let warnings = lines(&file.warnings);
    let parts = [
        "f.yaml:4:38: resource.attributes[0].value: is a number, and is taken as the text that is written",
        "f.yaml:5:25: resource.attributes[1].value[0]: is an integer, and is taken as the text",
        "f.yaml:5:28: resource.attributes[1].value[1]: is an integer, and is taken as the text",
        "f.yaml:6:24: resource.attributes[2].value: is text, and is read as an integer",
        "f.yaml:7:25: resource.attributes[3].value[0]: is text, and is read as a boolean",
        "f.yaml:8:24: resource.attributes[4].value: is an integer, and is taken as the text",
        "otlp_http.endpoint: what comes after `#` is left out",
        "view_matching_mode/development: is not honoured",
    ];
    assert_eq!(warnings.len(), parts.len(), "{warnings:#?}");
    for (warning, part) in warnings.iter().zip(parts) {
        assert!(warning.contains(part), "{warning}");
    }
    let shown = file.settings.to_yaml();
    for part in
        ["\"1.10\"", "value: [\"1\", \"2\"]", "value: 4\n", "value: [true]", "\"0x1F\"", "traces?a=REDACTED\"\n"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let independent = text.replace("composable", "independent");
    assert_eq!(read_with(&independent, &[]).unwrap().warnings.len(), parts.len() - 1);
}

#[test]
fn nothing_starts_with_a_file_that_is_not_valid() {
    let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    write!(file, "file_format: \"1.1\"\ndisabled: 1\nresource: 2\n").unwrap();
    let start = |path: &str| {
        let environment: Environment = [("OTEL_CONFIG_FILE", path)].into_iter().collect();
        Telemetry::builder().environment(environment).build().map(|_| ()).unwrap_err().to_string()
    };
    let path = file.path().to_str().unwrap();
    let error = start(path);
    assert!(error.contains(&format!("{path}:2:11: disabled: ")), "{error}");
    assert!(error.contains(&format!("{path}:3:11: resource: ")), "{error}");
    let error = start("/nowhere/at/all.yaml");
    assert!(error.contains("/nowhere/at/all.yaml cannot be read: "), "{error}");
}

#[test]
fn bytes_that_are_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        File::read(path, &Environment::default())
    };
    let Err(Error::Invalid { errors, .. }) = write("a.yaml", b"file_format: \"1.1\"\nresource: \xff\xfe\n") else {
        panic!()
    };
    assert_eq!((errors[0].line, errors[0].reason.as_str()), (2, "this is not UTF-8"));
    let Err(Error::Invalid { errors, .. }) = write("b.yaml", &vec![b' '; 5 << 20]) else { panic!() };
    assert!(errors[0].reason.contains("at most"), "{errors:?}");
    let Err(Error::Unreadable { .. }) = File::read(folder.path(), &Environment::default()) else { panic!() };
    let file = write("c.conf", b"file_format: \"1.1\"\n").unwrap();
    assert!(file.warnings[0].reason.contains("`.yaml`"), "{:?}", file.warnings);
}
