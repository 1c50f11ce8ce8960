//! One request through the same axum router, without a layer and with that of each: what the layer adds.

use std::convert::Infallible;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request, Response, Uri};
use axum::routing::get;
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, Full};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_instrumentation_tower::http::server as instrumentation_tower;
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use telecine::catalog::Catalog;
use telecine::exemplar::{Exemplars, Filter};
use telecine::http::{Http, Routes};
use telecine::operation::Instruments;
use telecine::views::Views;
use tower::layer::util::Identity;
use tower::{Layer as _, Service, ServiceExt as _};

use crate::paired::Table;

/// What is wanted of a request with metrics, in ns, where the cheapest peer takes 1350.
const ASKED: f64 = 250.0 / 1350.0;

pub fn run() {
    in_a_router();
    around_a_service();
    templates();
}

fn router() -> Router {
    Router::new().route("/videos/{id}", get(|| async { "a video" }))
}

fn in_a_router() {
    let mut table =
        Table::new("A GET of an axum router, metrics of duration, sizes and requests under way: what the layer adds")
            .rounds(401, Duration::from_millis(1));
    let baseline =
        table.case("baseline: the router with a layer that does nothing", case(router().layer(Identity::new())));
    table.above(baseline);
    let peers = [
        table
            .case("opentelemetry-instrumentation-tower (duration, sizes, active)", case(router().layer(tower_layer()))),
        table.case("axum-otel-metrics (duration, sizes, active)", case(router().layer(axum_otel_metrics()))),
        table.case("axum-prometheus (duration, count, active)", case(router().layer(axum_prometheus()))),
    ];
    let cases = [
        ("telecine, exemplars off", router().layer(http(Filter::AlwaysOff).server())),
        ("telecine, trace_based, no span", router().layer(http(Filter::TraceBased).server())),
        ("telecine, active by route too", router().layer(http(Filter::AlwaysOff).server().active_by_route())),
        ("telecine, around the router", http(Filter::AlwaysOff).server().around(router())),
    ];
    for (name, app) in cases {
        let own = table.case(name, case(app));
        for peer in peers {
            table.compare(own, peer, Some(ASKED));
        }
    }
    table.print();
}

/// Without axum, which allocates for each layer: what the layer takes by itself.
fn around_a_service() {
    let mut table = Table::new("A GET of a service that answers at once: what the layer adds")
        .rounds(401, Duration::from_millis(1));
    let service = tower::service_fn(|_: Request<Body>| std::future::ready(Ok::<_, Infallible>(answer())));
    let baseline = table.case("baseline: the service alone", service_case(service));
    table.above(baseline);
    let peer = table.case("opentelemetry-instrumentation-tower", service_case(tower_layer().layer(service)));
    for (name, filter) in
        [("telecine, exemplars off", Filter::AlwaysOff), ("telecine, trace_based, no span", Filter::TraceBased)]
    {
        let own = table.case(name, service_case(http(filter).server().layer(service)));
        table.compare(own, peer, Some(ASKED));
    }
    table.print();
}

fn answer() -> Response<Full<Bytes>> {
    Response::new(Full::new(Bytes::from_static(b"a video")))
}

fn service_case<S, B>(mut service: S) -> impl FnMut() + 'static
where
    S: Service<Request<Body>, Response = Response<B>> + 'static,
    B: HttpBody + Unpin,
{
    move || {
        let Some(Ok(response)) = service.call(request()).now_or_never() else {
            panic!("a request that waits, or fails")
        };
        read(response.into_body());
    }
}

fn templates() {
    let mut table = Table::new("A path's template, where there is no router");
    let routes = Routes::builder().route("/videos/{id}/watch").build().unwrap_or_default();
    for path in ["/videos/42/watch", "/hls/550e8400-e29b-41d4-a716-446655440000/1080p/seg-1042.m4s", "/static/app.css"]
    {
        routes.template(path);
    }
    let routes = Arc::new(routes);
    for (name, path) in [
        ("declared", "/videos/4711/watch"),
        ("learned", "/hls/9f8e8400-e29b-41d4-a716-446655440000/720p/seg-1043.m4s"),
        ("not known", "/wp-admin/setup.php"),
    ] {
        let routes = Arc::clone(&routes);
        table.case(name, move || drop(black_box(routes.find(black_box(path)))));
    }
    table.print();
}

/// Asks once, and reads the body to its end.
fn case(router: Router) -> impl FnMut() + 'static {
    let mut app = router.into_service::<Body>();
    assert!(app.ready().now_or_never().is_some());
    move || {
        let Some(Ok(response)) = app.call(request()).now_or_never() else { panic!("a request that waits, or fails") };
        read(response.into_body());
    }
}

fn request() -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static(black_box("/videos/4711"));
    request
}

fn read<B: HttpBody + Unpin>(mut body: B) {
    while let Some(frame) = body.frame().now_or_never().flatten() {
        black_box(frame.is_ok());
    }
}

fn http(filter: Filter) -> Http {
    let views = Arc::new(Views::new(&Catalog::own()));
    let provider = views.add_to(SdkMeterProvider::builder().with_reader(ManualReader::default())).build();
    Http::new(&Instruments::new(Exemplars::new(filter, views).wrap(provider).meter("bench")))
}

fn tower_layer() -> instrumentation_tower::Layer {
    let provider = SdkMeterProvider::builder().with_reader(ManualReader::default()).build();
    // It takes its meter from the global provider.
    opentelemetry::global::set_meter_provider(provider);
    match instrumentation_tower::LayerBuilder::builder().with_tracing(false).build() {
        Ok(layer) => layer,
        Err(error) => panic!("{error:?}"),
    }
}

fn axum_otel_metrics() -> axum_otel_metrics::HttpMetricsLayer {
    use opentelemetry_sdk_0_32::metrics::{ManualReader, SdkMeterProvider};
    let provider = SdkMeterProvider::builder().with_reader(ManualReader::default()).build();
    axum_otel_metrics::HttpMetricsLayerBuilder::new().with_provider(provider).build()
}

fn axum_prometheus() -> axum_prometheus::PrometheusMetricLayer<'static> {
    // It starts a task that tidies up its histograms every few seconds. It is not to run meanwhile.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let Ok(runtime) = runtime else { panic!("no runtime") };
    let _entered = runtime.enter();
    axum_prometheus::PrometheusMetricLayer::pair().0
}
