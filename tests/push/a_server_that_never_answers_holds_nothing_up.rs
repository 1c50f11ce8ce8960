use std::net::TcpListener;
use std::time::{Duration, Instant};

use telecine::push::{Kind, Push, Signal};

use crate::measure::{LONG, PROTOCOLS, Program, all, build, comes_back, export, stats, traces};
use crate::server::{Answer, Server, signal};

/// Far above what it should take and far below what it would take without a deadline.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn an_export_ends_at_its_timeout() {
    for protocol in PROTOCOLS {
        let server = Server::start([Answer::Never]);
        let config = traces(Signal { timeout: Duration::from_millis(300), ..server.signal(protocol) });
        let exporters = build(&config);
        let started = Instant::now();
        let error = export(&exporters, 10).unwrap_err().to_string();
        assert!(started.elapsed() >= Duration::from_millis(300) && started.elapsed() < SOON, "{protocol:?}");
        assert!(error.contains("no answer after 0.3 s"), "{protocol:?}: {error}");
        let stats = stats(&exporters.handle);
        assert_eq!((stats.lost, stats.retries), (10, 0), "{protocol:?}: {stats:?}");
        assert!(stats.last_duration >= Duration::from_millis(300), "{stats:?}");
    }
}

#[test]
fn an_attempt_that_failed_before_is_the_reason() {
    for (protocol, answer) in PROTOCOLS.into_iter().zip([Answer::status(503), Answer::code(tonic::Code::Unavailable)]) {
        let server = Server::start([answer, Answer::Never]);
        let config = traces(Signal { timeout: Duration::from_secs(1), ..server.signal(protocol) });
        let exporters = build(&config);
        let error = export(&exporters, 10).unwrap_err().to_string();
        assert!(error.contains("given up after 1.0 s: "), "{protocol:?}: {error}");
        assert!(error.contains("503") || error.contains("Unavailable"), "{protocol:?}: {error}");
    }
}

#[test]
fn shutdown_ends_at_its_deadline_for_all_signals() {
    for protocol in PROTOCOLS {
        let server = Server::start([Answer::Never]);
        shut_down(all(Signal { timeout: LONG, ..server.signal(protocol) }));
        // Each was tried, whatever became of the others.
        let mut paths: Vec<String> = server.got().into_iter().map(|got| got.path).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), Kind::ALL.len(), "{protocol:?}: {paths:?}");
    }
}

#[test]
fn shutdown_ends_at_its_deadline_where_not_even_http_is_spoken() {
    for protocol in PROTOCOLS {
        // Its backlog takes connections; nobody reads from them.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        shut_down(all(Signal { timeout: LONG, ..signal(protocol, listener.local_addr().unwrap()) }));
    }
}

#[test]
fn an_export_under_way_is_cut_when_the_program_ends() {
    for protocol in PROTOCOLS {
        let server = Server::start([Answer::Never]);
        let exporters = build(&traces(Signal { timeout: LONG, ..server.signal(protocol) }));
        let handle = exporters.handle.clone();
        let export = std::thread::spawn(move || export(&exporters, 10));
        while server.got().is_empty() {
            std::thread::yield_now();
        }
        let started = Instant::now();
        handle.finish_by(started);
        export.join().unwrap().unwrap_err();
        assert!(started.elapsed() < SOON, "{protocol:?}");
        assert_eq!(stats(&handle).lost, 10);
    }
}

#[test]
fn an_export_under_way_is_lost_when_the_thread_stops() {
    let server = Server::start([Answer::Never]);
    let signal = server.signal(telecine::push::Protocol::HttpProtobuf);
    let exporters = build(&traces(Signal { timeout: LONG, ..signal }));
    let handle = exporters.handle.clone();
    let under_way = std::thread::spawn(move || {
        export(&exporters, 10).unwrap_err();
        // And so is a later one.
        export(&exporters, 10).unwrap_err()
    });
    while server.got().is_empty() {
        std::thread::yield_now();
    }
    handle.stop(LONG).unwrap();
    let error = under_way.join().unwrap().to_string();
    assert!(error.contains("the export thread has ended"), "{error}");
    assert_eq!(stats(&handle).lost, 20);
}

fn shut_down(config: Push) {
    let (took, results, stats) = comes_back(move || {
        let program = Program::start(&config);
        program.work();
        // Shorter than the SDK's own five seconds, which would cut the metrics' export otherwise.
        let (took, results) = program.shutdown(Duration::from_millis(900));
        (took, results, program.stats())
    });
    assert!(took < SOON, "{took:?}");
    // The SDK's batch processors keep the failures of exports to themselves; its reader does not.
    let failed = results.map(|result| result.is_err());
    assert_eq!(failed, [false, true, false]);
    assert_eq!(stats.map(|stats| stats.lost), [10, 1, 10]);
}

#[test]
fn a_back_off_is_cut_when_the_program_ends() {
    let busy = Answer::Http(503, vec![("retry-after", "50".into())], Vec::new());
    let server = Server::start([busy, Answer::Taken(Vec::new())]);
    let exporters = build(&traces(Signal { timeout: LONG, ..server.signal(telecine::push::Protocol::HttpProtobuf) }));
    let handle = exporters.handle.clone();
    let export = std::thread::spawn(move || export(&exporters, 10));
    while server.got().is_empty() {
        std::thread::yield_now();
    }
    let started = Instant::now();
    handle.finish_by(started + LONG);
    let error = export.join().unwrap().unwrap_err().to_string();
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert!(error.contains("503"), "{error}");
    // The server has asked for a pause, and gets it.
    assert_eq!(server.got().len(), 1);
}
