use std::error::Error as StdError;
use std::fs;

use ::http::HeaderMap;
use ::http::uri::{PathAndQuery, Uri};
use bytes::{Buf, BufMut, Bytes};
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};
use tonic_types::StatusExt;

use super::http::header;
use super::{Accepted, Fault, MAX_REQUEST, MAX_RESPONSE, Message, USER_AGENT, chain, tls, words};
use crate::push::retry::{self, Verdict};
use crate::push::{Compression, Error, Kind, Signal};

/// OTLP over gRPC.
#[derive(Debug)]
pub(crate) struct Grpc {
    kind: Kind,
    client: tonic::client::Grpc<Channel>,
    path: PathAndQuery,
    metadata: MetadataMap,
}

impl Grpc {
    /// Needs a runtime in context: the channel lives on it.
    pub(super) fn new(kind: Kind, signal: &Signal) -> Result<Self, Error> {
        let mut client = tonic::client::Grpc::new(endpoint(kind, signal)?.connect_lazy())
            .max_encoding_message_size(MAX_REQUEST)
            .max_decoding_message_size(MAX_RESPONSE);
        if let Some(Compression::Gzip) = signal.compression {
            client = client.send_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Gzip);
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &signal.headers {
            let (header, value) = header(kind, name, value)?;
            if header.as_str().ends_with("-bin") {
                let reason = "a gRPC header of this name is binary, which OTLP's settings cannot say";
                return Err(Error::Header { signal: kind, name: name.clone(), reason });
            }
            headers.append(header, value);
        }
        Ok(Self { kind, client, path: path(kind), metadata: MetadataMap::from_headers(headers) })
    }

    pub(super) async fn attempt(&self, message: &Message) -> Result<Accepted, Fault> {
        let mut request = Request::new(message.0.clone());
        *request.metadata_mut() = self.metadata.clone();
        let mut client = self.client.clone();
        client.ready().await.map_err(|error| Fault { verdict: Verdict::Retry, cause: chain(&error) })?;
        match client.unary(request, self.path.clone(), Encoded).await {
            Ok(response) => Ok(Accepted::decode(self.kind, &response.into_inner())),
            Err(status) => Err(Fault::from(status)),
        }
    }
}

impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        // A status with a source was made on this side: the connection failed.
        if let Some(source) = status.source() {
            return Self { verdict: Verdict::Retry, cause: chain(source) };
        }
        let retry_info = status.get_details_retry_info().and_then(|info| info.retry_delay);
        let verdict = retry::grpc(status.code(), retry_info);
        let said = words(status.message());
        let code = format!("{:?}", status.code());
        let cause = if said.is_empty() { format!("gRPC {code}") } else { format!("gRPC {code}: {said}") };
        Self { verdict, cause }
    }
}

fn endpoint(kind: Kind, signal: &Signal) -> Result<Endpoint, Error> {
    let error = |reason: String| Error::Endpoint { signal: kind, endpoint: signal.shown_endpoint(), reason };
    let text = if signal.endpoint.contains("://") {
        signal.endpoint.clone()
    } else {
        let scheme = if signal.tls.insecure { "http" } else { "https" };
        format!("{scheme}://{}", signal.endpoint)
    };
    let uri: Uri = text.parse().map_err(|invalid: ::http::uri::InvalidUri| error(invalid.to_string()))?;
    let secure = match uri.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        _ => return Err(error("http:// or https:// is expected".into())),
    };
    let endpoint = Endpoint::from(uri).user_agent(USER_AGENT).map_err(|invalid| error(chain(&invalid)))?;
    if !secure {
        return Ok(endpoint);
    }
    let mut config = ClientTlsConfig::new().trust_anchors(tls::roots(kind, &signal.tls)?.roots);
    if let Some(files) = tls::identity_files(kind, &signal.tls)? {
        let read = |path| fs::read(path).map_err(|error| tls::certificate_error(kind, path, &error));
        config = config.identity(Identity::from_pem(read(files.certificate)?, read(files.key)?));
    }
    endpoint.tls_config(config).map_err(|error| Error::Client { signal: kind, reason: chain(&error) })
}

fn path(kind: Kind) -> PathAndQuery {
    PathAndQuery::from_static(match kind {
        Kind::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Kind::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        Kind::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    })
}

/// A codec for messages that are encoded already.
#[derive(Clone, Copy, Debug)]
struct Encoded;

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self::Encoder {
        Self
    }

    fn decoder(&mut self) -> Self::Decoder {
        Self
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
