//! Each variable that the documentation lists, set to something good, to nothing, in the wrong case and to nonsense.

use std::collections::BTreeSet;

use telecine::telemetry::{Environment, Settings};

use crate::variables::{SIGNALS, Show, otlp, periodic, places, read, resource, rows, signals, spans, text};

#[test]
fn each_variable_good_empty_in_the_wrong_case_and_nonsense() {
    for row in rows() {
        let variable = &row.variable;
        let default = (row.default.to_owned(), Vec::new());
        assert_eq!(row.read(None), default, "{variable} unset");
        for empty in ["", "  "] {
            assert_eq!(row.read(Some(empty)), default, "{variable} empty");
        }
        let (value, shown) = row.good;
        let good = (shown.to_owned(), Vec::new());
        assert_eq!(row.read(Some(value)), good, "{variable}={value}");
        assert_eq!(row.read(Some(&format!(" {value}\t"))), good, "{variable}={value} with blanks");
        if let Some(value) = row.wrong_case {
            assert_eq!(row.read(Some(value)), good, "{variable}={value}");
        }
        if let Some(value) = row.nonsense {
            assert_eq!(row.read(Some(value)), (row.default.to_owned(), vec![variable.clone()]), "{variable}={value}");
        }
    }
}

#[test]
fn a_signals_own_variable_comes_first_unless_it_is_empty_or_cannot_be_read() {
    for row in otlp() {
        let Show::Otlp(Some(_), _) = row.show else { continue };
        let all = SIGNALS.iter().fold(row.variable.clone(), |name, signal| name.replace(&format!("_{signal}_"), "_"));
        let (value, shown) = row.good;
        let read = |variables: &[(&str, &str)]| {
            let (settings, ignored) = read(row.with.iter().chain(variables).copied());
            (row.show(&settings), ignored)
        };
        // A base is not what it makes.
        let inherited = if all.ends_with("ENDPOINT") && row.with.is_empty() {
            format!("{}SIGNAL", value)
        } else {
            shown.to_owned()
        };
        assert_eq!(read(&[(&all, value), (&row.variable, "")]), (inherited.clone(), vec![]), "{}", row.variable);
        if let Some(nonsense) = row.nonsense.filter(|_| !row.variable.ends_with("INSECURE")) {
            let reported = (inherited, vec![row.variable.clone()]);
            assert_eq!(read(&[(&all, value), (&row.variable, nonsense)]), reported, "{}", row.variable);
            let shown = (shown.to_owned(), vec![all.clone()]);
            // For those who have none of their own it is nonsense.
            assert_eq!(read(&[(&all, nonsense), (&row.variable, value)]), shown, "{}", row.variable);
        }
    }
}

/// What the specification has and telecine has not.
const NOT_SUPPORTED: [&str; 4] =
    ["OTEL_ENTITIES", "OTEL_EXPERIMENTAL_CONFIG_FILE", "OTEL_EXPORTER_ZIPKIN_ENDPOINT", "OTEL_EXPORTER_ZIPKIN_TIMEOUT"];

#[test]
fn what_is_not_supported_is_reported() {
    for variable in NOT_SUPPORTED {
        assert_eq!(read([(variable, "something")]).1, [variable]);
        assert_eq!(read([(variable, "")]).1, [""; 0]);
    }
}

#[test]
fn what_two_variables_say_together() {
    let service = [("OTEL_SERVICE_NAME", "b"), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,team=video")];
    assert_eq!(resource(&read(service).0), "service.name=b;team=video");
    assert_eq!(resource(&read([("OTEL_RESOURCE_ATTRIBUTES", "a=1,b=2,a=3")]).0), "a=3;b=2");
    let (settings, _) = read([("OTEL_EXPORTER_OTLP_HEADERS", "key=1,b=2,Key=3")]);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(signals(&settings)[0].headers, [header("b", "2"), header("Key", "3")]);

    let (settings, ignored) = read([("OTEL_BSP_MAX_QUEUE_SIZE", "100"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "200")]);
    assert_eq!((spans(&settings).batch, &*ignored), (100, &["OTEL_BSP_MAX_EXPORT_BATCH_SIZE".to_owned()][..]));
    let (settings, ignored) = read([("OTEL_BSP_MAX_QUEUE_SIZE", "100")]);
    assert_eq!((spans(&settings).batch, ignored.len()), (100, 0));

    let (settings, ignored) = read([("OTEL_TRACES_SAMPLER_ARG", "0.1"), ("OTEL_TRACES_SAMPLER", "always_on")]);
    assert_eq!(settings.traces.sampler.to_string(), "always_on");
    assert_eq!(ignored, ["OTEL_TRACES_SAMPLER_ARG"]);

    // Those of a list that are known count.
    let (settings, ignored) = read([("OTEL_TRACES_EXPORTER", "zipkin,console")]);
    assert_eq!((places(&settings.traces.processors), ignored.len()), ("console".to_owned(), 1));
    let (settings, ignored) = read([("RUST_LOG", "info,media=nonsense")]);
    assert_eq!((settings.distribution.logs.filter.as_deref(), &*ignored), (Some("info"), &["RUST_LOG".to_owned()][..]));

    // Metrics on the console are wanted sooner, unless an interval is set.
    let console = ("OTEL_METRICS_EXPORTER", "console");
    assert_eq!(text(periodic(&read([console]).0).interval), "10s");
    assert_eq!(text(periodic(&read([console, ("OTEL_METRIC_EXPORT_INTERVAL", "5000")]).0).interval), "5s");
}

#[test]
fn no_request_carries_a_fragment() {
    let (settings, ignored) = read([("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h/base?key=a#b/c")]);
    assert_eq!(signals(&settings)[1].endpoint, "http://h/base/v1/metrics?key=a");
    assert_eq!(ignored, ["OTEL_EXPORTER_OTLP_ENDPOINT"]);
    let (settings, ignored) = read([("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://h/as/it?is=/#b")]);
    assert_eq!(signals(&settings)[2].endpoint, "http://h/as/it?is=/");
    assert_eq!(ignored, ["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_text_is_reported() {
    use std::os::unix::ffi::OsStringExt as _;
    let value = std::ffi::OsString::from_vec(b"secret\xff".to_vec());
    let variables = ["OTEL_SERVICE_NAME", "OTEL_TRACES_EXPORTER", "RUST_LOG", "SOMETHING_ELSE"];
    let environment = Environment::of_system(variables.map(|name| (name.into(), value.clone())));
    let (_, ignored) = Settings::resolve(&environment).unwrap();
    let said: Vec<_> = ignored.iter().map(ToString::to_string).collect();
    let reason = "is ignored: its value is not UTF-8";
    assert_eq!(said, variables[..3].iter().map(|name| format!("{name} {reason}")).collect::<Vec<_>>());
    assert!(!format!("{environment:?}").contains("secret"));
}

#[test]
fn what_was_ignored_shows_no_secret() {
    let environment: Environment = [
        ("OTEL_EXPORTER_OTLP_HEADERS", "s3cret"),
        ("OTEL_RESOURCE_ATTRIBUTES", "s3cret"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://user:s3cret@collector"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://user:s3cret@collector"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://user:1#s3cret@collector"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=Bearer%20s3cret"),
    ]
    .into_iter()
    .collect();
    let (settings, ignored) = Settings::resolve(&environment).unwrap();
    assert_eq!(ignored.len(), 4);
    let shown = format!("{environment:?} {settings:?} {ignored:?} {}", signals(&settings)[0]);
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn the_documentation_lists_the_same_variables() {
    let documented: BTreeSet<String> = include_str!("../../docs/configuration.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        // The others are keys of the file.
        .filter(|(name, _)| name.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_'))
        .flat_map(|(variable, _)| {
            let one = variable.strip_prefix("OTEL_EXPORTER_OTLP_").filter(|rest| !rest.starts_with("METRICS_"));
            let own = SIGNALS.map(|signal| one.map(|setting| format!("OTEL_EXPORTER_OTLP_{signal}_{setting}")));
            own.into_iter().flatten().chain([variable.to_owned()])
        })
        .collect();
    let tested: BTreeSet<String> =
        rows().into_iter().map(|row| row.variable).chain(NOT_SUPPORTED.map(str::to_owned)).collect();
    let only = |these: &BTreeSet<String>, those: &BTreeSet<String>| these.difference(those).cloned().collect();
    let (documented_only, tested_only): (Vec<_>, Vec<_>) = (only(&documented, &tested), only(&tested, &documented));
    assert!(documented_only.is_empty() && tested_only.is_empty(), "{documented_only:?} {tested_only:?}");
    assert!(documented.len() > 70, "{documented:?}");
}
