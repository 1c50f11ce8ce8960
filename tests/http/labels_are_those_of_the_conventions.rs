//! A table: what was asked, and which labels came of it.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::routing::{any, get};
use axum::{Router, response::IntoResponse};
use http::{Method, Request, StatusCode, Version};
use telecine::catalog::{attribute, http as definitions};

use crate::support::{ACTIVE, DURATION, HEAD, REQUEST_SIZE, RESPONSE_SIZE, ask, bench, end, labels};

struct Case {
    method: &'static str,
    url: &'static str,
    version: Version,
    headers: &'static [(&'static str, &'static str)],
    labels: &'static [(&'static str, &'static str)],
}

const GET: Case = Case { method: "GET", url: "/videos/7", version: Version::HTTP_11, headers: &[], labels: &[] };

const CASES: &[Case] = &[
    Case { labels: &[], ..GET },
    Case {
        method: "PROPFIND",
        labels: &[
            ("http.request.method", "_OTHER"),
            ("http.response.status_code", "405"),
            ("http.route", "/videos/{id}"),
        ],
        ..GET
    },
    Case { method: "get", labels: &[("http.request.method", "_OTHER"), ("http.response.status_code", "405")], ..GET },
    Case { method: "HEAD", labels: &[("http.request.method", "HEAD")], ..GET },
    Case { url: "/nowhere", labels: &[("http.route", "unmatched"), ("http.response.status_code", "404")], ..GET },
    Case {
        url: "/fails",
        labels: &[
            ("http.route", "/fails"),
            ("http.response.status_code", "503"),
            ("error.type", "503"),
            ("media.outcome", "failure"),
        ],
        ..GET
    },
    Case {
        url: "https://video.example/videos/7",
        version: Version::HTTP_2,
        labels: &[("url.scheme", "https"), ("network.protocol.version", "2")],
        ..GET
    },
    Case { headers: &[("x-forwarded-proto", "https, http")], labels: &[("url.scheme", "https")], ..GET },
    Case {
        headers: &[("forwarded", "for=192.0.2.1;Proto=\"https\";by=proxy, proto=http")],
        labels: &[("url.scheme", "https")],
        ..GET
    },
    Case { headers: &[("x-forwarded-proto", "gopher")], labels: &[], ..GET },
    Case { version: Version::HTTP_10, labels: &[("network.protocol.version", "1.0")], ..GET },
    Case { version: Version::HTTP_3, labels: &[("network.protocol.version", "3")], ..GET },
];

const USUAL: &[(&str, &str)] = &[
    ("http.request.method", "GET"),
    ("http.response.status_code", "200"),
    ("http.route", "/videos/{id}"),
    ("media.api", "public"),
    ("media.outcome", "success"),
    ("network.protocol.version", "1.1"),
    ("url.scheme", "http"),
];

fn expected(case: &Case) -> BTreeMap<String, String> {
    USUAL.iter().chain(case.labels).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn without(mut labels: BTreeMap<String, String>, keys: &[&str]) -> BTreeMap<String, String> {
    labels.retain(|key, _| !keys.contains(&key.as_str()));
    labels
}

#[tokio::test]
async fn each_request_has_the_labels_of_the_conventions() {
    for case in CASES {
        let bench = bench();
        let app = Router::new()
            .route("/videos/{id}", get(|| async { "a video" }))
            .route("/fails", any(|| async { StatusCode::SERVICE_UNAVAILABLE.into_response() }))
            .layer(bench.http().server().api("public"));
        let mut request = Request::builder().method(case.method).uri(case.url).version(case.version);
        for (name, value) in case.headers {
            request = request.header(*name, *value);
        }
        ask(app, request.body(Body::empty()).unwrap()).await;
        let expected = expected(case);
        let said = format!("{} {}", case.method, case.url);
        for metric in [DURATION, REQUEST_SIZE, RESPONSE_SIZE] {
            assert_eq!(labels(&bench, metric), expected, "{metric} of {said}");
        }
        assert_eq!(labels(&bench, HEAD), without(expected.clone(), &["error.type", "media.outcome"]), "{said}");
        let under_way =
            ["error.type", "http.response.status_code", "http.route", "media.outcome", "network.protocol.version"];
        assert_eq!(labels(&bench, ACTIVE), without(expected, &under_way), "{said}");
    }
}

#[tokio::test]
async fn every_known_method_is_itself_and_no_other() {
    for method in ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE", "BREW"] {
        let bench = bench();
        let app = Router::new().fallback(|| async {}).layer(bench.http().server());
        let request = Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
        ask(app, request).await;
        let expected = if method == "BREW" { "_OTHER" } else { method };
        assert_eq!(labels(&bench, DURATION)["http.request.method"], expected);
    }
    assert_eq!(Method::from_bytes(b"QUERY").unwrap().as_str(), "QUERY");
}

#[tokio::test]
async fn the_status_code_is_a_number_on_the_wire() {
    use telecine::opentelemetry::Value;
    let bench = bench();
    let labels = bench.instruments().labels().set(&definitions::STATUS_CODE, "200").set(&attribute::SERVER_PORT, "x");
    let values: Vec<_> = labels.as_slice().iter().map(|label| label.value.clone()).collect();
    assert_eq!(values, [Value::I64(200), Value::String("other".into())]);
}

#[tokio::test]
async fn a_status_from_500_on_is_the_reason_and_one_below_is_none() {
    for (status, outcome, error) in [
        (200, "success", None),
        (404, "success", None),
        (499, "success", None),
        (500, "failure", Some("500")),
        (599, "failure", Some("599")),
    ] {
        let bench = bench();
        let answer = move || async move { StatusCode::from_u16(status).unwrap() };
        let app = Router::new().route("/", get(answer)).layer(bench.http().server());
        ask(app, crate::support::get("/")).await;
        assert_eq!(end(&bench), (outcome.to_owned(), error.map(str::to_owned)), "{status}");
    }
}

#[tokio::test]
async fn what_is_to_be_skipped_is_not_measured() {
    let bench = bench();
    let app = Router::new()
        .route("/metrics", get(|| async {}))
        .route("/health", get(|| async {}))
        .layer(bench.http().server());
    bench.run(ask(app.clone(), crate::support::get("/metrics"))).await;
    assert!(bench.metrics().select(DURATION, &[]).series().is_empty() && bench.spans().is_empty());
    bench.run(ask(app, crate::support::get("/health"))).await;
    assert_eq!(labels(&bench, DURATION)["http.route"], "/health");

    let bench = crate::support::bench();
    let app = Router::new().route("/health", get(|| async {})).layer(bench.http().server().skip(["/health"]));
    ask(app, crate::support::get("/health")).await;
    assert!(bench.metrics().select(DURATION, &[]).series().is_empty());
}
