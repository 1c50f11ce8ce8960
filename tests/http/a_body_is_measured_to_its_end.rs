//! Sizes and times of bodies, over real connections.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::Request;
use http_body_util::{BodyExt as _, Empty, Full, StreamBody};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tower::Layer as _;

use crate::support::{
    ACTIVE, DURATION, HEAD, REQUEST_SIZE, RESPONSE_SIZE, bench, labels, nothing_is_active, serve, stream, until,
};

#[tokio::test]
async fn bytes_are_counted_as_they_are_sent() {
    let bench = bench();
    let app = Router::new()
        .route("/whole", get(|| async { "a".repeat(5000) }))
        .route("/pieces", get(|| async { stream(7, 1000) }))
        .route("/empty", get(|| async {}))
        .layer(bench.http().server());
    let address = serve(app).await;
    let client = legacy::Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    for (path, size) in [("/whole", 5000.0), ("/pieces", 7000.0), ("/empty", 0.0)] {
        let response = client.get(format!("http://{address}{path}").parse().unwrap()).await.unwrap();
        response.into_body().collect().await.unwrap();
        until(&bench, DURATION, &[("http.route", path), ("media.outcome", "success")], 1.0).await;
        let metrics = bench.metrics();
        assert_eq!(metrics.select(RESPONSE_SIZE, &[("http.route", path)]).sum(), size);
        assert_eq!(metrics.select(REQUEST_SIZE, &[("http.route", path)]).number(), 1.0);
    }
    nothing_is_active(&bench);
}

#[tokio::test]
async fn a_chunked_upload_is_counted_as_it_is_read() {
    let bench = bench();
    let app = Router::new()
        .route("/all", post(|body: Body| async { drop(to_bytes(body, usize::MAX).await) }))
        .route("/some", post(|body: Body| async { drop(body.into_data_stream().next().await) }))
        .layer(bench.http().server());
    let address = serve(app).await;
    for (path, wanted) in [("/all", 6.0), ("/some", 3.0)] {
        let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(b"3\r\nabc\r\n").await.unwrap();
        if path == "/all" {
            connection.write_all(b"3\r\ndef\r\n0\r\n\r\n").await.unwrap();
        }
        connection.read_to_end(&mut Vec::new()).await.unwrap();
        until(&bench, REQUEST_SIZE, &[("http.route", path)], 1.0).await;
        assert_eq!(bench.metrics().select(REQUEST_SIZE, &[("http.route", path)]).sum(), wanted);
    }
}

#[tokio::test]
async fn a_slow_viewer_lengthens_the_request_and_not_its_head() {
    let bench = bench();
    let go_on = Arc::new(Notify::new());
    let waits = Arc::clone(&go_on);
    let answer = move || async move {
        let last = futures_util::stream::once(async move {
            waits.notified().await;
            Ok::<_, std::io::Error>(Bytes::from_static(b"the end"))
        });
        Body::from_stream(
            stream(1, 1000).into_data_stream().map(|piece| piece.map_err(std::io::Error::other)).chain(last),
        )
    };
    let app = Router::new().route("/", get(answer)).layer(bench.http().server());
    let address = serve(app).await;
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    connection.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    until(&bench, HEAD, &[], 1.0).await;
    // Time passes with nothing to wait for: what is slow is the viewer.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let metrics = bench.metrics();
    assert_eq!((metrics.select(DURATION, &[]).number(), metrics.select(ACTIVE, &[]).number()), (0.0, 1.0));
    go_on.notify_one();
    connection.read_to_end(&mut Vec::new()).await.unwrap();
    until(&bench, DURATION, &[("media.outcome", "success")], 1.0).await;
    let metrics = bench.metrics();
    assert!(metrics.select(DURATION, &[]).sum() >= 0.05);
    assert!(metrics.select(HEAD, &[]).sum() < metrics.select(DURATION, &[]).sum() - 0.045);
    assert_eq!(metrics.select(RESPONSE_SIZE, &[]).sum(), 1007.0);
    nothing_is_active(&bench);
}

#[tokio::test]
async fn http2_streams_are_requests_of_their_own() {
    let bench = bench();
    let router = Router::new().route("/{id}", get(|| async { stream(5, 1000) }));
    // Around the router, on hyper.
    let service = TowerToHyperService::new(bench.http().server().layer(router));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (connection, _) = listener.accept().await.unwrap();
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        server.serve_connection(TokioIo::new(connection), service).await
    });
    let connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let (client, driver) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(connection)).await.unwrap();
    tokio::spawn(driver);
    let requests = (0..50).map(|id| {
        let mut client = client.clone();
        async move {
            let request = Request::builder().uri(format!("http://{address}/{id}")).body(Empty::<Bytes>::new()).unwrap();
            let mut body = client.send_request(request).await.unwrap().into_body();
            body.frame().await.unwrap().unwrap();
            // Every other one is reset in its middle, if it is not there as a whole yet.
            if id % 2 == 0 { body.collect().await.unwrap().to_bytes().len() } else { 0 }
        }
    });
    let read = futures_util::future::join_all(requests).await;
    assert_eq!(read.iter().sum::<usize>(), 25 * 4000);
    until(&bench, DURATION, &[("network.protocol.version", "2"), ("http.route", "/{id}")], 50.0).await;
    assert_eq!(bench.metrics().select(DURATION, &[("media.outcome", "failure")]).number(), 0.0);
    nothing_is_active(&bench);
}

#[tokio::test]
async fn a_body_of_another_type_counts_by_its_head() {
    let bench = bench();
    let answer = |request: Request<Full<Bytes>>| async move {
        request.into_body().collect().await.map(http::Response::new)?;
        Ok::<_, std::convert::Infallible>(http::Response::new(Empty::<Bytes>::new()))
    };
    let service = bench.http().server().layer(tower::service_fn(answer));
    let request = Request::post("/").body(Full::new(Bytes::from_static(b"12345"))).unwrap();
    tower::ServiceExt::oneshot(service, request).await.unwrap();
    assert_eq!(bench.metrics().select(REQUEST_SIZE, &[]).sum(), 5.0);

    let bench = crate::support::bench();
    let answer =
        |_: Request<_>| async { Ok::<_, std::convert::Infallible>(http::Response::new(Empty::<Bytes>::new())) };
    let service = bench.http().server().layer(tower::service_fn(answer));
    let frames =
        futures_util::stream::iter([Ok::<_, std::io::Error>(hyper::body::Frame::data(Bytes::from_static(b"12")))]);
    tower::ServiceExt::oneshot(service, Request::post("/").body(StreamBody::new(frames)).unwrap()).await.unwrap();
    assert_eq!(labels(&bench, DURATION)["media.outcome"], "success");
    assert_eq!(bench.metrics().select(REQUEST_SIZE, &[]).number(), 0.0, "its size is not known");
}
