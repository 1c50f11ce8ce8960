use std::fmt;
use std::io::Write;
use std::time::SystemTime;

use ::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use bytes::{Bytes, BytesMut};
use flate2::write::GzEncoder;
use prost::Message as _;
use reqwest::{Client, Response, Url};

use super::{Accepted, Fault, MAX_RESPONSE, Message, USER_AGENT, chain, tls, words};
use crate::push::link::Failure;
use crate::push::retry::{self, Verdict};
use crate::push::{Compression, Error, Kind, Signal};

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");

/// OTLP over HTTP/1.1, in protobuf.
pub(crate) struct Http {
    kind: Kind,
    client: Client,
    url: Url,
    headers: HeaderMap,
    compression: Option<Compression>,
}

impl Http {
    pub(super) fn new(kind: Kind, signal: &Signal) -> Result<Self, Error> {
        let endpoint = |reason: String| Error::Endpoint { signal: kind, endpoint: signal.shown_endpoint(), reason };
        let url = Url::parse(&signal.endpoint).map_err(|error| endpoint(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(endpoint("http:// or https:// is expected".into()));
        }
        let config = tls::client_config(kind, &signal.tls, url.scheme() == "https")?;
        let client = Client::builder()
            .tls_backend_preconfigured(config)
            .user_agent(USER_AGENT)
            // A redirected POST becomes a GET; and a proxy would come from the process environment.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| Error::Client { signal: kind, reason: chain(&error) })?;
        let mut headers = HeaderMap::new();
        for (name, value) in &signal.headers {
            let (name, value) = header(kind, name, value)?;
            headers.append(name, value);
        }
        headers.insert(CONTENT_TYPE, PROTOBUF);
        if let Some(Compression::Gzip) = signal.compression {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok(Self { kind, client, url, headers, compression: signal.compression })
    }

    pub(super) fn prepare(&self, request: Bytes) -> Result<Message, Failure> {
        let Some(Compression::Gzip) = self.compression else {
            return Ok(Message(request));
        };
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder
            .write_all(&request)
            .and_then(|()| encoder.finish())
            .map(|body| Message(body.into()))
            .map_err(|error| Failure::lost(format!("gzip: {error}")))
    }

    pub(super) async fn attempt(&self, message: &Message) -> Result<Accepted, Fault> {
        let request = self.client.post(self.url.clone()).headers(self.headers.clone()).body(message.0.clone());
        let response = request.send().await.map_err(Fault::lost_connection)?;
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let protobuf = response.headers().get(CONTENT_TYPE) == Some(&PROTOBUF);
        let body = read(response).await;
        if status.is_success() {
            return Ok(Accepted::decode(self.kind, &body?));
        }
        let said = body.map(|body| reason(&body, protobuf)).unwrap_or_default();
        let verdict = retry::http(status.as_u16(), retry_after.as_deref(), SystemTime::now());
        let cause = if said.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {said}") };
        Err(Fault { verdict, cause })
    }
}

impl Fault {
    fn lost_connection(error: reqwest::Error) -> Self {
        // The URL may hold credentials, and the endpoint is said beside the cause.
        Self { verdict: Verdict::Retry, cause: chain(&error.without_url()) }
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold credentials.
        f.debug_struct("Http").field("kind", &self.kind).finish_non_exhaustive()
    }
}

pub(super) fn header(kind: Kind, name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    let error = |reason| Error::Header { signal: kind, name: name.to_owned(), reason };
    let header = HeaderName::try_from(name).map_err(|_| error("not a header name"))?;
    let mut value = HeaderValue::try_from(value).map_err(|_| error("the value holds what no header may hold"))?;
    value.set_sensitive(true);
    Ok((header, value))
}

async fn read(mut response: Response) -> Result<Bytes, Fault> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(Fault::lost_connection)? {
        if body.len() + chunk.len() > MAX_RESPONSE {
            let cause = format!("the response is larger than {MAX_RESPONSE} bytes");
            return Err(Fault { verdict: Verdict::Refused, cause });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// A failure's body is a `google.rpc.Status`, or text from a proxy in between.
fn reason(body: &[u8], protobuf: bool) -> String {
    if protobuf {
        return tonic_types::Status::decode(body).map(|status| words(&status.message)).unwrap_or_default();
    }
    std::str::from_utf8(body).map(words).unwrap_or_default()
}
