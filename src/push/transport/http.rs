use std::fmt;
use std::io::Write;
use std::time::SystemTime;

use ::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use bytes::{Bytes, BytesMut};
use flate2::write::GzEncoder;
use prost::Message as _;
use reqwest::{Client, Response, Url};

use super::{Accepted, Fault, MAX_RESPONSE, Message, USER_AGENT, chain, json, tls, within_limit, words};
use crate::push::link::Failure;
use crate::push::retry::{self, Verdict};
use crate::push::{Compression, Error, Kind, Protocol, Signal};

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// OTLP over HTTP/1.1, in protobuf or JSON.
pub(crate) struct Http {
    kind: Kind,
    client: Client,
    url: Url,
    headers: HeaderMap,
    json: bool,
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
        let json = signal.protocol == Protocol::HttpJson;
        headers.insert(CONTENT_TYPE, if json { JSON } else { PROTOBUF });
        if let Some(Compression::Gzip) = signal.compression {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok(Self { kind, client, url, headers, json, compression: signal.compression })
    }

    pub(super) fn prepare(&self, request: Bytes) -> Result<Message, Failure> {
        let request = if self.json { json::encode(self.kind, &request)? } else { request };
        within_limit(&request)?;
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
        let content_type = response.headers().get(CONTENT_TYPE).cloned();
        let body = read(response).await;
        if status.is_success() {
            return body.map(|body| match self.json {
                true => json::accepted(self.kind, &body),
                false => Accepted::decode(self.kind, &body),
            });
        }
        let said = body.map(|body| reason(&body, content_type.as_ref())).unwrap_or_default();
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
fn reason(body: &[u8], content_type: Option<&HeaderValue>) -> String {
    if content_type == Some(&PROTOBUF) {
        return tonic_types::Status::decode(body).map(|status| words(&status.message)).unwrap_or_default();
    }
    let is_json = content_type.is_some_and(|content_type| content_type.as_bytes().starts_with(JSON.as_bytes()));
    let status = if is_json { json::reason(body) } else { None };
    status.or_else(|| std::str::from_utf8(body).ok().map(words)).unwrap_or_default()
}
