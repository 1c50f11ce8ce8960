//! Servers on ports of their own, and what was measured of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Request, Response};
use telecine::testing::Bench;
use tower::{Service, ServiceExt as _};

pub(crate) const DURATION: &str = "http.server.request.duration";
pub(crate) const HEAD: &str = "media.http.response.head.duration";
pub(crate) const ACTIVE: &str = "http.server.active_requests";
pub(crate) const REQUEST_SIZE: &str = "http.server.request.body.size";
pub(crate) const RESPONSE_SIZE: &str = "http.server.response.body.size";

pub(crate) fn bench() -> Bench {
    Bench::new().unwrap()
}

/// Serves a router on a port of its own until the runtime ends.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

pub(crate) fn get(path: &str) -> Request<Body> {
    Request::builder().uri(path).body(Body::empty()).unwrap()
}

/// Asks a service once and reads the whole body.
pub(crate) async fn ask<S, B>(service: S, request: Request<Body>) -> (u16, Bytes)
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: std::fmt::Debug,
    B: http_body::Body<Data = Bytes>,
    B::Error: std::fmt::Debug,
{
    let response = service.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap();
    (status, body.to_bytes())
}

/// A body that comes piece by piece, and never says its length.
pub(crate) fn stream(pieces: usize, size: usize) -> Body {
    let pieces = futures_util::stream::iter(0..pieces);
    Body::from_stream(pieces.map(move |_| Ok::<_, std::io::Error>(Bytes::from(vec![7; size]))))
}

/// Waits until a metric's sum, or number of values, is what is wanted.
pub(crate) async fn until(bench: &Bench, metric: &str, labels: &[(&str, &str)], wanted: f64) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let metrics = bench.metrics();
        if metrics.select(metric, labels).number() == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{metric} is not {wanted}:\n{}", metrics.of_name(metric));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The labels of the only series of a metric.
#[track_caller]
pub(crate) fn labels(bench: &Bench, metric: &str) -> BTreeMap<String, String> {
    let metrics = bench.metrics();
    let selection = metrics.select(metric, &[]);
    assert_eq!(selection.series().len(), 1, "{}", metrics.of_name(metric));
    selection.series()[0].labels.clone()
}

/// Outcome and error type of the only request.
#[track_caller]
pub(crate) fn end(bench: &Bench) -> (String, Option<String>) {
    let labels = labels(bench, DURATION);
    (labels["media.outcome"].clone(), labels.get("error.type").cloned())
}

#[track_caller]
pub(crate) fn nothing_is_active(bench: &Bench) {
    assert_eq!(bench.metrics().select(ACTIVE, &[]).number(), 0.0);
}
