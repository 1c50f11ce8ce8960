use std::{io::Read, net::TcpListener, time::Duration};

use telecine::pull::{Exporter, Format, Readiness, Server, serve};
use telecine_parts::http;

use crate::fixture::{Fixture, promtool};

struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

async fn ask(server: &Server, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let url = format!("http://{}{path}", server.address());
    let mut request = http().request(method.parse().unwrap(), url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
}

async fn get(server: &Server, path: &str) -> Answer {
    ask(server, "GET", path, &[]).await
}

#[tokio::test]
async fn metrics_come_in_the_format_that_is_asked_for() {
    let fixture = Fixture::new();
    fixture.measure();
    let server = serve(&fixture.endpoint(), "127.0.0.1", 0).unwrap();
    let plain = get(&server, "/metrics").await;
    assert_eq!(plain.status, 200);
    assert_eq!(plain.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(plain.header("vary"), "accept, accept-encoding");
    assert_eq!(plain.header("cache-control"), "no-store");
    assert_eq!(promtool(&plain.text()).unwrap(), "");

    let openmetrics = ask(&server, "GET", "/metrics", &[("accept", "application/openmetrics-text")]).await;
    assert!(openmetrics.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    assert!(openmetrics.text().ends_with("# EOF\n"));

    let protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    let protobuf = ask(&server, "GET", "/metrics", &[("accept", protobuf)]).await;
    assert!(protobuf.header("content-type").starts_with("application/vnd.google.protobuf; proto="));

    let gzip = ask(&server, "GET", "/metrics", &[("accept-encoding", "gzip")]).await;
    assert_eq!(gzip.header("content-encoding"), "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&gzip.body[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, plain.text());

    let head = ask(&server, "HEAD", "/metrics", &[]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), plain.body.len().to_string());
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let fixture = Fixture::new();
    let server = serve(&fixture.endpoint(), "127.0.0.1", 0).unwrap();
    assert_eq!(get(&server, "/nothing").await.status, 404);
    assert_eq!(get(&server, "/catalog.json").await.status, 404, "there is none");
    let post = ask(&server, "POST", "/metrics", &[]).await;
    assert_eq!((post.status, post.header("allow")), (405, "GET,HEAD"));
}

#[tokio::test]
async fn readiness_is_what_the_program_says() {
    let fixture = Fixture::new();
    let readiness = Readiness::default();
    let server = serve(&fixture.endpoint().readiness(readiness.clone()), "127.0.0.1", 0).unwrap();
    assert_eq!(get(&server, "/ready").await.status, 200);
    readiness.not_ready("the store does not answer");
    let ready = get(&server, "/ready").await;
    assert_eq!((ready.status, ready.text().as_str()), (503, "not ready: the store does not answer\n"));
    assert_eq!(get(&server, "/health").await.status, 200);
    assert!(get(&server, "/").await.text().contains("not ready: the store does not answer"));
    readiness.ready();
    assert_eq!(get(&server, "/ready").await.status, 200);
}

#[tokio::test]
async fn the_page_and_the_catalogue_say_what_is_here() {
    let fixture = Fixture::new();
    fixture.measure();
    let server = serve(&fixture.endpoint().catalog(r#"{"instruments":[]}"#), "127.0.0.1", 0).unwrap();
    let catalog = get(&server, "/catalog.json").await;
    assert_eq!((catalog.header("content-type"), &*catalog.text()), ("application/json", r#"{"instruments":[]}"#));

    let page = get(&server, "/").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for part in ["pull-test", "1.2.3", "/metrics", "/catalog.json", "/ready", "there was none yet"] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    assert!(page.text().contains(&server.address().to_string()), "it says where it is");
    assert!(!page.text().contains("<script") && !page.text().contains("http"), "nothing from elsewhere");
    get(&server, "/metrics").await;
    assert!(get(&server, "/").await.text().contains("just now"));
}

#[tokio::test]
async fn a_token_guards_what_was_measured() {
    let fixture = Fixture::new();
    let endpoint = fixture.endpoint().token("secret").catalog("{}");
    assert!(!format!("{endpoint:?}").contains("secret"));
    let server = serve(&endpoint, "127.0.0.1", 0).unwrap();
    for path in ["/metrics", "/", "/catalog.json"] {
        let refused = get(&server, path).await;
        assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer realm=\"telecine\""), "{path}");
        let wrong = ask(&server, "GET", path, &[("authorization", "Bearer wrong")]).await;
        assert_eq!(wrong.status, 401, "{path}");
        let right = ask(&server, "GET", path, &[("authorization", "Bearer secret")]).await;
        assert_eq!(right.status, 200, "{path}");
    }
    for path in ["/health", "/ready"] {
        assert_eq!(get(&server, path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_provider_that_was_shut_down_is_said_to_be() {
    let fixture = Fixture::new();
    let server = serve(&fixture.endpoint(), "127.0.0.1", 0).unwrap();
    fixture.sdk.shutdown().unwrap();
    let answer = get(&server, "/metrics").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("shut down"), "{}", answer.text());
    assert_eq!(fixture.exporter.stats().failures, 1);
    assert_eq!(get(&server, "/health").await.status, 200);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let fixture = Fixture::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for host in ["localhost", "127.0.0.1"] {
        let error = serve(&fixture.endpoint(), host, port).unwrap_err().to_string();
        assert!(error.contains(&format!("{host}:{port}")) && error.contains("in use"), "{error}");
    }
    assert!(serve(&fixture.endpoint(), "no.such.host.invalid", 0).is_err());
}

#[tokio::test]
async fn an_endpoint_that_was_stopped_gives_its_port_back() {
    let fixture = Fixture::new();
    let server = serve(&fixture.endpoint(), "localhost", 0).unwrap();
    let address = server.address();
    assert!(address.ip().is_loopback());
    assert_eq!(get(&server, "/health").await.status, 200);
    server.stop(Duration::from_secs(30)).unwrap();
    let again = serve(&fixture.endpoint(), "127.0.0.1", address.port()).unwrap();
    assert_eq!(again.address(), address);
    drop(again);
    TcpListener::bind(address).unwrap();
}

#[tokio::test]
async fn a_client_that_asks_for_nothing_does_not_hold_up_the_stop() {
    let fixture = Fixture::new();
    let server = serve(&fixture.endpoint(), "localhost", 0).unwrap();
    let _idle = std::net::TcpStream::connect(server.address()).unwrap();
    assert_eq!(get(&server, "/health").await.status, 200);
    let ended = server.stop(Duration::from_millis(200));
    // Whether the connection counts as a request is up to the server; that it ends is not.
    assert!(ended.is_ok() || ended.unwrap_err().to_string().contains("cut off"));
}

#[tokio::test]
async fn the_router_can_be_mounted_elsewhere() {
    use tower::ServiceExt;

    let fixture = Fixture::new();
    fixture.measure();
    let app = axum::Router::new().nest("/telemetry", fixture.endpoint().router());
    let request = axum::http::Request::get("/telemetry/metrics").body(axum::body::Body::empty()).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert_eq!(body, fixture.exporter.scrape(Format::TEXT).unwrap());

    let request = axum::http::Request::get("/telemetry").body(axum::body::Body::empty()).unwrap();
    let page = app.oneshot(request).await.unwrap().into_body();
    let page = axum::body::to_bytes(page, usize::MAX).await.unwrap();
    let page = String::from_utf8_lossy(&page);
    assert!(
        page.contains("href=\"/telemetry/metrics\"") && page.contains("metrics_path: /telemetry/metrics"),
        "{page}"
    );
}

#[test]
fn a_reader_without_a_provider_is_an_error() {
    use telecine::{
        exemplar::Exemplars,
        pull::{Options, Reader},
    };

    let exporter = Exporter::new(Reader::new(), Exemplars::off(), Options::default());
    let error = exporter.scrape(Format::TEXT).unwrap_err().to_string();
    assert!(error.starts_with("the meter provider cannot be read"), "{error}");
}
