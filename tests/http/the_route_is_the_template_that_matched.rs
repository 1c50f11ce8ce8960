//! Where the route comes from.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::middleware::{Next, from_fn};
use axum::routing::{any_service, get};
use http::{Request, Response, StatusCode};
use telecine::http::Routes;
use telecine::testing::Bench;
use tower::{Layer as _, ServiceBuilder, service_fn};

use crate::support::{ACTIVE, DURATION, ask, bench, get as request, labels, nothing_is_active};

fn router() -> Router {
    let api = Router::new().route("/videos/{id}", get(|| async {})).route("/", get(|| async {}));
    Router::new().route("/live", get(|| async {})).nest("/api", api)
}

#[track_caller]
fn routed(bench: &Bench, route: &str) {
    assert_eq!(labels(bench, DURATION)["http.route"], route);
    assert_eq!(bench.metrics().select(DURATION, &[]).number(), 1.0, "it is counted once");
    nothing_is_active(bench);
}

const PATHS: &[(&str, &str)] = &[
    ("/live", "/live"),
    ("/api/videos/7", "/api/videos/{id}"),
    ("/api", "/api"),
    ("/api/nothing", "unmatched"),
    ("/7", "unmatched"),
];

#[tokio::test]
async fn in_a_router_and_around_one() {
    for (path, route) in PATHS {
        let bench = bench();
        ask(router().layer(bench.http().server()), request(path)).await;
        routed(&bench, route);

        let bench = crate::support::bench();
        ask(bench.http().server().layer(router()), request(path)).await;
        routed(&bench, route);

        let bench = crate::support::bench();
        ask(bench.http().server().around(router()), request(path)).await;
        routed(&bench, route);

        let bench = crate::support::bench();
        ask(ServiceBuilder::new().layer(bench.http().server()).service(router()), request(path)).await;
        routed(&bench, route);
    }
}

#[tokio::test]
async fn a_layer_within_another_one_only_tells_the_route() {
    for (path, route) in PATHS {
        let bench = bench();
        let layer = bench.http().server().active_by_route();
        let inner = router().layer(layer.clone()).layer(bench.http().server().api("other"));
        // What stands between hides the router.
        let between = tower::util::MapRequestLayer::new(|request: Request<Body>| request);
        ask(ServiceBuilder::new().layer(layer).layer(between).service(inner), request(path)).await;
        routed(&bench, route);
        assert!(!labels(&bench, DURATION).contains_key("media.api"));
        let metrics = bench.metrics();
        assert!(metrics.select(ACTIVE, &[]).series().iter().all(|series| series.value.number() == 0.0));
    }
}

#[tokio::test]
async fn layers_of_routers_that_are_nested_count_a_request_once() {
    for path in ["/api/videos/7", "/api"] {
        let bench = bench();
        let api = Router::new().route("/videos/{id}", get(|| async {})).route("/", get(|| async {}));
        let app = Router::new().nest("/api", api.layer(bench.http().server())).layer(bench.http().server());
        ask(app, request(path)).await;
        routed(&bench, if path == "/api" { "/api" } else { "/api/videos/{id}" });
    }
}

#[tokio::test]
async fn a_request_that_a_handler_makes_in_the_process_is_one_of_its_own() {
    let bench = bench();
    let other = Router::new().route("/other/{id}", get(|| async {})).layer(bench.http().server());
    let app = Router::new()
        .route("/{id}", get(move || async move { ask(other, request("/other/1")).await.1 }))
        .layer(bench.http().server());
    ask(app, request("/1")).await;
    let metrics = bench.metrics();
    for route in ["/{id}", "/other/{id}"] {
        assert_eq!(metrics.select(DURATION, &[("http.route", route)]).number(), 1.0, "{route}");
    }
    nothing_is_active(&bench);
}

#[tokio::test]
async fn middleware_of_axum_stands_beside_it() {
    async fn pass(request: axum::extract::Request, next: Next) -> axum::response::Response {
        next.run(request).await
    }
    let bench = bench();
    let app = router().layer(ServiceBuilder::new().layer(bench.http().server()).layer(from_fn(pass)));
    ask(app, request("/api/videos/7")).await;
    routed(&bench, "/api/videos/{id}");
}

#[tokio::test]
async fn a_service_without_a_router_has_templates() {
    for (path, status, route) in [
        ("/hls/7/1080p/seg-1.m4s", 200, "/hls/{id}/{rendition}/{segment}"),
        ("/hls/7/1080p/seg-1.m4s", 404, "unmatched"),
        ("/hls/7/1080p/seg-1.m4s", 500, "/hls/{id}/{rendition}/{segment}"),
        ("/hls/7/1080p/seg-1.m4s", 503, "unmatched"),
        ("/videos/anything", 404, "/videos/{id}"),
        ("/.env", 200, "unmatched"),
    ] {
        let bench = bench();
        let routes = Routes::builder().route("/videos/{id}").build().unwrap();
        let answer = move |_: Request<Body>| async move {
            Ok::<_, Infallible>(Response::builder().status(status).body(Body::empty()).unwrap())
        };
        ask(bench.http().server().routes(routes).layer(service_fn(answer)), request(path)).await;
        routed(&bench, route);
    }
}

#[tokio::test]
async fn files_beneath_a_router_have_templates_too() {
    let bench = bench();
    let files = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let app = Router::new().nest_service("/hls", any_service(files));
    ask(app.layer(bench.http().server().routes(Routes::default())), request("/hls/7/init.mp4")).await;
    routed(&bench, "/hls/{id}/{init}");
}

#[tokio::test]
async fn what_was_learned_is_known_before_there_is_a_response() {
    let bench = bench();
    let answer = |request: Request<Body>| async move {
        let status = if request.uri().path().ends_with("/404") { StatusCode::NOT_FOUND } else { StatusCode::OK };
        Ok::<_, Infallible>(Response::builder().status(status).body(Body::empty()).unwrap())
    };
    let service = bench.http().server().routes(Routes::default()).layer(service_fn(answer));
    for path in ["/videos/404", "/videos/1", "/videos/404"] {
        ask(service.clone(), request(path)).await;
    }
    let metrics = bench.metrics();
    let count = |route, status| {
        metrics.select(DURATION, &[("http.route", route), ("http.response.status_code", status)]).number()
    };
    assert_eq!(
        (count("unmatched", "404"), count("/videos/{id}", "200"), count("/videos/{id}", "404")),
        (1.0, 1.0, 1.0)
    );
}

#[tokio::test]
async fn more_routes_than_the_budget_are_one_value() {
    let bench = bench();
    let app = (0..700).fold(Router::new(), |app, route| app.route(&format!("/route-{route}"), get(|| async {})));
    let app = app.layer(bench.http().server());
    for route in 0..700 {
        ask(app.clone(), request(&format!("/route-{route}"))).await;
    }
    let metrics = bench.metrics();
    assert_eq!(metrics.select(DURATION, &[]).number(), 700.0);
    assert!(metrics.select(DURATION, &[]).series().len() <= 401);
    assert!(metrics.select(DURATION, &[("http.route", "other")]).number() >= 300.0);
}
