//! A thread's own subscriber is deaf while it handles an event. The global one is not, and there is one of it
//! in a process: these tests run in processes of their own.

use super::{Console, alone, json};
use opentelemetry::Context;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    logs::{LogBatch, LogExporter, SdkLoggerProvider},
};
use std::{
    fmt,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};
use tracing::{error, info};
use tracing_subscriber::layer::SubscriberExt as _;

#[test]
fn a_value_that_logs_while_it_is_formatted_is_logged_before() {
    alone("events_within_events_are_heard_once::a_chatty_value");
}

/// Nested so deep that the process would end, were there no bound.
#[test]
#[ignore = "sets the global subscriber; run by the test above"]
fn a_chatty_value() {
    struct Chatty(u64);
    impl fmt::Debug for Chatty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!(value = ?Chatty(self.0 + 1), depth = self.0, "nested");
            f.write_str("chatty")
        }
    }
    let console = Console::default();
    let mut config = json();
    config.writer = Some(console.writer());
    let (layer, _guard) = telecine::logs::layers(&config).unwrap();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();

    info!(value = ?Chatty(1), "outer");
    let lines = console.lines();
    let depths: Vec<_> = lines.iter().map(|line| line.get("depth").and_then(|depth| depth.as_u64())).collect();
    assert_eq!(depths, [Some(3), Some(2), Some(1), None], "the innermost first, and no deeper");
    assert!(lines.iter().all(|line| line["value"] == "chatty"), "{lines:?}");
}

#[test]
fn a_writer_that_logs_does_not_end_the_program() {
    alone("events_within_events_are_heard_once::a_chatty_writer");
}

#[test]
#[ignore = "sets the global subscriber; run by the test above"]
fn a_chatty_writer() {
    let console = Console::default();
    let mut config = json();
    let lines = console.clone();
    config.writer = Some(telecine::logs::Writer::new(move |line| {
        info!(bytes = line.len(), "writing");
        lines.0.lock().unwrap().extend_from_slice(line);
        Ok(())
    }));
    let (layer, _guard) = telecine::logs::layers(&config).unwrap();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();

    info!("one");
    info!("two");
    let lines = console.lines();
    let messages: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    let once = ["writing", "writing", "writing", "one", "writing", "writing", "writing", "two"];
    assert_eq!(messages, once);
}

#[test]
fn an_exporter_that_logs_does_not_feed_itself() {
    alone("events_within_events_are_heard_once::a_chatty_exporter");
}

/// Chats about its work as an HTTP client does, whose threads know nothing of the SDK's suppression.
#[derive(Clone, Debug, Default)]
struct Exporter(Arc<Mutex<Vec<String>>>);

impl LogExporter for Exporter {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        for (record, _) in batch.iter() {
            self.0.lock().unwrap().push(record.target().unwrap().to_string());
        }
        let _not_suppressed = Context::new().attach();
        error!(target: "hyper", "connecting");
        error!(target: "hyper_util::client", "connecting");
        error!(target: "h2::client", "frame");
        error!(target: "tonic::transport", "sent");
        error!(target: "reqwest::connect", "connecting");
        error!(target: "rustls::client", "handshake");
        error!(target: "tower::buffer", "polled");
        error!(target: "opentelemetry_sdk", "exported");
        error!(target: "opentelemetry-otlp", "exported");
        error!(target: "telecine::push", "cannot deliver");
        error!(target: "telecine::push::thread", "cannot deliver");
        Ok(())
    }
}

/// Were one of its events to come back, the exporter would wait for itself, or go on for ever.
#[test]
#[ignore = "sets the global subscriber; run by the test above"]
fn a_chatty_exporter() {
    let console = Console::default();
    let exporter = Exporter::default();
    let mut config = json();
    config.writer = Some(console.writer());
    config.filter = Some("trace,hyper=trace,h2=trace,opentelemetry=trace,telecine=trace".into());
    let provider = SdkLoggerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let (layer, _guard) = telecine::logs::layers(&config).unwrap();
    let bridge = telecine::logs::otlp(&config, &provider).unwrap();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer).with(bridge)).unwrap();

    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || {
        (0..3).for_each(|_| info!(target: "media::job", "one"));
        ended.send(()).unwrap();
    });
    end.recv_timeout(Duration::from_secs(20)).expect("the exporter waits for itself");
    assert_eq!(*exporter.0.lock().unwrap(), ["media::job"; 3]);
    assert!(console.lines().iter().any(|line| line["logger"] == "telecine::push::thread"));
}
