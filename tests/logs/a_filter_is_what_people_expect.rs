use super::{json, logged};
use telecine::logs::{Config, Error, parse_level};
use tracing::{Level, event};

/// The targets of events that come through, each with its most verbose level.
fn heard(config: Config) -> Vec<String> {
    macro_rules! all_levels {
        ($($target:literal)+) => {$(
            event!(target: $target, Level::ERROR, "e");
            event!(target: $target, Level::WARN, "w");
            event!(target: $target, Level::INFO, "i");
            event!(target: $target, Level::DEBUG, "d");
            event!(target: $target, Level::TRACE, "t");
        )+};
    }
    let console = logged(config, || {
        all_levels!(
            "media" "media::upload" "other" "hyper" "hyper_util::client" "h2::proto" "tonic::transport"
            "tower::buffer" "tower_http::trace" "reqwest::connect" "rustls::client"
            "opentelemetry_sdk" "opentelemetry-otlp" "telecine::push"
        );
    });
    let mut heard: Vec<(String, String)> = Vec::new();
    for line in console.lines() {
        let (logger, level) = (line["logger"].as_str().unwrap(), line["level"].as_str().unwrap());
        match heard.last_mut() {
            Some((known, deepest)) if known == logger => *deepest = level.to_owned(),
            _ => heard.push((logger.to_owned(), level.to_owned())),
        }
    }
    heard.into_iter().map(|(logger, level)| format!("{logger}={level}")).collect()
}

fn filter(text: &str) -> Config {
    let mut config = json();
    config.filter = Some(text.to_owned());
    config
}

const QUIET_AT_WARN: [&str; 8] = [
    "hyper=WARN",
    "hyper_util::client=WARN",
    "h2::proto=WARN",
    "tonic::transport=WARN",
    "tower::buffer=WARN",
    "reqwest::connect=WARN",
    "rustls::client=WARN",
    "opentelemetry_sdk=WARN",
];

fn assert_heard(config: Config, expected: &[&str]) {
    let said = config.filter.clone();
    let mut heard = heard(config);
    let mut expected: Vec<String> = expected.iter().map(|&text| text.to_owned()).collect();
    heard.sort();
    expected.sort();
    assert_eq!(heard, expected, "filter {said:?}");
}

#[test]
fn without_a_filter_it_is_info_and_the_plumbing_is_quiet() {
    let info = ["media=INFO", "media::upload=INFO", "other=INFO", "tower_http::trace=INFO", "telecine::push=INFO"];
    let expected = [&info[..], &QUIET_AT_WARN[..]].concat();
    assert_heard(json(), &expected);
    assert_heard(filter(""), &expected);
    assert_heard(filter(" , "), &expected);
    assert_heard(filter("info"), &expected);
    assert_heard(filter("INFO"), &expected);
}

#[test]
fn more_is_heard_without_the_plumbing_and_less_is_less_for_all() {
    let trace =
        ["media=TRACE", "media::upload=TRACE", "other=TRACE", "tower_http::trace=TRACE", "telecine::push=TRACE"];
    assert_heard(filter("trace"), &[&trace[..], &QUIET_AT_WARN[..]].concat());
    let everyone = heard(filter("error"));
    // All but the one whose errors are of single exports.
    assert_eq!(everyone.len(), 13);
    assert!(everyone.iter().all(|heard| heard.ends_with("=ERROR")), "{everyone:?}");
    assert_heard(filter("off"), &[]);
}

#[test]
fn a_directive_that_names_the_plumbing_is_obeyed() {
    let heard = heard(filter("warn, hyper=trace ,h2::proto=debug,opentelemetry=info,tower=off"));
    for expected in [
        "media=WARN",
        "hyper=TRACE",
        "hyper_util::client=TRACE",
        "h2::proto=DEBUG",
        "opentelemetry_sdk=INFO",
        "reqwest::connect=WARN",
    ] {
        assert!(heard.iter().any(|heard| heard == expected), "{expected} is not among {heard:?}");
    }
    assert!(!heard.iter().any(|heard| heard.starts_with("tower::")), "{heard:?}");
}

#[test]
fn a_filter_that_names_one_target_hears_that_one_alone() {
    assert_heard(filter("media::upload=debug"), &["media::upload=DEBUG"]);
    assert_heard(filter("media=error,media::upload=trace"), &["media=ERROR", "media::upload=TRACE"]);
    assert_heard(filter("other"), &["other=TRACE"]);
}

#[test]
fn the_level_of_the_opentelemetry_crates_has_a_setting_of_its_own() {
    let with = |text: &str, level: &str| {
        let mut config = filter(text);
        config.sdk_level = Some(parse_level(level).unwrap());
        let mut heard = heard(config);
        heard.retain(|heard| heard.starts_with("opentelemetry"));
        heard
    };
    assert_eq!(with("info", "debug"), ["opentelemetry_sdk=DEBUG", "opentelemetry-otlp=DEBUG"]);
    assert_eq!(with("error", "info"), ["opentelemetry_sdk=INFO", "opentelemetry-otlp=INFO"]);
    assert!(with("info", "none").is_empty());
    assert_eq!(with("info,opentelemetry_sdk=trace", "error"), ["opentelemetry_sdk=TRACE", "opentelemetry-otlp=ERROR"]);
}

#[test]
fn a_directive_on_a_span_s_field_lets_its_events_through() {
    let mut config = filter("warn,[job{id=7}]=debug");
    config.sdk_level = None;
    let console = logged(config, || {
        for id in [6, 7] {
            let span = tracing::info_span!("job", id);
            let _in = span.enter();
            tracing::debug!("detail");
        }
    });
    assert_eq!(console.line()["id"], 7);
}

#[test]
fn what_cannot_be_read_is_named() {
    let config = filter("info,media=loud,other=debug");
    let Err(error) = telecine::logs::layers::<tracing_subscriber::Registry>(&config) else { panic!("accepted") };
    assert!(matches!(&error, Error::Directive { directive, .. } if directive == "media=loud"), "{error:?}");
    assert!(error.to_string().starts_with("log filter: directive `media=loud`: "), "{error}");

    let error = parse_level("loud").unwrap_err();
    assert_eq!(error.to_string(), "log level `loud`: not one of none, error, warn, info, debug, verbose");
    let error = "xml".parse::<telecine::logs::Format>().unwrap_err();
    assert_eq!(error.to_string(), "log format `xml`: not one of auto, json, human, off");
}

/// Of a collector that is away telecine tells once; the SDK would for each export.
#[test]
fn what_the_sdk_says_of_each_export_is_heard_only_when_it_is_asked_for() {
    let heard = |config: Config| -> Vec<String> {
        let console = logged(config, || {
            event!(name: "BatchSpanProcessor.ExportError", target: "opentelemetry_sdk", Level::ERROR, "failed");
            event!(name: "Export.Failed.Exhausted", target: "opentelemetry-otlp", Level::WARN, "failed");
            event!(name: "BatchSpanProcessor.SpanDroppingStarted", target: "opentelemetry_sdk", Level::WARN, "full");
        });
        console.lines().iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(heard(json()), ["full"]);
    let mut asked = json();
    asked.sdk_level = Some(parse_level("warn").unwrap());
    assert_eq!(heard(asked).len(), 3);
    assert_eq!(heard(filter("info,opentelemetry=warn")).len(), 3);
}
