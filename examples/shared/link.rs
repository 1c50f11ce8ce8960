//! Requests to the platform's API, which carry the trace along.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use serde_json::Value;
use telecine::Telemetry;
use telecine::http::{ResponseBody, UrlTemplate};
use tokio::time::timeout;
use tower::util::BoxCloneSyncService;
use tower::{Layer as _, ServiceExt as _};

pub(super) struct Link {
    base: String,
    client: Client,
}

type Client = BoxCloneSyncService<Request<Full<Bytes>>, Response<ResponseBody<Incoming>>, legacy::Error>;

/// Why the API could not be told, or did not tell.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("{url}: {source}")]
    Unreachable { url: String, source: legacy::Error },
    #[error("{url}: no answer within {PATIENCE:?}")]
    Silent { url: String },
    #[error("{url}: {status} {body}")]
    Refused { url: String, status: StatusCode, body: String },
    #[error("{url}: an answer that cannot be read: {why}")]
    Unreadable { url: String, why: String },
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST_ANSWER: usize = 1 << 20;

impl Link {
    pub(super) fn new(url: &str, telemetry: &Telemetry) -> Self {
        let client = legacy::Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        Self {
            base: url.trim_end_matches('/').to_owned(),
            client: BoxCloneSyncService::new(telemetry.http().client().layer(client)),
        }
    }

    /// Sends a request, and reads the answer; nothing where it has none.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        template: &'static str,
        id: Option<&str>,
        body: &Value,
    ) -> Result<Option<T>, Fault> {
        let url = format!("{}{}", self.base, template.replace("{id}", id.unwrap_or_default()));
        match timeout(PATIENCE, self.exchange(template, &url, body)).await {
            Ok(Ok((StatusCode::NO_CONTENT, _))) => Ok(None),
            Ok(Ok((status, answer))) if status.is_success() => serde_json::from_slice(&answer)
                .map(Some)
                .map_err(|error| Fault::Unreadable { url, why: error.to_string() }),
            Ok(Ok((status, answer))) => {
                Err(Fault::Refused { url, status, body: String::from_utf8_lossy(&answer).trim().to_owned() })
            }
            Ok(Err(fault)) => Err(fault),
            Err(_) => Err(Fault::Silent { url }),
        }
    }

    async fn exchange(&self, template: &'static str, url: &str, body: &Value) -> Result<(StatusCode, Bytes), Fault> {
        let unreadable = |why: String| Fault::Unreadable { url: url.to_owned(), why };
        let request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header("content-type", "application/json")
            .extension(UrlTemplate(template))
            .body(Full::from(body.to_string()))
            .map_err(|error| unreadable(error.to_string()))?;
        let answer = self.client.clone().oneshot(request).await;
        let answer = answer.map_err(|source| Fault::Unreachable { url: url.to_owned(), source })?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await;
        Ok((status, body.map_err(|error| unreadable(error.to_string()))?.to_bytes()))
    }
}

impl Fault {
    /// Whether it would be the same another time: the API knows the job no more, or has given it to another worker.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if status.is_client_error())
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}
