use super::{json, logged, object, subscriber};
use std::fmt;
use telecine::logs::{LINE_LIMIT, VALUE_LIMIT};
use tracing::{info, info_span, warn};

#[test]
fn a_plain_event_has_the_promised_names() {
    let console = logged(json(), || warn!(target: "media::upload", duration_ms = 12.5, "slow upload"));
    let line = console.line();
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["logger"], "media::upload");
    assert_eq!(line["message"], "slow upload");
    assert_eq!(line["duration_ms"], 12.5);
    assert_eq!(line["module"], module_path!());
    assert!(line["line"].as_u64().unwrap() > 1);
    let timestamp = line["timestamp"].as_str().unwrap();
    assert_eq!(timestamp.len(), "2026-11-21T12:00:00.000000Z".len(), "{timestamp}");
    let age = humantime::parse_rfc3339(timestamp).unwrap().elapsed().unwrap();
    assert!(age.as_secs() < 3600, "{timestamp}");
    for absent in ["trace_id", "span_id", "trace_flags", "exception", "event_name", "fields_left_out"] {
        assert!(!line.contains_key(absent), "{line:?}");
    }
}

#[test]
fn numbers_stay_numbers_and_booleans_booleans() {
    let console = logged(json(), || {
        info!(
            yes = true,
            small = -7_i64,
            large = u64::MAX,
            fits = 5_u128,
            wide = u128::MAX,
            deep = i128::MIN,
            whole = 1.0,
            tiny = 5e-324,
            huge = f64::MAX,
            nan = f64::NAN,
            up = f64::INFINITY,
            down = f64::NEG_INFINITY,
        );
    });
    let line = console.line();
    assert_eq!(line["yes"], true);
    assert_eq!(line["small"], -7);
    assert_eq!(line["large"], u64::MAX);
    assert_eq!(line["fits"], 5);
    assert_eq!(line["wide"], u128::MAX.to_string());
    assert_eq!(line["deep"], i128::MIN.to_string());
    assert_eq!(line["whole"], 1.0);
    assert!(line["whole"].is_f64());
    assert_eq!(line["tiny"], 5e-324);
    assert_eq!(line["huge"], f64::MAX);
    assert_eq!(line["nan"], "NaN");
    assert_eq!(line["up"], "Infinity");
    assert_eq!(line["down"], "-Infinity");
    assert_eq!(line["message"], "");
}

#[test]
fn odd_text_comes_back_as_it_was() {
    let every_control: String = (0..=0x9f_u32).filter_map(char::from_u32).collect();
    let odd = [
        "\"quoted\" \\ back\\slash",
        "two\nlines\r\nand\ttabs",
        "\u{1b}[31mred\u{1b}[0m \u{9b}31m \u{7}bell",
        "\u{2028}\u{2029}\u{feff}",
        "\u{d7ff}\u{e000}\u{fffd}\u{10ffff}",
        "\\ud800 is no surrogate",
        "{\"trace_id\":\"forged\"}\n{\"level\":\"ERROR\"}",
        "\0",
        "",
        "🎬 Büro 映画 מבחן",
        &every_control,
    ];
    for text in odd {
        let console = logged(json(), || {
            let span = info_span!("s", span_field = text, span_debug = %text);
            let _in = span.enter();
            info!(field = text, shown = %text, "{text}");
        });
        assert_eq!(console.text().matches('\n').count(), 1, "{text:?}");
        assert!(!console.text().contains('\u{1b}'), "{text:?}");
        let line = console.line();
        for name in ["message", "field", "shown", "span_field", "span_debug"] {
            assert_eq!(line[name], text, "{name}");
        }
    }
}

/// Not random, so that a failure is seen again: a walk over lengths and kinds of letters.
#[test]
fn many_shapes_of_text_come_back_as_they_were() {
    let letters = ['a', '"', '\\', '\n', '\u{0}', '\u{7f}', 'é', '€', '🎞', '\u{85}'];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let (dispatch, console, _guard) = subscriber(json());
    let mut sent = Vec::new();
    tracing::dispatcher::with_default(&dispatch, || {
        for length in 0..400_usize {
            let text: String = (0..length)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    letters[(state % letters.len() as u64) as usize]
                })
                .collect();
            info!(value = text.as_str(), debug = ?text);
            sent.push(text);
        }
    });
    let lines = console.lines();
    assert_eq!(lines.len(), sent.len());
    for (line, text) in lines.iter().zip(&sent) {
        assert_eq!(line["value"], text.as_str());
        assert_eq!(line["debug"], format!("{text:?}"));
    }
}

#[test]
fn reserved_names_are_moved_and_never_overwritten() {
    let mut config = json();
    config.resource = vec![
        ("service.name".into(), "worker".into()),
        ("timestamp".into(), "forged".into()),
        ("service.name".into(), "twice".into()),
    ];
    let console = logged(config, || {
        let span = info_span!("s", message = "a span's message", level = 3, job.id = 9);
        let _in = span.enter();
        info!(
            timestamp = 1,
            level = "mine",
            logger = true,
            module = "m",
            line = -1,
            trace_id = "forged",
            span_id = "forged",
            trace_flags = "forged",
            event_name = "e",
            fields_left_out = 7,
            service.name = "other",
            "real",
        );
    });
    let line = console.line();
    assert_eq!(line["message"], "real");
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["service.name"], "worker");
    assert_eq!(line["job.id"], 9);
    assert_eq!(line["field.message"], "a span's message");
    assert_eq!(line["field.level"], "mine");
    assert_eq!(line["field.logger"], true);
    assert_eq!(line["field.line"], -1);
    assert_eq!(line["field.timestamp"], 1);
    assert_eq!(line["field.trace_id"], "forged");
    assert_eq!(line["field.service.name"], "other");
    assert_eq!(line["field.fields_left_out"], 7);
    assert!(!line.contains_key("trace_id"), "no span of a tracer: no trace");
}

#[test]
fn a_message_is_always_text() {
    let console = logged(json(), || {
        info!(message = 5);
        info!(message = true);
        info!(name: "media.job.failed", job_id = 3);
        info!(r#type = "clip", "raw identifiers lose their mark");
    });
    let lines = console.lines();
    assert_eq!(lines[0]["message"], "5");
    assert_eq!(lines[1]["message"], "true");
    assert_eq!(lines[2]["message"], "media.job.failed");
    assert_eq!(lines[2]["event_name"], "media.job.failed");
    assert_eq!(lines[3]["type"], "clip");
}

#[test]
fn huge_values_are_cut_and_lines_stay_bounded() {
    let huge = "é\n".repeat(1 << 20);
    let quotes = "\u{1}".repeat(1 << 20);
    let console = logged(json(), || {
        let outer = info_span!("outer", a = %quotes, b = %quotes);
        let inner = info_span!(parent: &outer, "inner", c = %quotes, job_id = 7);
        let _in = inner.enter();
        info!(d = %quotes, e = quotes.as_str(), f = ?quotes, small = 1, "{huge}");
    });
    let text = console.text();
    assert!(text.len() <= LINE_LIMIT, "{}", text.len());
    let line = object(text.trim_end());
    let message = line["message"].as_str().unwrap();
    assert!(message.ends_with('…') && message.len() <= VALUE_LIMIT + '…'.len_utf8(), "{}", message.len());
    assert_eq!(line["job_id"], 7, "what is small finds room");
    assert_eq!(line["small"], 1);
    assert!(line["fields_left_out"].as_u64().unwrap() >= 3, "{:?}", line["fields_left_out"]);
}

#[test]
fn a_value_that_cannot_be_formatted_does_not_spoil_the_line() {
    struct Refuses;
    impl fmt::Debug for Refuses {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            Err(fmt::Error)
        }
    }
    let console = logged(json(), || info!(value = ?Refuses, "{:?}", Refuses));
    let line = console.line();
    assert_eq!(line["value"], "half<error while formatting>");
    assert_eq!(line["message"], "half<error while formatting>");
}

#[test]
fn a_console_that_fails_is_counted_and_hurts_nobody() {
    let mut config = json();
    config.writer = Some(telecine::logs::Writer::new(|_| Err(std::io::ErrorKind::BrokenPipe.into())));
    let (layer, guard) = telecine::logs::layers::<tracing_subscriber::Registry>(&config).unwrap();
    let subscriber = tracing_subscriber::layer::SubscriberExt::with(tracing_subscriber::registry(), layer);
    tracing::subscriber::with_default(subscriber, || {
        info!("one");
        info!("two");
    });
    let counts = guard.counts();
    assert_eq!((counts.records, counts.console_lost, counts.file_lost), (2, 2, 0));
}
