//! HTTP: requests that a server gets, requests that a client makes, and templates of paths.
//!
//! [`Http`] makes `tower` layers. The one for servers goes into an axum router, around one, or around any
//! service of `http::Request`, tonic's and hyper's included:
//!
//! ```
//! use axum::{Router, routing::get};
//!
//! # let http = telecine::http::Http::new(&telecine::operation::Instruments::noop());
//! let app: Router = Router::new()
//!     .route("/videos/{id}", get(|| async { "a video" }))
//!     .layer(http.server().api("public"));
//! ```
//!
//! What it measures, by method, route, scheme, version, status, `error.type`, `media.outcome` and `media.api`:
//!
//! - `http.server.request.duration`, to the end of the response's body. A slow viewer lengthens it.
//! - `media.http.response.head.duration`, to the response's head. A slow viewer does not.
//! - `http.server.request.body.size`: the bytes that the service read. Of a body that is not axum's, the
//!   size that its head says; nothing where it says none.
//! - `http.server.response.body.size`: the bytes that were sent, also where not all were.
//! - `http.server.active_requests`: those between their arrival and the end of the response's body.
//!
//! How a request ended:
//!
//! | what happened | `media.outcome` | `error.type` |
//! |---|---|---|
//! | the body came to its end, status below 500 | `success` | |
//! | status from 500 on, whatever became of the body | `failure` | the status: `503` |
//! | the client went away before the head, or before the end of the body | `cancelled` | |
//! | the service, or the body, gave an error | `failure`, `timeout` | its [`ErrorType`](crate::operation::ErrorType) |
//! | the service, or the body, panicked | `failure` | `panic` |
//! | gRPC: `UNKNOWN`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS` | `failure` | the status' name |
//! | gRPC: `DEADLINE_EXCEEDED`, `CANCELLED` | `timeout`, `cancelled` | the former's name |
//!
//! A gRPC status is read from the trailers, or from a head without body; the route of a gRPC request that no
//! router matched is its path, `/package.Service/Method`, if the service knows it. An upgrade, to a WebSocket
//! say, ends with its head: what follows is no request.
//!
//! No label is what a client says: the route is a template or `unmatched`, the method is one that is known or
//! `_OTHER`, and the `Host` header is on the span alone. Labels are looked up, not made: a request allocates
//! nothing for them.
//!
//! The span is `{method} {route}`, of the conventions' attributes. Its parent is the context of the
//! [`traceparent`](https://www.w3.org/TR/trace-context/) header, or of what `OTEL_PROPAGATORS` says; without one
//! it is the root of a trace.
//! Secrets in a query (signatures, tokens) are not on it.
//!
//! The layer for clients measures `http.client.*` likewise, and sends the context along. A status from 400 on
//! is a failure there. It goes around any client of `http::Request`; around reqwest's by a `service_fn` that
//! turns the one request into the other.
//!
//! ```no_run
//! use http_body_util::{BodyExt as _, Empty};
//! use hyper_util::{client::legacy, rt::TokioExecutor};
//! use telecine::http::UrlTemplate;
//! use tower::{Layer as _, ServiceExt as _};
//!
//! # async fn call(http: telecine::http::Http) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let client = legacy::Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
//! let client = http.client().layer(client);
//!
//! let mut request = http::Request::get("http://jobs.internal/jobs/42").body(Empty::new())?;
//! request.extensions_mut().insert(UrlTemplate("/jobs/{id}"));
//! let job = client.oneshot(request).await?.into_body().collect().await?;
//! # Ok(()) }
//! ```
//!
//! Without the feature `telemetry` the layers hand requests and responses through.

mod body;
mod client;
mod end;
mod exchange;
mod future;
mod grpc;
mod key;
mod meter;
mod request;
pub mod routes;
mod server;
mod span;
mod table;

use std::sync::Arc;

pub use body::{BoxError, ResponseBody};
pub use client::{Client, ClientLayer, UrlTemplate};
pub use future::ResponseFuture;
pub use routes::Routes;
pub use server::{Server, ServerLayer};

use crate::operation::Instruments;
use end::Side;
use meter::{Meter, Metrics, Settings};

/// Makes HTTP layers. A clone is the same.
#[derive(Clone, Debug)]
pub struct Http {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    instruments: Instruments,
    server: Metrics,
    client: Metrics,
}

impl Http {
    /// Layers that are measured by these instruments.
    pub fn new(instruments: &Instruments) -> Self {
        Self {
            shared: Arc::new(Shared {
                server: Metrics::server(instruments),
                client: Metrics::client(instruments),
                instruments: instruments.clone(),
            }),
        }
    }

    /// A layer for a server. `Kind` is inferred: it tells how the service's error is read.
    pub fn server<Kind>(&self) -> ServerLayer<Kind> {
        let Shared { instruments, server, .. } = &*self.shared;
        let settings = Settings { skip: vec![server::OWN_PATH.to_owned()], ..Settings::default() };
        ServerLayer::new(Meter::new(Side::Server, instruments, server, settings))
    }

    /// A layer for a client. `Kind` is inferred: it tells how the service's error is read.
    pub fn client<Kind>(&self) -> ClientLayer<Kind> {
        let Shared { instruments, client, .. } = &*self.shared;
        ClientLayer::new(Meter::new(Side::Client, instruments, client, Settings::default()))
    }
}
