//! Profiles are off until they are switched on, and then for those who may.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use telecine::Telemetry;
use telecine::system::profiling::Profiling;
use telecine_parts::DEADLINE;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::support::{builder, get, profiling, turn};

const PATHS: [&str; 2] = ["/debug/pprof/profile", "/debug/pprof/heap"];

#[tokio::test]
async fn off_is_not_there() {
    let telemetry = builder().bearer_token("secret").build().unwrap();
    for path in PATHS {
        assert_eq!(get(&telemetry, path).await.0, 404, "{path}");
    }
    telemetry.shutdown(DEADLINE).await.unwrap();
}

/// What a request of a peer gets. Without a heap to tell of, 501 is the answer to those who may ask.
async fn ask(router: &Router, peer: Option<&str>, headers: &[(&str, &str)]) -> StatusCode {
    let mut request = Request::get("/debug/pprof/heap");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    if let Some(peer) = peer {
        request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
    }
    router.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn a_token_or_this_machine() {
    let telemetry = builder().without_listener().bearer_token("secret").profiling(Profiling::new()).build().unwrap();
    let router = telemetry.exits().prometheus().unwrap().router();
    let (token, wrong) = ([("authorization", "Bearer secret")], [("authorization", "Bearer guess")]);
    let allowed = StatusCode::NOT_IMPLEMENTED;
    for (peer, headers, expected) in [
        (Some("127.0.0.1:5"), &[][..], allowed),
        (Some("[::1]:5"), &[], allowed),
        (Some("[::ffff:127.0.0.1]:5"), &[], allowed),
        (Some("192.0.2.7:5"), &[], StatusCode::FORBIDDEN),
        (Some("[::ffff:192.0.2.7]:5"), &[], StatusCode::FORBIDDEN),
        (Some("192.0.2.7:5"), &wrong, StatusCode::FORBIDDEN),
        (Some("192.0.2.7:5"), &token, allowed),
        // A server of the program's own that does not say who asks.
        (None, &[], StatusCode::FORBIDDEN),
        (None, &token, allowed),
        // A proxy on this machine: those it asks for are elsewhere.
        (Some("127.0.0.1:5"), &[("x-forwarded-for", "192.0.2.7")], StatusCode::FORBIDDEN),
        (Some("127.0.0.1:5"), &[("forwarded", "for=192.0.2.7")], StatusCode::FORBIDDEN),
        (Some("127.0.0.1:5"), &[("x-forwarded-for", "192.0.2.7"), token[0]], allowed),
    ] {
        assert_eq!(ask(&router, peer, headers).await, expected, "{peer:?} {headers:?}");
    }
    telemetry.shutdown(DEADLINE).await.unwrap();

    let telemetry = builder().without_listener().profiling(Profiling::new()).build().unwrap();
    let router = telemetry.exits().prometheus().unwrap().router();
    assert_eq!(ask(&router, Some("192.0.2.7:5"), &[("authorization", "Bearer ")]).await, StatusCode::FORBIDDEN);
    assert_eq!(ask(&router, Some("127.0.0.1:5"), &[]).await, allowed);
    telemetry.shutdown(DEADLINE).await.unwrap();
}

#[tokio::test]
async fn no_longer_than_the_limit() {
    let telemetry = builder().profiling(Profiling::new().limit(Duration::from_secs(5))).build().unwrap();
    for query in ["seconds=6", "seconds=0", "seconds=x"] {
        let (status, text) = get(&telemetry, &format!("/debug/pprof/profile?{query}")).await;
        assert_eq!((status, text.as_slice()), (400, &b"`seconds` is a whole number from 1 to 5\n"[..]), "{query}");
    }
    telemetry.shutdown(DEADLINE).await.unwrap();
}

/// Begins a profile that lasts, and waits until another is refused.
async fn begin(telemetry: &Telemetry) -> JoinHandle<reqwest::Result<reqwest::Response>> {
    let address = telemetry.exits().prometheus_address().unwrap();
    let url = format!("http://{address}/debug/pprof/profile?seconds=300");
    loop {
        let long = tokio::spawn(telecine_parts::http().get(&url).send());
        while !long.is_finished() {
            let (status, text) = get(telemetry, "/debug/pprof/profile?seconds=1").await;
            if status == 409 && !long.is_finished() {
                assert_eq!(text, b"a profile is being taken already\n");
                return long;
            }
        }
        // It came while the other was being taken.
        assert_eq!(long.await.unwrap().unwrap().status(), 409);
    }
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_profile() {
    let _turn = turn().await;
    let telemetry = builder().profiling(profiling()).build().unwrap();
    let long = begin(&telemetry).await;
    assert_eq!(get(&telemetry, "/metrics").await.0, 200, "metrics are served meanwhile");
    long.abort();
    let begun = Instant::now();
    while get(&telemetry, "/debug/pprof/profile?seconds=1").await.0 != 200 {
        assert!(begun.elapsed() < DEADLINE, "it is still being taken");
    }
    telemetry.shutdown(DEADLINE).await.unwrap();
}

#[tokio::test]
async fn a_profile_does_not_hold_up_the_end() {
    let _turn = turn().await;
    let telemetry = builder().profiling(profiling()).build().unwrap();
    let long = begin(&telemetry).await;
    telemetry.shutdown(DEADLINE).await.unwrap();
    assert_eq!(long.await.unwrap().unwrap().status(), 503);
}
