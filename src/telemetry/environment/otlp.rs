//! `OTEL_EXPORTER_OTLP_*`.

use std::path::PathBuf;

use super::Reader;
use crate::push::{
    Compression, DEFAULT_GRPC_ENDPOINT, DEFAULT_HTTP_ENDPOINT, DEFAULT_TIMEOUT, Kind, Protocol, Signal, Tls,
};

/// A setting's variables: a signal's own comes before the one for all signals.
struct Names {
    own: String,
    all: String,
}

pub(super) fn signal(reader: &mut Reader<'_>, kind: Kind) -> Signal {
    let names = |setting| Names::new(kind, setting);
    let protocols =
        [("http/protobuf", Protocol::HttpProtobuf), ("http/json", Protocol::HttpJson), ("grpc", Protocol::Grpc)];
    let protocol = names("PROTOCOL").read(|name| reader.word(name, &protocols, &[]));
    let protocol = protocol.unwrap_or(Protocol::HttpProtobuf);
    let compressions = [("gzip", Some(Compression::Gzip)), ("none", None)];
    let headers = names("HEADERS").read(|name| reader.parse(name, headers));
    let insecure = names("INSECURE");
    let insecure = if reader.text(&insecure.own).is_some() { insecure.own } else { insecure.all };
    let file = |setting| names(setting).read(|name| reader.text(name).map(PathBuf::from));
    let tls = Tls {
        ca_file: file("CERTIFICATE"),
        client_key_file: file("CLIENT_KEY"),
        client_certificate_file: file("CLIENT_CERTIFICATE"),
        insecure: reader.boolean(&insecure),
    };
    Signal {
        protocol,
        endpoint: endpoint(reader, kind, protocol),
        headers: headers.unwrap_or_default(),
        timeout: names("TIMEOUT").read(|name| reader.milliseconds(name)).unwrap_or(DEFAULT_TIMEOUT),
        compression: names("COMPRESSION").read(|name| reader.word(name, &compressions, &[])).flatten(),
        tls,
    }
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

    /// The first that is set and can be read.
    fn read<T>(&self, mut read: impl FnMut(&str) -> Option<T>) -> Option<T> {
        read(&self.own).or_else(|| read(&self.all))
    }
}

/// For HTTP, a signal's own endpoint is used as it is, and the one for all signals is a base that the
/// signal's path comes after.
fn endpoint(reader: &mut Reader<'_>, kind: Kind, protocol: Protocol) -> String {
    let names = Names::new(kind, "ENDPOINT");
    if protocol == Protocol::Grpc {
        let endpoint = names.read(|name| url(reader, name, grpc_endpoint));
        return endpoint.unwrap_or_else(|| DEFAULT_GRPC_ENDPOINT.to_owned());
    }
    url(reader, &names.own, http_endpoint).unwrap_or_else(|| {
        let base = url(reader, &names.all, http_endpoint);
        let base = base.as_deref().unwrap_or(DEFAULT_HTTP_ENDPOINT);
        // The signal's path goes before what stands after a path.
        let (path, query) = base.split_at(base.find('?').unwrap_or(base.len()));
        format!("{}/v1/{}{query}", path.trim_end_matches('/'), kind.as_str())
    })
}

/// An endpoint of a usable form, as it can be sent.
fn url(reader: &mut Reader<'_>, name: &str, usable: fn(&str) -> Result<String, String>) -> Option<String> {
    let mut endpoint = reader.parse(name, usable)?;
    if without_fragment(&mut endpoint) {
        reader.ignore(name, "only what comes after `#`, since no request carries it");
    }
    Some(endpoint)
}

/// Takes the fragment off, and says whether there was one.
pub(in crate::telemetry) fn without_fragment(endpoint: &mut String) -> bool {
    let start = endpoint.find('#');
    if let Some(start) = start {
        endpoint.truncate(start);
    }
    start.is_some()
}

// What cannot be used may hold credentials, and is not shown.

pub(in crate::telemetry) fn http_endpoint(value: &str) -> Result<String, String> {
    match value.split_once("://") {
        Some((scheme, rest)) if is_http(scheme) && is_address(rest) => Ok(value.to_owned()),
        _ => Err("it is not of the form http://host:port/path or https://host:port/path".to_owned()),
    }
}

pub(in crate::telemetry) fn grpc_endpoint(value: &str) -> Result<String, String> {
    let usable = match value.split_once("://") {
        Some((scheme, rest)) => is_http(scheme) && is_address(rest),
        None => is_address(value),
    };
    match usable {
        true => Ok(value.to_owned()),
        false => Err("it is not of the form http://host:port, https://host:port or host:port".to_owned()),
    }
}

fn is_http(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// Whether this begins with `host`, `host:port` or either after `user:password@`.
fn is_address(rest: &str) -> bool {
    // The rest of a password that is not escaped would be taken off as a fragment.
    if rest.split_once('#').is_some_and(|(_, fragment)| fragment.contains('@')) {
        return false;
    }
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (name, port) = match host.rsplit_once(':') {
        // An IPv6 address has colons of its own.
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, "0"),
    };
    !name.is_empty() && port.parse::<u16>().is_ok() && !rest.contains(char::is_whitespace)
}

fn headers(value: &str) -> Result<Vec<(String, String)>, String> {
    let mut headers = Vec::new();
    for (name, value) in super::reader::pairs(value)? {
        header(&name, &value)?;
        put_header(&mut headers, name, value);
    }
    Ok(headers)
}

/// Of two headers of one name, which is the same in any case, the later counts.
pub(in crate::telemetry) fn put_header(headers: &mut Vec<(String, String)>, name: String, value: String) {
    headers.retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
    headers.push((name, value));
}

/// Whether a request can carry this header.
pub(in crate::telemetry) fn header(name: &str, value: &str) -> Result<(), String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(format!("{name:?} is not a header's name"));
    }
    if value.contains(char::is_control) {
        return Err(format!("the value of {name:?} holds what no header may hold"));
    }
    Ok(())
}
