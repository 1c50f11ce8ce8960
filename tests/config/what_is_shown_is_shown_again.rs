use telecine::telemetry::{Environment, Settings};

use crate::{WHOLE, read, read_with};

/// Given back, what is shown shows the same.
fn fixed(settings: &Settings) -> String {
    let shown = settings.to_yaml();
    let mut variables = vec![("HOME", "put in")];
    // Put in where there is none.
    if shown.contains("name: service.name\n") {
        variables.push(("OTEL_SERVICE_NAME", "put in"));
    }
    let again = read_with(&shown, &variables).unwrap_or_else(|(errors, _)| panic!("{errors:#?}\n{shown}"));
    assert_eq!(again.warnings, [], "{shown}");
    assert_eq!(again.settings.to_yaml(), shown);
    shown
}

#[test]
fn a_file_with_everything() {
    let shown = fixed(&read(WHOLE).settings);
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(shown.matches("REDACTED").count(), 5, "{shown}");
}

#[test]
fn without_secrets_it_says_the_same() {
    let text = WHOLE
        .lines()
        .filter(|line| !line.contains("hunter2") && !line.contains("headers:") && !line.contains("api-key"))
        .collect::<Vec<_>>()
        .join("\n");
    let settings = read(&text).settings;
    assert_eq!(read(&settings.to_yaml()).settings, settings);
}

#[test]
fn the_smallest_file() {
    assert_eq!(fixed(&read("file_format: \"1.0\"").settings), "file_format: \"1.1\"\ndisabled: false\nresource: {}\n");
}

#[test]
fn what_variables_say() {
    for variables in [
        vec![],
        vec![("OTEL_SDK_DISABLED", "true")],
        vec![("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"), ("OTEL_PROPAGATORS", "b3,b3multi")],
        vec![("OTEL_METRICS_EXPORTER", "none"), ("OTEL_TRACES_SAMPLER", "always_off")],
        vec![("OTEL_SERVICE_NAME", "b"), ("OTEL_RESOURCE_ATTRIBUTES", "team=a,team=b,service.name=c,x=1")],
        vec![
            ("OTEL_METRIC_EXPORT_INTERVAL", "9223372036854775807"),
            ("OTEL_METRIC_EXPORT_TIMEOUT", "18446744073709551615"),
            ("OTEL_BSP_SCHEDULE_DELAY", "9223372036854775808"),
            ("OTEL_BLRP_EXPORT_TIMEOUT", "9223372036854775807"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "9223372036854775808"),
            ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "18446744073709551615"),
            ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "4294967296"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2,A=hunter2,b=hunter2"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://me:hunter2@h/a?key=hunter2#hunter2"),
        ],
        vec![
            ("OTEL_TRACES_EXPORTER", "otlp,console"),
            ("OTEL_LOGS_EXPORTER", "console"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter2"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
            ("OTEL_RESOURCE_ATTRIBUTES", "cost=%24%7BHOME%7D,on=yes,empty=,colon=a%3A%20b,quote=%22,line=a%0Ab"),
            ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "lowmemory"),
            ("OTEL_LOG_LEVEL", "debug"),
            ("OTEL_PROPAGATORS", "baggage"),
            ("OTEL_METRICS_EXEMPLAR_FILTER", "always_off"),
            ("RUST_LOG", "info,hyper=off"),
            ("NO_COLOR", "1"),
        ],
    ] {
        let environment: Environment = variables.iter().copied().collect();
        let (settings, _) = Settings::from_environment(&environment);
        let shown = fixed(&settings);
        assert!(!shown.contains("hunter2"), "{shown}");
        if variables.is_empty() {
            assert_eq!(read(&shown).settings, settings);
        }
    }
}

#[test]
fn a_files_own_service_keeps_its_place() {
    let text = "file_format: \"1.1\"\nresource:\n  attributes: [{name: a, value: b}, {name: service.name, value: c}]\n  detection/development: {detectors: [{service: }]}\n";
    fixed(&read(text).settings);
    let without = text.replace(", {name: service.name, value: c}", "");
    fixed(&read_with(&without, &[("OTEL_SERVICE_NAME", "d")]).unwrap().settings);
}

#[test]
fn whatever_text_there_is() {
    let texts = [
        "",
        " ",
        "~",
        "null",
        "true",
        "1",
        "0x1",
        "1e3",
        ".inf",
        "-",
        "- a",
        "a: b",
        "a #b",
        "#",
        "$",
        "$$",
        "${HOME}",
        "$${HOME}",
        "'",
        "\"",
        "\\",
        "a\nb",
        "\n",
        "\t",
        "\r",
        "é",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{1f600}",
        "\u{7}",
        "*",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "{",
        "}",
        "[",
        "]",
        ",",
        "?",
        "|",
        ">",
        ":",
        "a:",
        "/",
        "<<",
        "no",
        "2026-01-01",
        "a  b ",
        "\u{0}",
    ];
    let environment = Environment::default();
    let (mut settings, _) = Settings::from_environment(&environment);
    settings.resource.attributes =
        texts.iter().enumerate().map(|(index, text)| (format!("a{index}").into(), (*text).into())).collect();
    settings.resource.attributes.extend(texts[1..].iter().map(|text| ((*text).to_owned().into(), true.into())));
    fixed(&settings);
    assert_eq!(read_with(&settings.to_yaml(), &[("HOME", "put in")]).unwrap().settings, settings);
}
