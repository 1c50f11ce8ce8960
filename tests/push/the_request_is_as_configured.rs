use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use telecine::exemplar::Exemplars;
use telecine::push::{Compression, Error, Exporters, Protocol, Signal, Tls};

use crate::measure::{PROTOCOLS, build, export, stats, traces};
use crate::server::{Answer, Server};

#[test]
fn headers_and_message() {
    for protocol in PROTOCOLS {
        for compression in [None, Some(Compression::Gzip)] {
            let server = Server::taking();
            let headers = vec![("x-tenant".into(), "studio".into()), ("authorization".into(), "Bearer hunter2".into())];
            let signal = Signal { headers, compression, ..server.signal(protocol) };
            let exporters = build(&traces(signal));
            export(&exporters, 10).unwrap();
            let got = &server.got()[0];
            assert_eq!(got.headers["x-tenant"], "studio");
            assert_eq!(got.headers["authorization"], "Bearer hunter2");
            assert!(!got.headers.contains_key("x-other"));
            let agent = got.headers["user-agent"].to_str().unwrap();
            let ours = format!("telecine/{} OTel-OTLP-Exporter-Rust/0.33.1", env!("CARGO_PKG_VERSION"));
            assert!(agent.starts_with(&ours), "{agent}");
            assert_eq!(got.headers.get_all("user-agent").iter().count(), 1);
            assert_eq!(got.compressed, compression.is_some(), "{protocol:?}");
            let request = ExportTraceServiceRequest::decode(&got.message[..]).unwrap();
            assert_eq!(request.resource_spans[0].scope_spans[0].spans.len(), 10);
        }
    }
}

#[test]
fn json_is_understood_both_ways() {
    let headers = || vec![("content-type", "application/json; charset=utf-8".to_owned())];
    let partial = br#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}"#.to_vec();
    let refusal = br#"{"code":3,"message":"no such tenant"}"#.to_vec();
    let server = Server::start([Answer::Http(200, headers(), partial), Answer::Http(400, headers(), refusal)]);
    for compression in [None, Some(Compression::Gzip)] {
        let exporters = build(&traces(Signal { compression, ..server.signal(Protocol::HttpJson) }));
        let result = export(&exporters, 10);
        let stats = stats(&exporters.handle);
        match compression {
            None => assert_eq!((stats.sent, stats.refused), (7, 3), "{result:?}"),
            Some(_) => {
                assert_eq!((stats.sent, stats.refused), (0, 10));
                assert_eq!(stats.last_error.as_deref(), Some("HTTP 400 Bad Request: no such tenant"));
            }
        }
    }
    for got in server.got() {
        assert_eq!(got.headers["content-type"], "application/json");
        let request: serde_json::Value = serde_json::from_slice(&got.message).unwrap();
        let spans = &request["resourceSpans"][0]["scopeSpans"][0]["spans"];
        assert_eq!((&spans[9]["traceId"], &spans[9]["spanId"]), (&"07".repeat(16).into(), &"0a".repeat(8).into()));
        assert_eq!((&spans[9]["kind"], &spans[9]["startTimeUnixNano"]), (&1.into(), &"0".into()));
    }
}

/// opentelemetry-otlp and reqwest read these by themselves.
#[test]
fn whatever_the_process_environment_says() {
    let nowhere = "http://127.0.0.1:9";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_request_is_as_configured::headers_and_message"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", nowhere)
        .env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", nowhere)
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=other,x-other=1")
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .env("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
        .env("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
        .env("HTTP_PROXY", nowhere)
        .env("HTTPS_PROXY", nowhere)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn a_request_beyond_64_mib_is_not_sent() {
    use opentelemetry_sdk::trace::SpanExporter;
    for protocol in PROTOCOLS {
        let server = Server::taking();
        let exporters = build(&traces(server.signal(protocol)));
        let mut spans = crate::measure::spans(1);
        spans[0].name = "x".repeat(64 << 20).into();
        let error = crate::measure::block_on(exporters.traces[0].export(spans)).unwrap_err().to_string();
        assert!(error.contains("more than 67108864"), "{error}");
        assert_eq!(crate::measure::stats(&exporters.handle).lost, 1);
        assert!(server.got().is_empty());
    }
}

#[test]
fn what_cannot_be_sent_is_said_at_the_start_without_secrets() {
    let error = |signal: Signal| Exporters::build(&traces(signal), &Exemplars::off()).unwrap_err().to_string();
    let http = || Signal::http("http://localhost:4318/v1/traces");
    let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];

    assert_eq!(
        error(Signal::http("ftp://user:hunter2@collector/v1/traces")),
        "OTLP traces: endpoint ftp://collector/v1/traces: http:// or https:// is expected",
    );
    assert!(error(Signal::http("collector")).starts_with("OTLP traces: endpoint collector: "));
    assert!(
        error(Signal::grpc("http://col lector:4317")).starts_with("OTLP traces: endpoint http://col lector:4317: ")
    );
    assert_eq!(
        error(Signal { headers: header("api key", "hunter2"), ..http() }),
        "OTLP traces: header \"api key\": not a header name",
    );
    assert_eq!(
        error(Signal { headers: header("api-key", "hun\nter2"), ..http() }),
        "OTLP traces: header \"api-key\": the value holds what no header may hold",
    );
    assert!(error(Signal { headers: header("key-bin", "1"), ..Signal::grpc("http://c:1") }).contains("is binary"));

    for protocol in PROTOCOLS {
        let https = |tls| match protocol {
            Protocol::HttpProtobuf | Protocol::HttpJson => {
                Signal { tls, ..Signal::http("https://localhost:4318/v1/traces") }
            }
            Protocol::Grpc => Signal { tls, ..Signal::grpc("localhost:4317") },
        };
        let missing = Tls { ca_file: Some("/nowhere/ca.pem".into()), ..Tls::default() };
        let message = error(https(missing));
        assert!(message.starts_with("OTLP traces: /nowhere/ca.pem: "), "{protocol:?}: {message}");
        assert!(message.contains("No such file"), "{protocol:?}: {message}");
        let ca_file = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into());
        let message = error(https(Tls { ca_file, ..Tls::default() }));
        assert!(message.ends_with("Cargo.toml: no certificate in it (PEM is expected)"), "{protocol:?}: {message}");
        let half = Tls { client_key_file: Some("key.pem".into()), ..Tls::default() };
        let half = Exporters::build(&traces(https(half)), &Exemplars::off());
        assert!(matches!(half, Err(Error::Identity { missing: "certificate", .. })), "{protocol:?}: {half:?}");
    }
}
