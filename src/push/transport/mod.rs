//! One attempt to hand over an encoded request, over HTTP or gRPC.

mod grpc;
mod http;
mod json;
mod tls;

use std::error::Error as StdError;
use std::fmt::{self, Write};

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;

use super::link::Failure;
use super::retry::Verdict;
use super::{Error, Kind, Protocol, Signal};

/// The largest request that is sent, before compression: 64 MiB (OTLP exporter specification).
const MAX_REQUEST: usize = 64 << 20;
/// The largest response that is read: 4 MiB (OTLP exporter specification).
const MAX_RESPONSE: usize = 4 << 20;
/// Longest part of a server's own words that is kept.
const MAX_WORDS: usize = 300;

/// The name under which requests come. The product stands first, as the OTLP exporter specification says.
pub(crate) const USER_AGENT: &str = concat!("telecine/", env!("CARGO_PKG_VERSION"), " OTel-OTLP-Exporter-Rust/0.33.1");

/// How requests of one signal travel.
#[derive(Debug)]
pub(crate) struct Transport {
    carrier: Carrier,
    secrets: Secrets,
}

#[derive(Debug)]
enum Carrier {
    Http(http::Http),
    Grpc(grpc::Grpc),
}

/// A request as it is sent, again and again if need be.
#[derive(Clone, Debug)]
pub(crate) struct Message(Bytes);

/// The server took the request, or a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// Items that the server took not.
    pub(crate) rejected: u64,
    /// What it says about them. With nothing rejected, it is a warning.
    pub(crate) message: String,
}

/// Header values, which a server's words may repeat.
#[derive(Clone)]
struct Secrets(Vec<String>);

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) verdict: Verdict,
    pub(crate) cause: String,
}

impl Transport {
    /// Needs a runtime in context.
    pub(crate) fn new(kind: Kind, signal: &Signal) -> Result<Self, Error> {
        let carrier = match signal.protocol {
            Protocol::HttpProtobuf | Protocol::HttpJson => Carrier::Http(http::Http::new(kind, signal)?),
            Protocol::Grpc => Carrier::Grpc(grpc::Grpc::new(kind, signal)?),
        };
        Ok(Self { carrier, secrets: Secrets::of(signal) })
    }

    pub(crate) fn prepare(&self, request: Bytes) -> Result<Message, Failure> {
        match &self.carrier {
            Carrier::Http(http) => http.prepare(request),
            // tonic compresses each message by itself.
            Carrier::Grpc(_) => within_limit(&request).map(|()| Message(request)),
        }
    }

    pub(crate) async fn attempt(&self, message: &Message) -> Result<Accepted, Fault> {
        let answer = match &self.carrier {
            Carrier::Http(http) => http.attempt(message).await,
            Carrier::Grpc(grpc) => grpc.attempt(message).await,
        };
        answer.map_err(|fault| self.secrets.hide(fault))
    }
}

impl Accepted {
    /// Reads the response's partial success. A response that cannot be read is a success all the same: its status says so.
    fn decode(kind: Kind, response: &[u8]) -> Self {
        let partial = match kind {
            Kind::Traces => ExportTraceServiceResponse::decode(response)
                .ok()
                .and_then(|response| response.partial_success)
                .map(|partial| (partial.rejected_spans, partial.error_message)),
            Kind::Metrics => ExportMetricsServiceResponse::decode(response)
                .ok()
                .and_then(|response| response.partial_success)
                .map(|partial| (partial.rejected_data_points, partial.error_message)),
            Kind::Logs => ExportLogsServiceResponse::decode(response)
                .ok()
                .and_then(|response| response.partial_success)
                .map(|partial| (partial.rejected_log_records, partial.error_message)),
        };
        let (rejected, message) = partial.unwrap_or_default();
        Self { rejected: u64::try_from(rejected).unwrap_or(0), message: words(&message) }
    }
}

impl Secrets {
    /// Shorter parts of a value (`Basic`, a number) would hide other words.
    const SHORTEST: usize = 6;

    fn of(signal: &Signal) -> Self {
        let parts = signal.headers.iter().flat_map(|(_, value)| value.split_whitespace());
        Self(parts.filter(|part| part.len() >= Self::SHORTEST).map(str::to_owned).collect())
    }

    fn hide(&self, fault: Fault) -> Fault {
        let cause = self.0.iter().fold(fault.cause, |cause, secret| cause.replace(secret.as_str(), "[hidden]"));
        Fault { cause, ..fault }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} hidden]", self.0.len())
    }
}

fn within_limit(request: &Bytes) -> Result<(), Failure> {
    match request.len() {
        ..=MAX_REQUEST => Ok(()),
        size => Err(Failure::lost(format!("a request of {size} bytes is not sent: more than {MAX_REQUEST}"))),
    }
}

/// An error and its causes in one line, without saying the same twice.
fn chain(error: &dyn StdError) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !line.contains(&cause) {
            // Writing to a string cannot fail.
            let _ = write!(line, ": {cause}");
        }
        source = error.source();
    }
    line
}

/// A server's words, fit for a line of a log.
fn words(text: &str) -> String {
    text.chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .take(MAX_WORDS)
        .collect::<String>()
        .trim()
        .to_owned()
}
