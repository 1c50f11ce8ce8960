use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;

/// Time that one export may take, retries included, when nothing else is said: 10 s
/// (`OTEL_EXPORTER_OTLP_TIMEOUT` of the OTLP exporter specification).
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// Base URL of OTLP over HTTP when nothing else is said. A signal's path (`/v1/traces`) comes after it.
pub const DEFAULT_HTTP_ENDPOINT: &str = "http://localhost:4318";
/// URL of OTLP over gRPC when nothing else is said.
pub const DEFAULT_GRPC_ENDPOINT: &str = "http://localhost:4317";

/// What is pushed, and where to. Everything of a signal goes to each of its entries; one without entries is not pushed.
#[derive(Clone, Debug, Default)]
pub struct Push {
    /// Spans.
    pub traces: Vec<Signal>,
    /// Metrics, and whether they are sent as totals since the start or as changes since the previous export.
    pub metrics: Vec<(Signal, Temporality)>,
    /// Log records.
    pub logs: Vec<Signal>,
}

/// Where one signal goes, and how.
///
/// `Debug` shows neither header values nor credentials in the endpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct Signal {
    /// Encoding and transport.
    pub protocol: Protocol,
    /// For HTTP the full URL, path included (`http://localhost:4318/v1/traces`). For gRPC `scheme://host:port`; without
    /// a scheme it is `https`, or `http` if [`Tls::insecure`] is set.
    pub endpoint: String,
    /// Headers (gRPC: metadata) of each request.
    pub headers: Vec<(String, String)>,
    /// Time that one export may take, retries included. Zero is without end.
    pub timeout: Duration,
    /// Compression of requests; `None` sends them as they are.
    pub compression: Option<Compression>,
    /// Certificates for `https`.
    pub tls: Tls,
}

/// A URL apart from who may use it. Nothing before an `@` belongs to the rest, wherever it stands: a password
/// that is not escaped may hold what ends a host.
pub(crate) struct Parts<'a> {
    /// With `://`; empty where there is none.
    pub(crate) scheme: &'a str,
    pub(crate) has_user: bool,
    pub(crate) rest: &'a str,
}

/// Encoding and transport of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `http/protobuf`.
    HttpProtobuf,
    /// `http/json`.
    HttpJson,
    /// `grpc`.
    Grpc,
}

/// Compression of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// `gzip`.
    Gzip,
}

/// Certificates for `https` endpoints, all in PEM files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Certificates that may sign the server's; the system's when not set.
    pub ca_file: Option<PathBuf>,
    /// Private key of the client certificate, for mutual TLS. Goes with `client_certificate_file`.
    pub client_key_file: Option<PathBuf>,
    /// Client certificate and its chain, for mutual TLS. Goes with `client_key_file`.
    pub client_certificate_file: Option<PathBuf>,
    /// A gRPC endpoint without a scheme is plain text. An endpoint with a scheme says it by itself.
    pub insecure: bool,
}

/// One of the three signals that are pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Spans.
    Traces,
    /// Metrics.
    Metrics,
    /// Log records.
    Logs,
}

impl Signal {
    /// OTLP over HTTP to `endpoint`, the full URL, with the default timeout.
    pub fn http(endpoint: impl Into<String>) -> Self {
        Self::new(Protocol::HttpProtobuf, endpoint.into())
    }

    /// OTLP over gRPC to `endpoint`, with the default timeout.
    pub fn grpc(endpoint: impl Into<String>) -> Self {
        Self::new(Protocol::Grpc, endpoint.into())
    }

    fn new(protocol: Protocol, endpoint: String) -> Self {
        Self {
            protocol,
            endpoint,
            headers: Vec::new(),
            timeout: DEFAULT_TIMEOUT,
            compression: None,
            tls: Tls::default(),
        }
    }

    /// The endpoint as it may be shown: without user, password, query and fragment.
    pub fn shown_endpoint(&self) -> String {
        let Parts { scheme, rest, .. } = Parts::of(&self.endpoint);
        let host = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
        format!("{scheme}{host}")
    }
}

impl<'a> Parts<'a> {
    pub(crate) fn of(url: &'a str) -> Self {
        let (scheme, rest) = url.split_at(url.find("://").map_or(0, |at| at + 3));
        match rest.rsplit_once('@') {
            Some((_, rest)) => Self { scheme, has_user: true, rest },
            None => Self { scheme, has_user: false, rest },
        }
    }
}

/// `http/protobuf to http://localhost:4318/v1/traces`: protocol and endpoint, without secrets.
impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.protocol.as_str(), self.shown_endpoint())
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, endpoint: _, headers, timeout, compression, tls } = self;
        let headers: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Signal")
            .field("protocol", protocol)
            .field("endpoint", &self.shown_endpoint())
            .field("headers (names)", &headers)
            .field("timeout", timeout)
            .field("compression", compression)
            .field("tls", tls)
            .finish()
    }
}

impl Protocol {
    /// The name in `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
            Self::Grpc => "grpc",
        }
    }
}

impl Kind {
    /// The three signals, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    /// `traces`, `metrics` or `logs`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    /// What is counted of this signal: spans, data points or log records.
    pub fn items(self) -> &'static str {
        match self {
            Self::Traces => "spans",
            Self::Metrics => "data points",
            Self::Logs => "log records",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        let mut signal = Signal::http("https://user:hunter2@collector:4318/v1/traces?token=hunter2");
        signal.headers.push(("authorization".into(), "Bearer hunter2".into()));
        assert_eq!(signal.to_string(), "http/protobuf to https://collector:4318/v1/traces");
        let shown = format!("{:?}", Push { traces: vec![signal], ..Push::default() });
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("authorization"), "{shown}");
        assert!(shown.contains("https://collector:4318/v1/traces"), "{shown}");
    }

    #[test]
    fn an_endpoint_is_shown_without_credentials() {
        for (endpoint, shown) in [
            ("http://localhost:4317", "http://localhost:4317"),
            ("collector:4317", "collector:4317"),
            ("user@collector:4317", "collector:4317"),
            ("http://a:b@c/path@d", "http://d"),
            ("http://user:a/b@c:4318/path", "http://c:4318/path"),
            ("http://user:a?b@c", "http://c"),
            ("http:/user:a@c", "c"),
            ("http://c/path#fragment", "http://c/path"),
            ("http://c?key=1", "http://c"),
        ] {
            assert_eq!(Signal::grpc(endpoint).shown_endpoint(), shown);
        }
    }
}
