//! Viewers that leave: before the head, in the middle of the body, with and without reading.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures_util::StreamExt as _;
use telecine::testing::Bench;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{ACTIVE, DURATION, HEAD, RESPONSE_SIZE, bench, serve, until};

const VIEWERS: usize = 10_000;
/// At once: no more than a machine has ports and files for.
const AT_ONCE: usize = 64;

fn live() -> Body {
    // A stream as of a camera: it ends when nobody looks any more.
    let frames = futures_util::stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Some((Ok::<_, std::io::Error>(Bytes::from_static(&[7; 1000])), ()))
    });
    Body::from_stream(futures_util::stream::iter([Ok(Bytes::from_static(b"begin"))]).chain(frames))
}

async fn connect(address: SocketAddr, path: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    // The port is free again at once.
    connection.set_zero_linger().unwrap();
    connection.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_of_them_is_counted_for_ever() {
    let bench = bench();
    let app = Router::new()
        .route("/live", get(|| async { live() }))
        .route("/slow", get(std::future::pending::<()>))
        .layer(bench.http().server());
    let address = serve(app).await;
    futures_util::stream::iter(0..VIEWERS)
        .for_each_concurrent(AT_ONCE, |viewer| async move {
            let path = if viewer % 4 == 0 { "/slow" } else { "/live" };
            let mut connection = connect(address, path).await;
            if viewer % 4 > 0 {
                let mut some = [0; 64];
                assert!(connection.read(&mut some).await.unwrap() > 0);
            }
            if viewer % 4 == 0 {
                // The request has arrived when the next thing that is written is acknowledged, or soon after:
                // one that has not is none.
                tokio::task::yield_now().await;
            }
            drop(connection);
        })
        .await;
    until(&bench, DURATION, &[("http.route", "/live")], (VIEWERS * 3 / 4) as f64).await;
    until(&bench, ACTIVE, &[], 0.0).await;
    let metrics = bench.metrics();
    assert_eq!(
        metrics.select(DURATION, &[]).number(),
        metrics.select(DURATION, &[("media.outcome", "cancelled")]).number()
    );
    assert_eq!(metrics.select(HEAD, &[("http.route", "/live")]).number(), (VIEWERS * 3 / 4) as f64);
    assert_eq!(metrics.select(HEAD, &[("http.route", "/slow")]).number(), 0.0);
    assert!(metrics.select(RESPONSE_SIZE, &[("http.route", "/live")]).sum() >= 5.0 * (VIEWERS * 3 / 4) as f64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_wait_are_counted_until_they_go() {
    let bench = bench();
    let app = Router::new().route("/live/{camera}", get(|| async { live() }));
    let app = bench.http().server().active_by_route().around(app);
    let address = serve(app).await;
    let mut viewers = Vec::new();
    for camera in 0..100 {
        viewers.push(connect(address, &format!("/live/{camera}")).await);
    }
    let route = [("http.route", "/live/{camera}")];
    until(&bench, ACTIVE, &route, 100.0).await;
    assert_eq!(bench.metrics().select(ACTIVE, &[("http.route", "unmatched")]).number(), 0.0);
    drop(viewers);
    until(&bench, ACTIVE, &route, 0.0).await;
    until(&bench, DURATION, &route, 100.0).await;
    cancelled(&bench, 100.0);
}

#[track_caller]
fn cancelled(bench: &Bench, wanted: f64) {
    assert_eq!(bench.metrics().select(DURATION, &[("media.outcome", "cancelled")]).number(), wanted);
}

/// Without a network, so that it is fast: each way of leaving ten thousand times.
#[tokio::test]
async fn ten_thousand_of_each_sort() {
    use futures_util::FutureExt as _;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    let bench = bench();
    let app = Router::new()
        .route("/pieces", get(|| async { crate::support::stream(10, 100) }))
        .route("/slow", get(std::future::pending::<()>))
        .layer(bench.http().server());
    for _ in 0..VIEWERS {
        assert!(app.clone().oneshot(crate::support::get("/slow")).now_or_never().is_none());
        let response = app.clone().oneshot(crate::support::get("/pieces")).await.unwrap();
        response.into_body().frame().await.unwrap().unwrap();
        drop(app.clone().oneshot(crate::support::get("/pieces")).await.unwrap());
    }
    cancelled(&bench, 3.0 * VIEWERS as f64);
    assert_eq!(bench.metrics().select(RESPONSE_SIZE, &[]).sum(), 100.0 * VIEWERS as f64);
    crate::support::nothing_is_active(&bench);
}
