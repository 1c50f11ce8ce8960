use axum::{
    Router,
    extract::{OriginalUri, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HOST, VARY, WWW_AUTHENTICATE,
        },
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{
    Shared,
    profiles::Profiles,
    rounds::{Failure, Wanted},
};
use crate::pull::{
    Format, negotiate,
    page::{self, View},
};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
pub(super) const NO_STORE: (HeaderName, HeaderValue) = (CACHE_CONTROL, HeaderValue::from_static("no-store"));

pub(super) fn router(shared: Shared) -> Router {
    let mut guarded = Router::new().route("/", get(index)).route("/metrics", get(metrics));
    if shared.endpoint.catalog.is_some() {
        guarded = guarded.route("/catalog.json", get(catalog));
    }
    let open = guarded
        .route_layer(middleware::from_fn_with_state(shared.clone(), guard))
        .route("/health", get(health))
        .route("/ready", get(ready));
    Profiles::routes(&shared, open).with_state(shared)
}

async fn metrics(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let wanted = Wanted {
        format: Format::negotiate(&joined(&headers, &ACCEPT)),
        gzip: negotiate::accepts_gzip(&joined(&headers, &ACCEPT_ENCODING)),
    };
    match shared.rounds.scrape(&shared.endpoint.exporter, wanted).await {
        Ok(body) => {
            let content_type = HeaderValue::try_from(&*wanted.format.content_type()).unwrap_or(TEXT);
            let vary = HeaderValue::from_static("accept, accept-encoding");
            let mut response = ([(CONTENT_TYPE, content_type), (VARY, vary), NO_STORE], body).into_response();
            if wanted.gzip {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        }
        Err(Failure { message, over }) => {
            let status = if over { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
            plain(status, format!("{message}\n"))
        }
    }
}

async fn health() -> Response {
    plain(StatusCode::OK, "alive\n".to_owned())
}

async fn ready(State(shared): State<Shared>) -> Response {
    match shared.endpoint.readiness.reason() {
        None => plain(StatusCode::OK, "ready\n".to_owned()),
        Some(reason) => plain(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")),
    }
}

async fn catalog(State(shared): State<Shared>) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, json), NO_STORE], shared.endpoint.catalog.clone().unwrap_or_default()).into_response()
}

async fn index(State(shared): State<Shared>, OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    let endpoint = &shared.endpoint;
    let view = View {
        host: headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost:9464"),
        under: uri.path().trim_end_matches('/'),
        not_ready: endpoint.readiness.reason(),
        has_catalog: endpoint.catalog.is_some(),
        has_profiles: endpoint.profiles.are_served(),
    };
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    ([(CONTENT_TYPE, html), NO_STORE], page::render(endpoint, &view)).into_response()
}

async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if shared.endpoint.token.as_ref().is_some_and(|token| !token.is_in(request.headers())) {
        let mut response = plain(StatusCode::UNAUTHORIZED, "a bearer token is needed\n".to_owned());
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"telecine\""));
        return response;
    }
    next.run(request).await
}

pub(super) fn plain(status: StatusCode, text: String) -> Response {
    (status, [(CONTENT_TYPE, TEXT), NO_STORE], text).into_response()
}

/// A header that may come in several lines.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",")
}
