//! Between opentelemetry-otlp, which makes OTLP requests of spans and log records, and the [`Link`] that delivers them.
//!
//! Its exporter gets a client that hands the encoded request to the link: the message is the same for HTTP and gRPC. So
//! attempts, deadlines and losses are one piece of code for every signal and protocol, and each loss is counted (the
//! gRPC exporter of opentelemetry-otlp only logs what a server rejects). It also keeps out what opentelemetry-otlp reads
//! from the process environment by itself: headers from there would replace ours, and the link adds its own instead.

use std::future::Future;
use std::io::{self, Read};
use std::sync::Arc;

use ::http::header::CONTENT_ENCODING;
use async_trait::async_trait;
use bytes::Bytes;
use flate2::read::GzDecoder;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, RetryPolicy, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use super::link::Link;

/// Has to be a URL. Nobody goes there.
const NOWHERE: &str = "http://link.invalid/";

tokio::task_local! {
    /// Items in the batch that is being encoded.
    static ITEMS: u64;
}

/// The client that opentelemetry-otlp is given.
#[derive(Debug)]
struct Carrier(Arc<Link>);

/// Makes `builder`'s exporter one that only encodes.
pub(crate) fn encoder<B: WithHttpConfig + WithExportConfig>(builder: B, link: &Arc<Link>) -> B {
    builder
        .with_http_client(Carrier(Arc::clone(link)))
        .with_endpoint(NOWHERE)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(link.timeout())
        .with_retry_policy(RetryPolicy::disabled())
        .with_max_request_body_size(usize::MAX)
}

/// Runs an encoder's export of this many items. Its error gives way to the link's, which knows the cause.
pub(crate) async fn carry(link: &Link, items: usize, export: impl Future<Output = OTelSdkResult>) -> OTelSdkResult {
    let result = ITEMS.scope(items as u64, export).await;
    result.map_err(|error| match link.counts().stats().last_error {
        Some(cause) => OTelSdkError::InternalFailure(cause),
        None => error,
    })
}

#[async_trait]
impl HttpClient for Carrier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let items = ITEMS.try_with(|items| *items).unwrap_or_default();
        self.0.deliver(plain(request)?, items).await?;
        // What the server said has been dealt with.
        Ok(Response::new(Bytes::new()))
    }
}

/// The message as it is. It comes compressed if the process environment asks for it and another crate has enabled it.
fn plain(request: Request<Bytes>) -> io::Result<Bytes> {
    match request.headers().get(CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None => Ok(request.into_body()),
        Some(b"gzip") => {
            let mut message = Vec::new();
            GzDecoder::new(&request.body()[..]).read_to_end(&mut message)?;
            Ok(message.into())
        }
        Some(_) => Err(io::Error::other("the request was compressed in an unknown way before it was sent")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_message_is_taken_out_of_its_compression() {
        let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"message").unwrap();
        let compressed = Bytes::from(gzip.finish().unwrap());
        let request = |encoding: Option<&str>, body: Bytes| {
            let builder = encoding.into_iter().fold(Request::builder(), |b, e| b.header(CONTENT_ENCODING, e));
            builder.body(body).unwrap()
        };
        assert_eq!(plain(request(None, Bytes::from_static(b"message"))).unwrap(), "message");
        assert_eq!(plain(request(Some("gzip"), compressed.clone())).unwrap(), "message");
        assert!(plain(request(Some("zstd"), compressed)).is_err());
    }
}
