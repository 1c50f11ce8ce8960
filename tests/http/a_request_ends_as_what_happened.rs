//! Every way in which a request can end.

use std::convert::Infallible;
use std::io;
use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use telecine::operation::{Classified, ErrorType};
use telecine::testing::Bench;
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

use crate::support::{
    ACTIVE, DURATION, HEAD, RESPONSE_SIZE, bench, end, get as request, labels, nothing_is_active, stream as pieces,
};

#[track_caller]
fn ended(bench: &Bench, outcome: &str, error: Option<&str>) {
    assert_eq!(end(bench), (outcome.to_owned(), error.map(str::to_owned)));
    assert_eq!(bench.metrics().select(DURATION, &[]).number(), 1.0);
    nothing_is_active(bench);
    let spans = bench.spans();
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].attribute("media.outcome").as_deref(), Some(outcome));
    assert_eq!(spans[0].attribute("error.type").as_deref(), error);
    let is_error = matches!(spans[0].data().status, telecine::opentelemetry::trace::Status::Error { .. });
    assert_eq!(is_error, error.is_some());
}

#[tokio::test]
async fn a_panic_in_a_handler() {
    let bench = bench();
    let app: Router =
        Router::new().route("/", get(|| async { panic!("as asked") as &str })).layer(bench.http().server());
    let panicked = bench.run(AssertUnwindSafe(app.oneshot(request("/"))).catch_unwind()).await;
    assert!(panicked.is_err());
    ended(&bench, "failure", Some("panic"));
    assert_eq!(labels(&bench, DURATION)["http.route"], "/");
    assert!(bench.metrics().select(HEAD, &[]).series().is_empty(), "there was no head");
}

#[tokio::test]
async fn a_panic_before_there_is_a_future() {
    let bench = bench();
    let service =
        service_fn(|_: Request<Body>| -> std::future::Ready<Result<Response<Body>, Infallible>> { panic!("as asked") });
    let mut service = bench.http().server().layer(service);
    bench.in_scope(|| {
        assert!(std::panic::catch_unwind(AssertUnwindSafe(|| drop(service.call(request("/"))))).is_err());
    });
    ended(&bench, "failure", Some("panic"));
}

#[tokio::test]
async fn a_panic_in_a_body() {
    let bench = bench();
    let body = || async {
        Body::from_stream(
            pieces(2, 10)
                .into_data_stream()
                .chain(stream::poll_fn(|_| -> Poll<Option<Result<Bytes, axum::Error>>> { panic!("as asked") })),
        )
    };
    let app = Router::new().route("/", get(body)).layer(bench.http().server());
    let response = bench.run(app.oneshot(request("/"))).await.unwrap();
    assert_eq!(bench.metrics().select(ACTIVE, &[]).number(), 1.0);
    assert!(bench.run(AssertUnwindSafe(response.into_body().collect()).catch_unwind()).await.is_err());
    ended(&bench, "failure", Some("panic"));
    assert_eq!(bench.metrics().select(RESPONSE_SIZE, &[]).sum(), 20.0);
}

#[tokio::test]
async fn an_error_of_a_body() {
    let bench = bench();
    let body = || async {
        let error = io::Error::new(io::ErrorKind::ConnectionReset, "the disk's server has gone");
        Body::from_stream(
            pieces(3, 10)
                .into_data_stream()
                .map(|piece| piece.map_err(io::Error::other))
                .chain(stream::once(async { Err(error) })),
        )
    };
    let app = Router::new().route("/", get(body)).layer(bench.http().server());
    let response = bench.run(app.oneshot(request("/"))).await.unwrap();
    assert!(bench.run(response.into_body().collect()).await.is_err());
    ended(&bench, "failure", Some("network"));
    assert_eq!(bench.metrics().select(RESPONSE_SIZE, &[]).sum(), 30.0);
    assert_eq!(labels(&bench, DURATION)["http.response.status_code"], "200");
}

#[tokio::test]
async fn errors_of_a_service_of_each_sort() {
    async fn fails<E, Kind: 'static>(error: impl Fn() -> E + 'static, wanted: &str, outcome: &str)
    where
        E: telecine::operation::AsError<Kind> + std::fmt::Debug + 'static,
    {
        let bench = bench();
        let service = service_fn(move |_: Request<Body>| std::future::ready(Err::<Response<Body>, E>(error())));
        let service = bench.http().server().layer(service);
        bench.run(service.oneshot(request("/"))).await.unwrap_err();
        ended(&bench, outcome, Some(wanted));
        assert!(!labels(&bench, DURATION).contains_key("http.response.status_code"));
    }
    fails(|| io::Error::from(io::ErrorKind::TimedOut), "timeout", "timeout").await;
    fails(|| Classified::new(ErrorType::StorageServer, "the bucket is away"), "storage_server", "failure").await;
    fails::<tower::BoxError, _>(|| "what is this".into(), "_OTHER", "failure").await;
    fails(|| anyhow::anyhow!(io::Error::from(io::ErrorKind::StorageFull)), "disk_full", "failure").await;
}

#[tokio::test]
async fn a_request_that_nobody_waits_for() {
    let bench = bench();
    let app = Router::new().route("/{id}", get(std::future::pending::<&str>)).layer(bench.http().server());
    bench.in_scope(|| {
        let mut call = std::pin::pin!(app.oneshot(request("/1")));
        assert!(call.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())).is_pending());
        assert_eq!(bench.metrics().select(ACTIVE, &[]).number(), 1.0);
    });
    // Its span is recorded where it was made.
    ended(&bench, "cancelled", None);
    assert_eq!(labels(&bench, DURATION)["http.route"], "/{id}");
    assert!(bench.metrics().select(RESPONSE_SIZE, &[]).number() == 0.0);
}

#[tokio::test]
async fn a_body_that_is_left() {
    let bench = bench();
    let app = Router::new().route("/", get(|| async { pieces(100, 1000) })).layer(bench.http().server());
    let response = bench.run(app.oneshot(request("/"))).await.unwrap();
    let mut body = response.into_body();
    for _ in 0..3 {
        bench.run(body.frame()).await.unwrap().unwrap();
    }
    assert_eq!(bench.metrics().select(HEAD, &[]).number(), 1.0, "the head is measured when it is there");
    assert_eq!(bench.metrics().select(DURATION, &[]).number(), 0.0);
    drop(body);
    ended(&bench, "cancelled", None);
    assert_eq!(bench.metrics().select(RESPONSE_SIZE, &[]).sum(), 3000.0);
}

#[tokio::test]
async fn a_failure_that_nobody_waits_for_is_a_failure() {
    let bench = bench();
    let app = Router::new()
        .route("/", get(|| async { (StatusCode::BAD_GATEWAY, pieces(100, 1000)) }))
        .layer(bench.http().server());
    drop(bench.run(app.oneshot(request("/"))).await.unwrap());
    ended(&bench, "failure", Some("502"));
}

#[tokio::test]
async fn all_that_the_head_promised_is_the_whole() {
    let bench = bench();
    let answer = || async { Response::builder().header("content-length", "2000").body(pieces(2, 1000)).unwrap() };
    let app = Router::new().route("/", get(answer)).layer(bench.http().server());
    let mut body = bench.run(app.oneshot(request("/"))).await.unwrap().into_body();
    // A server that has sent what it promised does not ask for the end.
    body.frame().await.unwrap().unwrap();
    body.frame().await.unwrap().unwrap();
    drop(body);
    ended(&bench, "success", None);
}

#[tokio::test]
async fn what_has_no_body_is_over_with_its_head() {
    for (method, status) in [("HEAD", 200), ("GET", 204), ("GET", 304), ("GET", 101), ("CONNECT", 200)] {
        let bench = bench();
        let answer = move |_: Request<Body>| async move {
            Ok::<_, Infallible>(Response::builder().status(status).body(pieces(5, 5)).unwrap())
        };
        let service = bench.http().server().layer(service_fn(answer));
        let request = Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
        let response = bench.run(service.oneshot(request)).await.unwrap();
        assert_eq!(bench.metrics().select(DURATION, &[]).number(), 1.0, "{method} {status}");
        drop(response);
        ended(&bench, "success", None);
    }
}
