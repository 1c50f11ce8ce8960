use std::fmt::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_sdk::trace::SpanExporter;
use telecine::push::{Protocol, Signal};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

use crate::measure::{PROTOCOLS, Program, all, block_on, build, comes_back, export, spans, stats, traces};
use crate::server::{Answer, Server, signal};

/// Keeps the events of the push, as text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "telecine::push"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

/// An address where nobody listens.
fn nobody() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn once_for_its_absence_and_once_for_its_return() {
    for (protocol, refusal) in
        PROTOCOLS.into_iter().zip([Answer::status(401), Answer::code(tonic::Code::Unauthenticated)])
    {
        let server = Server::start([refusal.clone(), refusal.clone(), refusal, Answer::Taken(Vec::new())]);
        let mut signal = server.signal(protocol);
        signal.headers.push(("authorization".into(), "Bearer hunter2".into()));
        let exporters = build(&traces(signal));
        let lines = Lines::default();
        tracing::subscriber::with_default(lines.clone(), || {
            for _ in 0..3 {
                export(&exporters, 10).unwrap_err();
            }
            assert_eq!(lines.0.lock().unwrap().len(), 1, "{protocol:?}");
            for _ in 0..3 {
                export(&exporters, 10).unwrap();
            }
        });
        let lines = lines.0.lock().unwrap().clone();
        let [began, ended] = &lines[..] else { panic!("{protocol:?}: {lines:#?}") };
        assert!(began.contains("http://127.0.0.1:") && began.contains("Unauth"), "{began}");
        assert!(ended.contains("30 spans"), "{ended}");
        assert!(!began.contains("hunter2") && !ended.contains("hunter2"));
        let stats = stats(&exporters.handle);
        assert_eq!((stats.sent, stats.refused, stats.consecutive_failures), (30, 30, 0), "{stats:?}");
    }
}

#[test]
fn once_for_all_signals_that_go_there() {
    let config = all(Signal { timeout: Duration::from_millis(10), ..signal(Protocol::HttpProtobuf, nobody()) });
    let exporters = build(&config);
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        export(&exporters, 1).unwrap_err();
        let logs = &exporters.logs[0];
        block_on(opentelemetry_sdk::logs::LogExporter::export(logs, opentelemetry_sdk::logs::LogBatch::new(&[])))
            .unwrap_err();
    });
    assert_eq!(lines.0.lock().unwrap().len(), 1);
}

#[test]
fn a_part_that_is_rejected_is_said_once_too() {
    let server = Server::start([Answer::taken_but(3, "too old")]);
    let exporters = build(&traces(server.signal(Protocol::HttpProtobuf)));
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        for _ in 0..3 {
            export(&exporters, 10).unwrap();
        }
    });
    let lines = lines.0.lock().unwrap().clone();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("too old") && lines[0].contains("rejected=3"), "{lines:#?}");
}

#[test]
fn the_cause_is_named() {
    for protocol in PROTOCOLS {
        let config = traces(Signal { timeout: Duration::from_millis(200), ..signal(protocol, nobody()) });
        let exporters = build(&config);
        let error = block_on(exporters.traces[0].export(spans(10))).unwrap_err().to_string();
        assert!(error.contains("Connection refused"), "{protocol:?}: {error}");
        let stats = stats(&exporters.handle);
        assert_eq!(stats.lost, 10, "{protocol:?}: {stats:?}");
        assert!(stats.retries >= 1, "{protocol:?}: {stats:?}");
    }
}

#[test]
fn the_program_does_not_wait_for_it_at_its_end() {
    for protocol in PROTOCOLS {
        let (took, results, stats) = comes_back(move || {
            let program = Program::start(&all(signal(protocol, nobody())));
            program.work();
            let (took, results) = program.shutdown(Duration::from_secs(30));
            (took, results, program.stats())
        });
        assert!(results[1].is_err(), "{protocol:?}: {results:?}");
        assert!(took < Duration::from_secs(15), "{protocol:?}: {took:?}");
        assert_eq!(stats.map(|stats| stats.lost), [10, 1, 10], "{protocol:?}");
    }
}
