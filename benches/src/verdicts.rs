//! The same requests through the layer of each: what it measures of them, and whether that is right.

use std::future::{Future as _, pending};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode};
use axum::routing::{get, post};
use futures_util::{FutureExt as _, StreamExt as _};
use http_body_util::BodyExt as _;
use opentelemetry::metrics::MeterProvider as _;
use telecine::catalog::Catalog;
use telecine::exemplar::{Exemplars, Filter};
use telecine::http::Http;
use telecine::operation::Instruments;
use telecine::views::Views;
use tower::ServiceExt as _;

use crate::series::{Series, parsed, sdk, sdk_0_32};

/// How many different paths, methods and hosts a scanner sends.
const HOSTILE: u64 = 1000;
/// The pieces of a body that comes slowly, their size, and the time before each.
const PIECES: u64 = 3;
const PIECE: u64 = 1000;
const PAUSE: Duration = Duration::from_millis(20);

/// A layer under test: a router with it, and what it measured so far.
struct Subject {
    name: &'static str,
    app: Router,
    read: Box<dyn Fn() -> Vec<Series>>,
    metrics: Metrics,
}

/// What a layer calls what it measures, where it does.
#[derive(Clone, Copy)]
struct Metrics {
    duration: &'static str,
    active: &'static str,
    request_size: Option<&'static str>,
    response_size: Option<&'static str>,
}

const CONVENTIONS: Metrics = Metrics {
    duration: "http.server.request.duration",
    active: "http.server.active_requests",
    request_size: Some("http.server.request.body.size"),
    response_size: Some("http.server.response.body.size"),
};

/// What was found: whether it is right, and what it is. `None`: it is not measured.
type Verdict = Option<(bool, String)>;

pub fn run() {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
        panic!("no runtime");
    };
    // A panic of a handler is one of the cases.
    std::panic::set_hook(Box::new(|_| {}));
    runtime.block_on(table());
    drop(std::panic::take_hook());
}

async fn table() {
    let subjects = [telecine(), instrumentation_tower(), axum_otel_metrics(), axum_prometheus()];
    println!("The same requests through an axum router with the layer of each\n");
    println!("| | {} |", subjects.each_ref().map(|subject| subject.name).join(" | "));
    println!("|---|{}", "---|".repeat(subjects.len()));
    let mut rows: Vec<(String, Vec<Verdict>)> = Vec::new();
    for subject in &subjects {
        for (place, (question, verdict)) in subject.verdicts().await.into_iter().enumerate() {
            match rows.get_mut(place) {
                Some((_, verdicts)) => verdicts.push(verdict),
                None => rows.push((question, vec![verdict])),
            }
        }
    }
    for (question, verdicts) in rows {
        let verdicts = verdicts.into_iter().map(|verdict| match verdict {
            Some((true, found)) => found,
            Some((false, found)) => format!("**{found}**"),
            None => "not measured".to_owned(),
        });
        println!("| {question} | {} |", verdicts.collect::<Vec<_>>().join(" | "));
    }
    println!();
}

fn router() -> Router {
    Router::new()
        .route("/videos/{id}", get(|| async { "a video" }))
        .route("/busy", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route("/stream", get(|| async { slowly(PIECES, None) }))
        .route("/broken", get(|| async { slowly(1, Some("a disk that is gone")) }))
        .route("/upload", post(|body: Bytes| async move { body.len().to_string() }))
        .route("/never", get(pending::<()>))
        .route("/panic", get(panics))
}

async fn panics() {
    panic!("as a handler may")
}

/// A body that comes piece by piece and does not say its length, and may end with an error.
fn slowly(pieces: u64, error: Option<&'static str>) -> Body {
    let pieces = (0..pieces).map(|_| Ok(Bytes::from(vec![7; PIECE as usize])));
    let all = pieces.chain(error.map(|error| Err(std::io::Error::other(error))));
    Body::from_stream(futures_util::stream::iter(all.collect::<Vec<_>>()).then(async |piece| {
        tokio::time::sleep(PAUSE).await;
        piece
    }))
}

fn request(path: &str) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    let Ok(uri) = path.parse() else { panic!("{path}") };
    *request.uri_mut() = uri;
    request
}

impl Subject {
    async fn verdicts(&self) -> Vec<(String, Verdict)> {
        let mut verdicts = Vec::new();
        let mut say = |question: &str, verdict: Verdict| verdicts.push((question.to_owned(), verdict));

        let paths = |number| request(&format!("/wp-{number}"));
        say(&format!("series of {HOSTILE} paths that no route matches"), self.few(paths).await);
        let methods = |number| {
            let mut request = request("/videos/1");
            *request.method_mut() = Method::from_bytes(format!("M{number}").as_bytes()).unwrap_or_default();
            request
        };
        say(&format!("series of {HOSTILE} methods that do not exist"), self.few(methods).await);
        let hosts = |number| {
            let mut request = request("/videos/1");
            if let Ok(host) = format!("host{number}.example").parse() {
                request.headers_mut().insert("host", host);
            }
            request
        };
        say(&format!("series of {HOSTILE} `Host` headers"), self.few(hosts).await);

        let before = (self.read)();
        let mut head = request("/videos/1");
        *head.method_mut() = Method::HEAD;
        self.ask(head).await;
        say("bytes sent for a `HEAD`", self.size(&before, self.metrics.response_size, 0));

        let before = (self.read)();
        self.ask(request("/busy")).await;
        say("an answer of 503 is told by `error.type`", Some(self.told_apart(&before)));

        let before = (self.read)();
        let started = Instant::now();
        let Ok(response) = self.app.clone().oneshot(request("/stream")).await;
        let mut body = response.into_body();
        body.frame().await;
        let meanwhile = self.active(&before);
        say("requests under way while a body is sent", Some((meanwhile == 1.0, meanwhile.to_string())));
        while body.frame().await.is_some() {}
        drop(body);
        let took = started.elapsed();
        say(
            "bytes of a body of 3000 that comes in 3 pieces",
            self.size(&before, self.metrics.response_size, PIECES * PIECE),
        );
        let sum: f64 =
            self.new(&before, self.metrics.duration).iter().map(|series| series.sum).fold(0.0, |all, sum| all + sum);
        let share = (100.0 * sum / took.as_secs_f64()).round();
        say(
            "share of the time until the body's end that is in the duration",
            Some((share > 90.0, format!("{share} %"))),
        );

        let before = (self.read)();
        let mut upload = request("/upload");
        *upload.method_mut() = Method::POST;
        *upload.body_mut() = slowly(PIECES, None);
        self.ask(upload).await;
        say(
            "bytes of an upload of 3000 that does not say its length",
            self.size(&before, self.metrics.request_size, PIECES * PIECE),
        );

        let before = (self.read)();
        {
            let mut asked = std::pin::pin!(self.app.clone().oneshot(request("/never")));
            let waits = asked.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending();
            assert!(waits, "it answers");
        }
        self.ended("the client goes away before the head", &before, &mut say);

        let before = (self.read)();
        let Ok(response) = self.app.clone().oneshot(request("/stream")).await;
        let mut body = response.into_body();
        body.frame().await;
        drop(body);
        self.ended("the client goes away after the first of 3 pieces", &before, &mut say);
        say("the same: bytes sent", self.size(&before, self.metrics.response_size, PIECE));

        let before = (self.read)();
        let panicked = AssertUnwindSafe(self.ask(request("/panic"))).catch_unwind().await.is_err();
        assert!(panicked, "it answers");
        self.ended("the handler panics", &before, &mut say);

        let before = (self.read)();
        self.ask(request("/broken")).await;
        self.ended("the body ends with an error", &before, &mut say);
        verdicts
    }

    /// Asks once, and reads the body to its end.
    async fn ask(&self, request: Request<Body>) {
        let Ok(response) = self.app.clone().oneshot(request).await;
        let mut body = response.into_body();
        while let Some(Ok(_)) = body.frame().await {}
    }

    /// How many series of the duration many requests make.
    async fn few(&self, make: impl Fn(u64) -> Request<Body>) -> Verdict {
        let before = (self.read)();
        for number in 0..HOSTILE {
            self.ask(make(number)).await;
        }
        let series = self.new(&before, self.metrics.duration).len();
        Some((series == 1, series.to_string()))
    }

    /// What was said of one request that did not go as it should.
    fn ended(&self, what: &str, before: &[Series], say: &mut impl FnMut(&str, Verdict)) {
        let active = self.active(before);
        say(&format!("{what}: still under way"), Some((active == 0.0, active.to_string())));
        let counted: f64 = self
            .new(before, self.metrics.duration)
            .iter()
            .map(|series| series.count)
            .fold(0.0, |all, count| all + count);
        say("the same: counted", Some((counted == 1.0, counted.to_string())));
        say("the same: told apart from a success", Some(self.told_apart(before)));
    }

    /// Whether a label says that it was no success, and which.
    fn told_apart(&self, before: &[Series]) -> (bool, String) {
        let new = self.new(before, self.metrics.duration);
        let said = |key: &str| new.iter().find_map(|series| series.labels.get(key)).filter(|said| *said != "success");
        match said("error.type").or_else(|| said("media.outcome")) {
            Some(said) => (true, format!("`{said}`")),
            None => (false, "no".to_owned()),
        }
    }

    fn size(&self, before: &[Series], metric: Option<&'static str>, bytes: u64) -> Verdict {
        let new = self.new(before, metric?);
        let (count, sum) = new.iter().fold((0.0, 0.0), |all, series| (all.0 + series.count, all.1 + series.sum));
        Some(match count {
            0.0 => (bytes == 0, "none".to_owned()),
            1.0 => (sum == bytes as f64, sum.to_string()),
            _ => (false, format!("{sum} in {count} values")),
        })
    }

    fn active(&self, before: &[Series]) -> f64 {
        self.new(before, self.metrics.active).iter().map(|series| series.sum).fold(0.0, |all, sum| all + sum)
    }

    /// What came to a metric since then.
    fn new(&self, before: &[Series], metric: &str) -> Vec<Series> {
        let now = (self.read)().into_iter().filter(|series| series.metric == metric);
        let since = now.map(|mut series| {
            let is_same = |other: &&Series| other.metric == series.metric && other.labels == series.labels;
            if let Some(former) = before.iter().find(is_same) {
                series.count -= former.count;
                series.sum -= former.sum;
            }
            series
        });
        since.filter(|series| series.count != 0.0 || series.sum != 0.0).collect()
    }
}

fn telecine() -> Subject {
    let views = Arc::new(Views::new(&Catalog::own()));
    let reader = sdk::Reader::default();
    let provider =
        views.add_to(opentelemetry_sdk::metrics::SdkMeterProvider::builder().with_reader(reader.clone())).build();
    let http =
        Http::new(&Instruments::new(Exemplars::new(Filter::AlwaysOff, views).wrap(provider.clone()).meter("telecine")));
    let app = router().layer(http.server());
    Subject { name: "telecine", app, read: Box::new(move || reader.series_of(&provider)), metrics: CONVENTIONS }
}

fn instrumentation_tower() -> Subject {
    let reader = sdk::Reader::default();
    let provider = opentelemetry_sdk::metrics::SdkMeterProvider::builder().with_reader(reader.clone()).build();
    // It takes its meter from the global provider.
    opentelemetry::global::set_meter_provider(provider.clone());
    let builder = opentelemetry_instrumentation_tower::http::server::LayerBuilder::builder();
    let app = match builder.with_tracing(false).build() {
        Ok(layer) => router().layer(layer),
        Err(error) => panic!("{error:?}"),
    };
    let name = "opentelemetry-instrumentation-tower";
    Subject { name, app, read: Box::new(move || reader.series_of(&provider)), metrics: CONVENTIONS }
}

fn axum_otel_metrics() -> Subject {
    let reader = sdk_0_32::Reader::default();
    let provider = opentelemetry_sdk_0_32::metrics::SdkMeterProvider::builder().with_reader(reader.clone()).build();
    let app = router().layer(axum_otel_metrics::HttpMetricsLayerBuilder::new().with_provider(provider.clone()).build());
    Subject {
        name: "axum-otel-metrics",
        app,
        read: Box::new(move || reader.series_of(&provider)),
        metrics: CONVENTIONS,
    }
}

fn axum_prometheus() -> Subject {
    let (layer, handle) = axum_prometheus::PrometheusMetricLayerBuilder::new()
        .enable_response_body_size(true)
        .with_default_metrics()
        .build_pair();
    let metrics = Metrics {
        duration: "axum_http_requests_duration_seconds",
        active: "axum_http_requests_pending",
        request_size: None,
        response_size: Some("axum_http_response_body_size"),
    };
    let app = router().layer(layer);
    Subject { name: "axum-prometheus", app, read: Box::new(move || parsed(&handle.render())), metrics }
}
