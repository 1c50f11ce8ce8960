//! The endpoint over HTTP.

mod buffers;
#[cfg(feature = "profiling")]
mod profiles;
#[cfg(not(feature = "profiling"))]
#[path = "no_profiles.rs"]
mod profiles;
mod readiness;
mod rounds;
mod routes;
mod server;
mod token;

use std::sync::Arc;

use axum::{Router, body::Bytes};
use opentelemetry::Key;
use opentelemetry_sdk::Resource;

use self::{profiles::Profiles, rounds::Rounds, token::Token};
pub use self::{
    readiness::Readiness,
    server::{Server, serve},
};
use super::{Exporter, Stats};

/// Answers requests.
///
/// | path | answer |
/// |---|---|
/// | `/metrics` | what was measured, in the format that `Accept` asks for, with gzip if `Accept-Encoding` allows it |
/// | `/health` | 200 as long as the endpoint answers |
/// | `/ready` | 200, or 503 and the reason while the program is not [ready](Readiness) |
/// | `/catalog.json` | the instruments and what they mean |
/// | `/` | a page that says what is here |
/// | `/debug/pprof/profile`, `/debug/pprof/heap` | profiles, if they are switched on (feature `profiling`) |
///
/// One scrape collects and encodes at a time, on a thread where it may block. Scrapes that come
/// meanwhile share the next result, if they want the same format; no scrape gets a result that began
/// before it came.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub(super) exporter: Exporter,
    pub(super) service: Service,
    catalog: Option<Bytes>,
    readiness: Readiness,
    token: Option<Token>,
    profiles: Profiles,
}

/// Who is measured.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) version: Option<String>,
}

/// What the routes share.
#[derive(Clone)]
struct Shared {
    endpoint: Arc<Endpoint>,
    rounds: Arc<Rounds>,
}

impl Endpoint {
    /// Serves what an exporter gives. The page at `/` takes `service.name` and `service.version` from the
    /// resource.
    pub fn new(exporter: Exporter, resource: &Resource) -> Self {
        let text =
            |key: &'static str| resource.get(&Key::from_static_str(key)).map(|value| value.as_str().into_owned());
        let service = Service {
            name: text("service.name").unwrap_or_else(|| "unknown_service".to_owned()),
            version: text("service.version"),
        };
        Self {
            exporter,
            service,
            catalog: None,
            readiness: Readiness::default(),
            token: None,
            profiles: Profiles::default(),
        }
    }

    /// What `/catalog.json` answers: the instruments as JSON. Without it there is no such page.
    pub fn catalog(mut self, json: impl Into<Bytes>) -> Self {
        self.catalog = Some(json.into());
        self
    }

    /// The handle by which the program says whether it is ready. Without it, it always is.
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.readiness = readiness;
        self
    }

    /// The bearer token without which `/metrics`, `/catalog.json` and `/` answer 401. Health and
    /// readiness stay open, since they are asked by those who hold no secrets. Empty means none.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Token::new(token.into());
        self
    }

    /// Serves [profiles](crate::system::profiling). Without it there are none.
    #[cfg(feature = "profiling")]
    pub fn profiling(mut self, profiling: crate::system::profiling::Profiling) -> Self {
        self.profiles = Profiles::of(profiling);
        self
    }

    /// What was scraped so far.
    pub fn stats(&self) -> Stats {
        self.exporter.stats()
    }

    /// The routes, for a server of one's own. It answers as long as that server's runtime does;
    /// [`serve`] has a runtime of its own.
    pub fn router(&self) -> Router {
        routes::router(Shared { endpoint: Arc::new(self.clone()), rounds: Arc::default() })
    }
}
