//! Whatever clients say, the series stay few.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::Ready;
use std::ops::Range;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures_util::FutureExt as _;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use telecine::http::Routes;
use telecine::testing::Bench;
use tower::{Layer as _, Service, service_fn};
use tracing::subscriber::NoSubscriber;

use crate::support::{ACTIVE, DURATION, HEAD, RESPONSE_SIZE, bench, nothing_is_active};

const REQUESTS: u64 = 1_000_000;

/// The n-th of requests as scanners make them: another path, another host, another method.
fn hostile(number: u64) -> Request<Body> {
    let random = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let path = match random >> 61 {
        0 => format!("/{random:x}/{number}"),
        1 => format!("/wp-admin/{number}.php?x={random}"),
        2 => format!("/.git/objects/{:x}", random >> 8),
        3 => format!("/videos/{random:016x}/{number}.ts"),
        4 => format!("/{}/admin", number % 1000),
        5 => format!("/api/v{}/users/{number}", number % 5000),
        6 => format!("/word{}", (0..4).map(|at| (b'a' + (random >> (at * 4) & 15) as u8) as char).collect::<String>()),
        _ => format!("/%2e%2e/%2e%2e/{random}"),
    };
    let method = match number % 4 {
        0 => Method::GET,
        1 => Method::POST,
        2 => Method::HEAD,
        _ => Method::from_bytes(format!("M{number}").as_bytes()).unwrap(),
    };
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse::<Uri>().unwrap();
    let host = HeaderValue::try_from(format!("host{number}.example")).unwrap();
    request.headers_mut().insert("host", host);
    let scheme = HeaderValue::try_from(format!("scheme{}", number % 100)).unwrap();
    request.headers_mut().insert("x-forwarded-proto", scheme);
    request
}

/// Sends requests to a service that never has to wait, and leaves the bodies. Nobody records spans meanwhile.
fn ask<S, B>(service: &mut S, numbers: Range<u64>)
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    tracing::subscriber::with_default(NoSubscriber::default(), || {
        numbers.for_each(|number| drop(service.call(hostile(number)).now_or_never().unwrap()));
    });
}

/// Sends all of them, from two clients at once.
fn ask_at_once<S, B>(mut service: S)
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send,
{
    let mut other = service.clone();
    std::thread::scope(|scope| {
        scope.spawn(|| ask(&mut other, 0..REQUESTS / 2));
        scope.spawn(|| ask(&mut service, REQUESTS / 2..REQUESTS));
    });
}

#[track_caller]
fn values(bench: &Bench, metric: &str, key: &str) -> BTreeSet<String> {
    let metrics = bench.metrics();
    let selection = metrics.select(metric, &[]);
    selection.series().iter().filter_map(|series| series.label(key).map(str::to_owned)).collect()
}

#[track_caller]
fn no_label_is_of_a_client(bench: &Bench) {
    let metrics = bench.metrics();
    for metric in [DURATION, HEAD, RESPONSE_SIZE, ACTIVE] {
        let selection = metrics.select(metric, &[]);
        assert!(selection.series().len() <= 40, "{metric}: {}", selection.series().len());
        for series in selection.series() {
            for value in series.labels.values() {
                assert!(!value.contains("example") && !value.contains("wp-") && !value.starts_with('M'), "{series}");
            }
        }
    }
    assert_eq!(metrics.select(DURATION, &[]).number(), REQUESTS as f64);
    nothing_is_active(bench);
}

#[test]
fn without_a_router() {
    let bench = bench();
    let answer = |_: Request<Body>| -> Ready<Result<Response<Body>, Infallible>> {
        std::future::ready(Ok(Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap()))
    };
    let routes = Routes::builder().route("/videos/{id}").build().unwrap();
    ask_at_once(bench.http().server().routes(routes).active_by_route().layer(service_fn(answer)));
    no_label_is_of_a_client(&bench);
    assert_eq!(values(&bench, DURATION, "http.route"), ["unmatched".to_owned()].into());
    let methods: BTreeSet<_> = ["GET", "HEAD", "POST", "_OTHER"].map(str::to_owned).into();
    assert_eq!(values(&bench, DURATION, "http.request.method"), methods);
}

#[test]
fn with_a_router_that_knows_some() {
    let bench = bench();
    let router = Router::new().route("/videos/{id}/{segment}", get(|| async {})).route("/{id}/admin", get(|| async {}));
    ask_at_once(bench.http().server().layer(router));
    no_label_is_of_a_client(&bench);
    let routes: BTreeSet<_> = ["/videos/{id}/{segment}", "/{id}/admin", "unmatched"].map(str::to_owned).into();
    assert_eq!(values(&bench, DURATION, "http.route"), routes);
    let refused: u64 = bench.instruments().refused_labels().iter().map(|(_, count)| count).sum();
    assert_eq!(refused, 0, "what is hostile is folded before it is a label");
}
