//! gRPC is HTTP whose status comes last.

use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use telecine::testing::Bench;
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::support::{DURATION, bench, end, labels};

fn call(path: &str) -> Request<Body> {
    Request::post(path).header("content-type", "application/grpc+proto").body(Body::empty()).unwrap()
}

fn trailers(status: &str) -> HeaderMap {
    HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::try_from(status).unwrap())])
}

async fn answered(bench: &Bench, status: &'static str) {
    let answer = move |_: Request<Body>| async move {
        let frames = [Frame::data(Bytes::from_static(b"\0\0\0\0\x02hi")), Frame::trailers(trailers(status))];
        let body = Body::new(StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>))));
        Ok::<_, Infallible>(Response::builder().header("content-type", "application/grpc").body(body).unwrap())
    };
    let service = bench.http().server().layer(service_fn(answer));
    let response = bench.run(service.oneshot(call("/media.Jobs/Start"))).await.unwrap();
    let collected = bench.run(response.into_body().collect()).await.unwrap();
    assert_eq!(collected.trailers().unwrap()["grpc-status"], status, "trailers go on as they came");
}

#[tokio::test]
async fn a_status_in_the_trailers() {
    for (status, outcome, error) in [
        ("0", "success", None),
        ("1", "cancelled", None),
        ("4", "timeout", Some("DEADLINE_EXCEEDED")),
        ("5", "success", None),
        ("13", "failure", Some("INTERNAL")),
        ("14", "failure", Some("UNAVAILABLE")),
        ("99", "failure", Some("UNKNOWN")),
    ] {
        let bench = bench();
        answered(&bench, status).await;
        assert_eq!(end(&bench), (outcome.to_owned(), error.map(str::to_owned)), "{status}");
        assert_eq!(labels(&bench, DURATION)["http.route"], "/media.Jobs/Start");
        let span = bench.span("POST /media.Jobs/Start").unwrap();
        assert_eq!(span.attribute("error.type").as_deref(), error);
        assert_eq!(span.attribute("rpc.system.name").as_deref(), Some("grpc"));
        assert!(span.attribute("rpc.response.status_code").is_some());
    }
}

#[tokio::test]
async fn a_status_in_the_head() {
    for (status, route, error) in [("12", "unmatched", "UNIMPLEMENTED"), ("13", "/media.Jobs/Start", "INTERNAL")] {
        let bench = bench();
        let answer = move |_: Request<Body>| async move {
            let response = Response::builder().header("content-type", "application/grpc").header("grpc-status", status);
            Ok::<_, Infallible>(response.body(Body::empty()).unwrap())
        };
        let service = bench.http().server().layer(service_fn(answer));
        service.oneshot(call("/media.Jobs/Start")).await.unwrap();
        assert_eq!(end(&bench), ("failure".to_owned(), Some(error.to_owned())));
        assert_eq!(labels(&bench, DURATION)["http.route"], route);
    }
}

#[tokio::test]
async fn a_client_takes_every_status_but_ok_for_a_failure() {
    let bench = bench();
    let answer = |_: Request<Body>| async {
        let frames = [Frame::data(Bytes::from_static(b"x")), Frame::trailers(trailers("5"))];
        let body = StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>)));
        Ok::<_, Infallible>(Response::builder().header("content-type", "application/grpc").body(body).unwrap())
    };
    let client = bench.http().client().layer(service_fn(answer));
    let response = client.oneshot(call("http://jobs.example/media.Jobs/Get")).await.unwrap();
    response.into_body().collect().await.unwrap();
    assert_eq!(labels(&bench, "http.client.request.duration")["error.type"], "NOT_FOUND");
}
