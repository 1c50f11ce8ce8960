//! Profiles, for those who may take them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{
    Router,
    extract::{ConnectInfo, RawQuery, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE, FORWARDED},
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::sync::watch;

use super::{Shared, routes};
use crate::system::profiling::{CpuProfile, DEFAULT_DURATION, Error, Profiling};

/// What profiles are served, if any, and whether the server ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Profiles {
    profiling: Option<Profiling>,
    ending: Arc<watch::Sender<bool>>,
}

impl Profiles {
    pub(super) fn of(profiling: Profiling) -> Self {
        Self { profiling: Some(profiling), ending: Arc::default() }
    }

    /// The same, of a server that begins.
    pub(super) fn renewed(&self) -> Self {
        Self { profiling: self.profiling.clone(), ending: Arc::default() }
    }

    pub(super) fn are_served(&self) -> bool {
        self.profiling.is_some()
    }

    /// Gives up what is being taken: a server that ends does not wait for it.
    pub(super) fn end(&self) {
        self.ending.send_replace(true);
    }

    pub(super) fn routes(shared: &Shared, router: Router<Shared>) -> Router<Shared> {
        if !shared.endpoint.profiles.are_served() {
            return router;
        }
        let routes = Router::new()
            .route("/debug/pprof/profile", get(profile))
            .route("/debug/pprof/heap", get(heap))
            .route_layer(middleware::from_fn_with_state(shared.clone(), guard));
        router.merge(routes)
    }
}

/// Headers of a proxy: whoever asks is not on this machine because the proxy is.
const FORWARDED_FOR: [HeaderName; 3] =
    [FORWARDED, HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip")];

async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let shows_token = shared.endpoint.token.as_ref().is_some_and(|token| token.is_in(headers));
    // Without the extension, it is a server of the program's own that does not say who asks.
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
    let is_local =
        peer.is_some_and(|peer| peer.is_loopback()) && !FORWARDED_FOR.iter().any(|name| headers.contains_key(name));
    if shows_token || is_local {
        return next.run(request).await;
    }
    let text = "profiles are for those who show the endpoint's bearer token, or ask from this machine\n";
    routes::plain(StatusCode::FORBIDDEN, text.to_owned())
}

async fn profile(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Response {
    let Some(profiling) = &shared.endpoint.profiles.profiling else { return StatusCode::NOT_FOUND.into_response() };
    let duration = match seconds(query.as_deref().unwrap_or_default(), profiling.longest()) {
        Ok(duration) => duration,
        Err(text) => return routes::plain(StatusCode::BAD_REQUEST, text),
    };
    let mut ending = shared.endpoint.profiles.ending.subscribe();
    let running = match blocking(CpuProfile::start).await {
        Ok(running) => running,
        Err(refused) => return refused,
    };
    // If the client goes away meanwhile, this is dropped, and the profile with it.
    tokio::select! {
        () = tokio::time::sleep(duration) => {}
        Ok(_) = ending.wait_for(|ending| *ending) => {
            return routes::plain(StatusCode::SERVICE_UNAVAILABLE, "the endpoint is stopping\n".to_owned());
        }
    }
    match blocking(move || running.finish()).await {
        Ok(body) => attachment("profile", body),
        Err(failed) => failed,
    }
}

async fn heap(State(shared): State<Shared>) -> Response {
    let Some(profiling) = shared.endpoint.profiles.profiling.clone() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match blocking(move || profiling.take_heap()).await {
        Ok(body) => attachment("heap", body),
        Err(failed) => failed,
    }
}

/// The duration that a query asks for.
fn seconds(query: &str, longest: Duration) -> Result<Duration, String> {
    let asked = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == "seconds");
    let Some((_, asked)) = asked else { return Ok(DEFAULT_DURATION.min(longest)) };
    match asked.parse().map(Duration::from_secs) {
        Ok(duration) if !duration.is_zero() && duration <= longest => Ok(duration),
        _ => Err(format!("`seconds` is a whole number from 1 to {}\n", longest.as_secs())),
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Response> {
    let result = tokio::task::spawn_blocking(work).await;
    let error = match result {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => error,
        Err(panic) => Error::Failed(panic.into()),
    };
    let status = match error {
        Error::Busy => StatusCode::CONFLICT,
        Error::NoHeap | Error::Unsupported => StatusCode::NOT_IMPLEMENTED,
        Error::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let text = match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}\n"),
        None => format!("{error}\n"),
    };
    Err(routes::plain(status, text))
}

fn attachment(name: &str, body: Vec<u8>) -> Response {
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}.pb.gz\""));
    let mut headers =
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")), routes::NO_STORE]);
    headers.extend(disposition.ok().map(|disposition| (CONTENT_DISPOSITION, disposition)));
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_whole_seconds_within_the_limit() {
        let longest = Duration::from_secs(60);
        for (query, expected) in [
            ("", Some(30)),
            ("seconds=5", Some(5)),
            ("debug=1&seconds=60", Some(60)),
            ("seconds=61", None),
            ("seconds=0", None),
            ("seconds=-1", None),
            ("seconds=", None),
            ("seconds=18446744073709551616", None),
        ] {
            assert_eq!(seconds(query, longest).ok(), expected.map(Duration::from_secs), "{query}");
        }
        assert_eq!(seconds("", Duration::from_secs(10)), Ok(Duration::from_secs(10)));
    }
}
