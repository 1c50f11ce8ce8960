//! What the log layers write, read back by other parsers.
#![cfg(feature = "telemetry")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod a_filter_is_what_people_expect;
mod a_line_carries_the_trace_of_its_span;
mod a_slow_file_never_holds_up_the_program;
mod a_subscriber_ends_anywhere;
mod any_content_makes_one_valid_line;
mod errors_come_with_their_chain;
mod events_within_events_are_heard_once;
mod fields_of_spans_surround_an_event;
mod people_read_lines_on_a_terminal;
mod the_same_records_go_by_otlp;

use serde_json::{Map, Value};
use std::process::Command;
use std::sync::{Arc, Mutex};
use telecine::logs::{Config, Format, Guard, Writer};
use tracing::Dispatch;
use tracing_subscriber::{Registry, layer::SubscriberExt as _};

/// What a console would have got.
#[derive(Clone, Default)]
struct Console(Arc<Mutex<Vec<u8>>>);

impl Console {
    fn writer(&self) -> Writer {
        let console = self.clone();
        Writer::new(move |line| {
            assert_eq!(line.last(), Some(&b'\n'), "a line comes as a whole");
            console.0.lock().unwrap().extend_from_slice(line);
            Ok(())
        })
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Each line as an object.
    fn lines(&self) -> Vec<Map<String, Value>> {
        self.text().lines().map(object).collect()
    }

    /// The only line.
    fn line(&self) -> Map<String, Value> {
        let mut lines = self.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines.remove(0)
    }
}

fn object(line: &str) -> Map<String, Value> {
    assert_eq!(names(line).len(), names(line).iter().collect::<std::collections::HashSet<_>>().len(), "{line}");
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// The names of an object's members as they stand, so that one that occurs twice is seen.
fn names(line: &str) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'de> serde::Deserialize<'de> for Names {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Names;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                    let mut names = Vec::new();
                    while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                        names.push(name);
                    }
                    Ok(Names(names))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    serde_json::from_str::<Names>(line).unwrap_or_else(|error| panic!("{error}: {line}")).0
}

fn json() -> Config {
    Config { format: Format::Json, ..Default::default() }
}

/// A subscriber of its own, and what it writes.
fn subscriber(mut config: Config) -> (Dispatch, Console, Guard) {
    let console = Console::default();
    config.writer = Some(console.writer());
    let (layer, guard) = telecine::logs::layers::<Registry>(&config).unwrap();
    (Dispatch::new(tracing_subscriber::registry().with(layer)), console, guard)
}

/// Runs `f` under a subscriber of its own, and returns what it wrote.
fn logged(config: Config, f: impl FnOnce()) -> Console {
    let (dispatch, console, _guard) = subscriber(config);
    tracing::dispatcher::with_default(&dispatch, f);
    console
}

/// Runs an ignored test in a process of its own.
fn alone(name: &str) {
    let output = Command::new(std::env::current_exe().unwrap()).args(["--ignored", "--exact", name]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
