//! The routes, in three parts that are told apart on dashboards: `media.api` is `public`, `worker` or `admin`.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::answer::Refusal;
use crate::app::App;
use crate::{admin, captions, jobs, media, search, videos, worker};

/// What asks whether the program lives is no traffic.
const NOT_MEASURED: [&str; 3] = ["/health", "/ready", "/metrics"];

pub fn router(app: App) -> Router {
    // The layer is inside the router, where it finds the route that matched. What matches none is the public's.
    let measured =
        |api: &str, router: Router<App>| router.layer(app.http.server().api(api).skip(NOT_MEASURED).active_by_route());
    let public = Router::new()
        .merge(jobs::router())
        .merge(videos::router())
        .merge(captions::router())
        .merge(search::router())
        .merge(media::router())
        .route("/health", get(|| async { "alive\n" }))
        .route("/ready", get(ready))
        .fallback(unknown);
    Router::new()
        .merge(measured("public", public))
        .merge(measured("worker", worker::router()))
        .merge(measured("admin", admin::router()))
        .with_state(app)
}

async fn ready(State(app): State<App>) -> Response {
    match app.ready.reason() {
        None => "ready\n".into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason + "\n").into_response(),
    }
}

async fn unknown(uri: Uri) -> Refusal {
    Refusal::NotFound(format!("{:?}", uri.path()))
}
