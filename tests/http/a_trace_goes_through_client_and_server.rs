//! One trace from a client to a server, and what its spans say.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use telecine::catalog::span;
use telecine::http::UrlTemplate;
use telecine::opentelemetry::trace::SpanKind;
use telecine::testing::Span;
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::support::{bench, get as request, labels, serve, until};

const CLIENT: &str = "http.client.request.duration";

#[tokio::test]
async fn a_client_sends_its_context_and_a_server_takes_it() {
    let bench = bench();
    // One thread: what is spawned has the subscriber too.
    let _subscriber = tracing::dispatcher::set_default(&bench.dispatch().unwrap());
    let app = Router::new()
        .route("/videos/{id}", post(|body: Bytes| async move { body }))
        .layer(bench.http().server().api("public"));
    let address = serve(app).await;
    let client = legacy::Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let client = bench.http().client().layer(client);
    let mut request = Request::post(format!("http://user:password@{address}/videos/7?token=abc&quality=720p"))
        .body(Full::new(Bytes::from_static(b"12345")))
        .unwrap();
    request.extensions_mut().insert(UrlTemplate("/videos/{id}"));
    let response = client.oneshot(request).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "12345");

    until(&bench, "http.server.request.duration", &[], 1.0).await;
    let spans = bench.spans();
    let of_kind = |kind| spans.iter().find(|span| span.data().span_kind == kind).unwrap();
    let (client, server) = (of_kind(SpanKind::Client), of_kind(SpanKind::Server));
    assert!(server.is_child_of(client));
    assert_eq!((client.name(), server.name()), ("POST /videos/{id}", "POST /videos/{id}"));
    let port = address.port().to_string();
    is_said(
        server,
        &[
            ("http.request.body.size", "5"),
            ("http.request.method", "POST"),
            ("http.response.body.size", "5"),
            ("http.response.status_code", "200"),
            ("http.route", "/videos/{id}"),
            ("media.outcome", "success"),
            ("network.protocol.version", "1.1"),
            ("server.address", "127.0.0.1"),
            ("server.port", &port),
            ("url.path", "/videos/7"),
            ("url.query", "token=REDACTED&quality=720p"),
            ("url.scheme", "http"),
        ],
    );
    is_said(
        client,
        &[
            ("http.request.body.size", "5"),
            ("http.request.method", "POST"),
            ("http.response.body.size", "5"),
            ("http.response.status_code", "200"),
            ("media.outcome", "success"),
            ("network.protocol.version", "1.1"),
            ("server.address", "127.0.0.1"),
            ("server.port", &port),
            ("url.full", &format!("http://{address}/videos/7?token=REDACTED&quality=720p")),
            ("url.template", "/videos/{id}"),
        ],
    );
    let expected = [
        ("http.request.method", "POST"),
        ("http.response.status_code", "200"),
        ("media.outcome", "success"),
        ("network.protocol.version", "1.1"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
        ("url.template", "/videos/{id}"),
    ];
    let expected: BTreeMap<_, _> =
        expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    for metric in [CLIENT, "http.client.request.body.size", "http.client.response.body.size"] {
        assert_eq!(labels(&bench, metric), expected, "{metric}");
    }
    assert_eq!(bench.metrics().select("http.client.active_requests", &[]).number(), 0.0);
    for instrument in telecine::catalog::http::ALL {
        assert_eq!(bench.metrics().of_instrument(instrument).series().len(), 1, "{}", instrument.name());
    }
}

/// Attributes, without those that the tracing layer adds for threads and the source.
fn said(span: &Span) -> BTreeMap<String, String> {
    let known = span::ALL.iter().flat_map(|span| span.attributes).map(|attribute| attribute.key);
    let known: Vec<_> = known.collect();
    let attributes = span.data().attributes.iter();
    let ours = attributes.filter(|attribute| {
        ["http.", "url.", "media.", "error.", "network.", "server.", "client.", "user_agent.", "rpc."]
            .iter()
            .any(|prefix| attribute.key.as_str().starts_with(prefix))
    });
    ours.map(|attribute| {
        assert!(known.contains(&attribute.key.as_str()), "{} is not in the catalogue", attribute.key);
        (attribute.key.to_string(), attribute.value.to_string())
    })
    .collect()
}

#[track_caller]
fn is_said(span: &Span, wanted: &[(&str, &str)]) {
    let wanted: BTreeMap<_, _> = wanted.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    assert_eq!(said(span), wanted);
}

#[tokio::test]
async fn a_server_span_says_who_asked() {
    let bench = bench();
    let app = Router::new().layer(bench.http().server());
    let mut asked = Request::builder()
        .method("PROPFIND")
        .uri("/x")
        .header("host", "video.example")
        .header("user-agent", "a player")
        .header("x-forwarded-for", "192.0.2.1, 10.0.0.1")
        .body(Body::empty())
        .unwrap();
    asked.extensions_mut().insert(ConnectInfo("10.0.0.2:4711".parse::<SocketAddr>().unwrap()));
    bench.run(app.oneshot(asked)).await.unwrap();
    let span = bench.span("HTTP").unwrap();
    assert_eq!(span.data().parent_span_id, telecine::opentelemetry::trace::SpanId::INVALID);
    let said = said(&span);
    for (key, value) in [
        ("client.address", "192.0.2.1"),
        ("http.request.method", "_OTHER"),
        ("http.request.method_original", "PROPFIND"),
        ("network.peer.address", "10.0.0.2"),
        ("network.peer.port", "4711"),
        ("server.address", "video.example"),
        ("server.port", "80"),
        ("user_agent.original", "a player"),
    ] {
        assert_eq!(said[key], value, "{key}");
    }
    assert!(!said.contains_key("http.route"), "no route matched, and a span may say nothing then");
}

#[tokio::test]
async fn a_handler_runs_in_the_span_and_exemplars_lead_to_it() {
    let bench = bench();
    let app = Router::new().route("/", get(|| async { tracing::info!("within") })).layer(bench.http().server());
    bench.run(app.oneshot(request("/"))).await.unwrap();
    let trace_id = bench.span("GET /").unwrap().data().span_context.trace_id().to_string();
    assert!(bench.log_lines().iter().any(|line| line.contains("within") && line.contains(&trace_id)));
    let scrape = bench.scrape().unwrap();
    let with_exemplar = |metric: &str| scrape.lines().any(|line| line.starts_with(metric) && line.contains(&trace_id));
    assert!(with_exemplar("http_server_request_duration_seconds_bucket"), "{scrape}");
    assert!(with_exemplar("media_http_response_head_duration_seconds_bucket"), "{scrape}");
}

#[tokio::test]
async fn a_refused_connection_and_a_status_are_failures_of_a_client() {
    let bench = bench();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = legacy::Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let client = bench.http().client().layer(client);
    let asked = Request::get(format!("http://{address}/")).body(Empty::new()).unwrap();
    client.oneshot(asked).await.unwrap_err();
    let refused = labels(&bench, CLIENT);
    assert_eq!((refused["error.type"].as_str(), refused["media.outcome"].as_str()), ("network", "failure"));

    for (status, outcome, error) in [(404, "failure", Some("404")), (302, "success", None)] {
        let bench = crate::support::bench();
        let answer = move |_: Request<Body>| async move {
            Ok::<_, std::convert::Infallible>(Response::builder().status(status).body(Body::from("gone")).unwrap())
        };
        // Whoever wants the status alone leaves the body.
        drop(bench.http().client().layer(service_fn(answer)).oneshot(request("http://video.example/")).await.unwrap());
        let labels = labels(&bench, CLIENT);
        assert_eq!((labels["media.outcome"].as_str(), labels.get("error.type").map(String::as_str)), (outcome, error));
    }
}

#[tokio::test]
async fn reqwest_is_a_client_like_any() {
    let bench = bench();
    let app =
        Router::new().route("/", get(|headers: HeaderMap| async move { headers["traceparent"].as_bytes().to_vec() }));
    let address = serve(app).await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let reqwest = reqwest::Client::new();
    let client = bench.http().client().layer(service_fn(move |request: Request<reqwest::Body>| {
        let reqwest = reqwest.clone();
        async move {
            let response = reqwest.execute(request.try_into()?).await?;
            Ok::<_, reqwest::Error>(Response::<reqwest::Body>::from(response))
        }
    }));
    let asked = Request::get(format!("http://{address}/")).body(reqwest::Body::from("")).unwrap();
    let response = bench.run(client.oneshot(asked)).await.unwrap();
    let traceparent = bench.run(response.into_body().collect()).await.unwrap().to_bytes();
    let context = bench.span("GET").unwrap().data().span_context.clone();
    let wanted = format!("00-{}-{}-01", context.trace_id(), context.span_id());
    assert_eq!(traceparent, wanted.as_bytes());
    assert_eq!(labels(&bench, CLIENT)["media.outcome"], "success");
}

#[tokio::test]
async fn context_travels_as_the_operator_says() {
    let nobody = format!("http://127.0.0.1:{}", telecine_parts::free_port().unwrap());
    let environment: telecine::telemetry::Environment = [
        ("OTEL_PROPAGATORS", "b3"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", nobody.as_str()),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "100"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ]
    .into_iter()
    .collect();
    let quiet = telecine::logs::Writer::new(|_| Ok(()));
    let telemetry = telecine::Telemetry::builder().environment(environment).log_writer(quiet).build().unwrap();
    let _subscriber = tracing::dispatcher::set_default(&telemetry.dispatch().unwrap());
    let trace_id = || telecine::operation::Parent::current().trace_id().unwrap();
    let app = Router::new().route("/", get(move || async move { trace_id() })).layer(telemetry.http().server());
    let client = telemetry.http().client().layer(service_fn(move |request: Request<Body>| {
        assert!(request.headers().contains_key("b3") && !request.headers().contains_key("traceparent"));
        app.clone().oneshot(request)
    }));
    let root = tracing::info_span!("root");
    let wanted = telecine::operation::Parent::of(&root).trace_id().unwrap();
    let asked = client.oneshot(request("http://video.example/"));
    let response = tracing::Instrument::instrument(asked, root).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), wanted.as_bytes());
}
