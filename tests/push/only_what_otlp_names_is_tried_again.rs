use std::time::{Duration, SystemTime};

use prost::Message;
use telecine::push::{Kind, Protocol, Push, Signal, Stats};
use tonic::Code;

use crate::measure::{LONG, PROTOCOLS, Program, all, build, export, stats, traces};
use crate::server::{Answer, Server};

fn patient(signal: Signal) -> Push {
    traces(Signal { timeout: LONG, ..signal })
}

/// Exports 10 spans to a server that answers by the script.
fn after(protocol: Protocol, script: Vec<Answer>) -> (Stats, Server) {
    let server = Server::start(script);
    let exporters = build(&patient(server.signal(protocol)));
    let result = export(&exporters, 10);
    let stats = stats(&exporters.handle);
    assert_eq!(result.is_ok(), stats.consecutive_failures == 0, "{result:?}");
    if let Err(error) = result {
        assert!(error.to_string().contains(stats.last_error.as_ref().unwrap()), "{error}");
    }
    (stats, server)
}

fn taken() -> Answer {
    Answer::Taken(Vec::new())
}

fn assert_retried(stats: &Stats, what: &str) {
    assert_eq!((stats.sent, stats.refused, stats.lost), (10, 0, 0), "{what}: {stats:?}");
    assert_eq!(stats.retries, 1, "{what}: {stats:?}");
    assert!(stats.last_success.is_some(), "{what}: {stats:?}");
}

fn assert_refused(stats: &Stats, requests: usize, what: &str) {
    assert_eq!((stats.sent, stats.refused, stats.lost), (0, 10, 0), "{what}: {stats:?}");
    assert_eq!((stats.retries, requests), (0, 1), "{what}: {stats:?}");
    assert_eq!(stats.last_success, None, "{what}: {stats:?}");
}

#[test]
fn over_http() {
    for status in [429, 502, 503, 504] {
        let (stats, server) = after(Protocol::HttpProtobuf, vec![Answer::status(status), taken()]);
        assert_retried(&stats, &status.to_string());
        let got = server.got();
        assert_eq!(got[0].message, got[1].message);
    }
    for status in [301, 400, 401, 403, 404, 408, 413, 500, 501] {
        let (stats, server) = after(Protocol::HttpProtobuf, vec![Answer::status(status), taken()]);
        assert_refused(&stats, server.got().len(), &status.to_string());
        assert!(stats.last_error.unwrap().contains(&status.to_string()));
    }
}

#[test]
fn over_grpc() {
    use Code::*;
    for code in [Cancelled, DeadlineExceeded, Aborted, OutOfRange, Unavailable, DataLoss] {
        let (stats, _) = after(Protocol::Grpc, vec![Answer::code(code), taken()]);
        assert_retried(&stats, &format!("{code:?}"));
    }
    for code in [
        Unknown,
        InvalidArgument,
        NotFound,
        AlreadyExists,
        PermissionDenied,
        ResourceExhausted,
        FailedPrecondition,
        Unimplemented,
        Internal,
        Unauthenticated,
    ] {
        let (stats, server) = after(Protocol::Grpc, vec![Answer::code(code), taken()]);
        assert_refused(&stats, server.got().len(), &format!("{code:?}"));
        assert!(stats.last_error.unwrap().contains(&format!("{code:?}")));
    }
}

#[test]
fn a_lost_connection_by_both() {
    for protocol in PROTOCOLS {
        let (stats, _) = after(protocol, vec![Answer::Closed, taken()]);
        assert_retried(&stats, &format!("{protocol:?}"));
    }
}

#[test]
fn not_before_the_server_wants_it() {
    let asks = |value: String| vec![Answer::Http(503, vec![("retry-after", value)], Vec::new()), taken()];
    let (stats, server) = after(Protocol::HttpProtobuf, asks("1".into()));
    assert_retried(&stats, "seconds");
    let got = server.got();
    assert!(got[1].at - got[0].at >= Duration::from_secs(1));

    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
    let (stats, _) = after(Protocol::HttpProtobuf, asks(date.clone()));
    assert_retried(&stats, "a date");
    // The delay is counted in whole seconds of the clock's time, so it may end within the second before the date.
    assert!(SystemTime::now() >= httpdate::parse_http_date(&date).unwrap() - Duration::from_millis(10));

    for code in [Code::Unavailable, Code::ResourceExhausted] {
        let delay = Duration::from_millis(400);
        let (stats, server) = after(Protocol::Grpc, vec![Answer::Grpc(code, "busy", retry_info(delay)), taken()]);
        assert_retried(&stats, &format!("{code:?}"));
        let got = server.got();
        assert!(got[1].at - got[0].at >= delay, "{code:?}");
    }
}

#[test]
fn a_pause_beyond_the_timeout_ends_the_export_and_holds_for_the_next() {
    let answers = [
        (Protocol::HttpProtobuf, Answer::Http(429, vec![("retry-after", "3600".into())], Vec::new())),
        (Protocol::Grpc, Answer::Grpc(Code::ResourceExhausted, "", retry_info(Duration::from_secs(3600)))),
    ];
    for (protocol, answer) in answers {
        let server = Server::start([answer, taken()]);
        let exporters = build(&patient(server.signal(protocol)));
        export(&exporters, 10).unwrap_err();
        export(&exporters, 10).unwrap_err();
        let stats = stats(&exporters.handle);
        assert_eq!((stats.lost, stats.retries, stats.consecutive_failures), (20, 0, 2), "{stats:?}");
        assert_eq!(server.got().len(), 1);
    }
}

#[test]
fn a_part_that_is_rejected_is_counted_and_not_sent_again() {
    for protocol in PROTOCOLS {
        let server = Server::start([Answer::taken_but(1, "too old")]);
        let program = Program::start(&all(server.signal(protocol)));
        program.work();
        let (_, results) = program.shutdown(LONG);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        for (stats, (kind, sent)) in program.stats().iter().zip(Kind::ALL.iter().zip([9, 0, 9])) {
            assert_eq!((stats.sent, stats.refused, stats.retries), (sent, 1, 0), "{protocol:?} {kind}: {stats:?}");
        }
        assert_eq!(server.got().len(), 3);
    }
}

#[test]
fn what_the_server_says_is_kept() {
    let status = tonic_types::Status { code: 3, message: "span without a name".into(), details: Vec::new() };
    let protobuf = vec![("content-type", "application/x-protobuf".to_owned())];
    let answers = [
        (Protocol::HttpProtobuf, Answer::Http(400, protobuf, status.encode_to_vec())),
        (Protocol::HttpProtobuf, Answer::Http(400, Vec::new(), b"span without a name".to_vec())),
        (Protocol::Grpc, Answer::Grpc(Code::InvalidArgument, "span without a name", Vec::new())),
    ];
    for (protocol, answer) in answers {
        let (stats, _) = after(protocol, vec![answer]);
        let error = stats.last_error.unwrap();
        assert!(error.ends_with(": span without a name"), "{error}");
    }
}

#[test]
fn what_the_server_says_may_repeat_no_secret() {
    for (protocol, answer) in [
        (Protocol::HttpProtobuf, Answer::Http(401, Vec::new(), b"unknown token hunter2".to_vec())),
        (Protocol::Grpc, Answer::Grpc(Code::Unauthenticated, "unknown token hunter2", Vec::new())),
    ] {
        let server = Server::start([answer]);
        let headers = vec![("authorization".to_owned(), "Bearer hunter2".to_owned())];
        let exporters = build(&patient(Signal { headers, ..server.signal(protocol) }));
        let error = export(&exporters, 1).unwrap_err().to_string();
        assert!(error.contains("unknown token [hidden]"), "{protocol:?}: {error}");
        assert!(!format!("{exporters:?}").contains("hunter2"), "{exporters:?}");
    }
}

#[test]
fn a_response_without_end_is_not_read() {
    let server = Server::start([Answer::Taken(vec![0; (4 << 20) + 1])]);
    let exporters = build(&patient(server.signal(Protocol::HttpProtobuf)));
    let error = export(&exporters, 1).unwrap_err().to_string();
    assert!(error.contains("larger than 4194304 bytes"), "{error}");
}

fn retry_info(delay: Duration) -> Vec<u8> {
    use tonic_types::{ErrorDetails, StatusExt};
    let details = ErrorDetails::with_retry_info(Some(delay));
    tonic::Status::with_error_details(Code::Unavailable, "", details).details().to_vec()
}
