//! `OTEL_EXPORTER_OTLP_*`.

use std::path::PathBuf;
use std::time::Duration;

use super::Reader;
use crate::push::{
    Compression, DEFAULT_GRPC_ENDPOINT, DEFAULT_HTTP_ENDPOINT, DEFAULT_TIMEOUT, Kind, Protocol, Signal, Tls,
};

/// A signal's own variable comes before the one for all signals.
struct Names {
    own: String,
    all: String,
}

impl Names {
    fn new(kind: Kind, setting: &str) -> Self {
        let signal = match kind {
            Kind::Traces => "TRACES",
            Kind::Metrics => "METRICS",
            Kind::Logs => "LOGS",
        };
        Self { own: format!("OTEL_EXPORTER_OTLP_{signal}_{setting}"), all: format!("OTEL_EXPORTER_OTLP_{setting}") }
    }

    /// The variable that is set, if any.
    fn set<'s>(&'s self, reader: &Reader<'_>) -> Option<&'s str> {
        [self.own.as_str(), &self.all].into_iter().find(|name| reader.text(name).is_some())
    }
}

pub(super) fn signal(reader: &mut Reader<'_>, kind: Kind) -> Signal {
    let protocol = Names::new(kind, "PROTOCOL")
        .set(reader)
        .and_then(|name| reader.word(name, &[("http/protobuf", Protocol::HttpProtobuf), ("grpc", Protocol::Grpc)]))
        .unwrap_or(Protocol::HttpProtobuf);
    let compression = Names::new(kind, "COMPRESSION")
        .set(reader)
        .and_then(|name| reader.word(name, &[("gzip", Some(Compression::Gzip)), ("none", None)]))
        .flatten();
    let timeout = Names::new(kind, "TIMEOUT").set(reader).and_then(|name| reader.milliseconds(name));
    let headers = Names::new(kind, "HEADERS").set(reader).map(|name| reader.pairs(name));
    let insecure = Names::new(kind, "INSECURE").set(reader).is_some_and(|name| reader.boolean(name));
    let file = |reader: &Reader<'_>, setting| {
        Names::new(kind, setting).set(reader).and_then(|name| reader.text(name)).map(PathBuf::from)
    };
    Signal {
        protocol,
        endpoint: endpoint(reader, kind, protocol),
        headers: headers.unwrap_or_default(),
        timeout: timeout.filter(|timeout| *timeout > Duration::ZERO).unwrap_or(DEFAULT_TIMEOUT),
        compression,
        tls: Tls {
            ca_file: file(reader, "CERTIFICATE"),
            client_key_file: file(reader, "CLIENT_KEY"),
            client_certificate_file: file(reader, "CLIENT_CERTIFICATE"),
            insecure,
        },
    }
}

/// For HTTP, a signal's own endpoint is used as it is, and the one for all signals is a base that the
/// signal's path comes after.
fn endpoint(reader: &Reader<'_>, kind: Kind, protocol: Protocol) -> String {
    let names = Names::new(kind, "ENDPOINT");
    let (own, all) = (reader.text(&names.own), reader.text(&names.all));
    if protocol == Protocol::Grpc {
        return own.or(all).unwrap_or(DEFAULT_GRPC_ENDPOINT).to_owned();
    }
    own.map(str::to_owned).unwrap_or_else(|| {
        let path = match kind {
            Kind::Traces => "traces",
            Kind::Metrics => "metrics",
            Kind::Logs => "logs",
        };
        format!("{}/v1/{path}", all.unwrap_or(DEFAULT_HTTP_ENDPOINT).trim_end_matches('/'))
    })
}
