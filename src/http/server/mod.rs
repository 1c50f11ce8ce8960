//! The layer for servers.

mod route;

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::{MatchedPath, OriginalUri};
use http::{Request, Response, Uri};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::{self, ResponseBody};
use super::exchange::{self, Exchange};
use super::future::ResponseFuture;
use super::key::Key;
use super::meter::{Meter, Settings};
use super::request::{Method, Scheme, Version};
use super::routes::Routes;
use super::table::Name;
use super::{grpc, span};
use crate::catalog::{Attribute, http as definitions};
use crate::operation::AsError;
use route::{RouteTeller, Told};

pub(super) use route::Slot;

/// The path of telecine's own endpoint, which is not measured unless it is asked for.
pub(super) const OWN_PATH: &str = "/metrics";

/// A `tower` layer that measures the requests a server gets, and opens a span for each.
///
/// A request lasts from its arrival to the end of the response's body, or to where the client went away.
/// [`Http`](super::Http) says what is measured.
///
/// It goes into `Router::layer`, where it finds the route that matched; around a whole [`axum::Router`], as
/// its own `layer` method does, where it finds it too; and around any other service, where
/// [`routes`](Self::routes) makes templates of paths. Within another one it measures nothing of its own, and
/// tells that one the route: a request is counted once.
pub struct ServerLayer<Kind> {
    meter: Arc<Meter>,
    kind: PhantomData<fn() -> Kind>,
}

/// A service whose requests are measured. Made by [`ServerLayer`].
pub struct Server<S, Kind> {
    inner: S,
    meter: Arc<Meter>,
    kind: PhantomData<fn() -> Kind>,
}

impl<Kind> ServerLayer<Kind> {
    pub(super) fn new(meter: Meter) -> Self {
        Self { meter: Arc::new(meter), kind: PhantomData }
    }

    /// The API that the requests are of, as the program names it: `admin`, `public`. It is the label
    /// `media.api` of all that this layer measures.
    #[must_use]
    pub fn api(self, name: impl Into<String>) -> Self {
        self.attribute(&definitions::API, name)
    }

    /// A label that all has that this layer measures. The catalogue's definitions know `media.api`: another
    /// one is served where a view keeps its key.
    #[must_use]
    pub fn attribute(mut self, attribute: &'static Attribute, value: impl Into<String>) -> Self {
        self.settings().constants.push((attribute, value.into()));
        self
    }

    /// Paths whose requests are not measured, and open no span; instead of `/metrics` alone.
    #[must_use]
    pub fn skip<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.settings().skip = paths.into_iter().map(Into::into).collect();
        self
    }

    /// Makes templates of the paths that no router has matched.
    #[must_use]
    pub fn routes(mut self, routes: impl Into<Arc<Routes>>) -> Self {
        self.settings().routes = Some(routes.into());
        self
    }

    /// Counts the requests that are under way by route too. The conventions have it without.
    #[must_use]
    pub fn active_by_route(mut self) -> Self {
        self.settings().active_by_route = true;
        self
    }

    /// The connections are TLS's: the scheme is `https` where neither the request nor a proxy says another.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.settings().tls = true;
        self
    }

    /// A router whose every request is measured, those that match no route included, with the route that
    /// matched. It is a router again, so that `axum::serve` takes it.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    ///
    /// # let http = telecine::http::Http::new(&telecine::operation::Instruments::noop());
    /// let router = Router::new().route("/videos/{id}", get(|| async { "a video" }));
    /// let app = http.server().api("public").around(router);
    /// # let _ = app;
    /// ```
    pub fn around(&self, router: axum::Router) -> axum::Router
    where
        std::convert::Infallible: AsError<Kind>,
        Kind: 'static,
    {
        axum::Router::new().fallback_service(self.layer(router))
    }

    fn settings(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.meter).settings_mut()
    }
}

impl<S: 'static, Kind> Layer<S> for ServerLayer<Kind> {
    type Service = Server<S, Kind>;

    fn layer(&self, mut inner: S) -> Self::Service {
        // A router knows the route only within.
        if let Some(router) = (&mut inner as &mut dyn Any).downcast_mut::<axum::Router>() {
            *router = std::mem::take(router).layer(RouteTeller);
        }
        Server { inner, meter: Arc::clone(&self.meter), kind: PhantomData }
    }
}

impl<S, B, R, E, Kind> Service<Request<B>> for Server<S, Kind>
where
    S: Service<Request<B>, Response = Response<R>, Error = E>,
    B: Body + 'static,
    R: Body,
    E: AsError<Kind>,
{
    type Response = Response<ResponseBody<R>>;
    type Error = E;
    type Future = ResponseFuture<S::Future, Kind>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let mut exchange = begin(&self.meter, &mut request);
        let future = match &mut exchange {
            Some(exchange) => exchange.watch(|| self.inner.call(request)),
            None => self.inner.call(request),
        };
        ResponseFuture::new(future, exchange)
    }
}

/// Begins to measure a request, unless it is not to be measured here.
fn begin<B: Body + 'static>(meter: &Arc<Meter>, request: &mut Request<B>) -> Option<Exchange> {
    if cfg!(not(feature = "telemetry")) || route::tell(request.extensions()) {
        return None;
    }
    let settings = meter.settings();
    let uri = asked_for(request);
    if exchange::is_measured(uri) || settings.skip.iter().any(|path| path == uri.path()) {
        return None;
    }
    let place = match request.extensions().get::<MatchedPath>() {
        Some(matched) => meter.place(matched.as_str()),
        None => match settings.routes.as_ref().and_then(|routes| routes.find(uri.path())) {
            Some(route) => meter.place(&route),
            None => Name::NONE,
        },
    };
    let scheme = Scheme::forwarded(request.headers()).or_else(|| Scheme::of_uri(uri));
    let scheme = scheme.unwrap_or(if settings.tls { Scheme::Https } else { Scheme::Http });
    let method = Method::from(request.method());
    let key = Key::new(place, Name::NONE, method, Version::from(request.version()), scheme);
    let span = span::server(request, key, uri, meter);
    let is_grpc = method == Method::Post && grpc::is_grpc(request.headers());
    let path = (place == Name::NONE && (is_grpc || settings.routes.is_some())).then(|| uri.clone());
    let received = body::received(request);
    let mut exchange = Exchange::new(meter, span, key, received);
    if is_grpc {
        exchange.is_grpc();
    }
    if let Some(path) = path {
        exchange.has_path(path);
    }
    if place != Name::NONE {
        exchange.known_by(asked_for(request));
    } else {
        let slot = Arc::new(Slot::new(meter, key));
        exchange.told_by(Arc::clone(&slot));
        request.extensions_mut().insert(Told(slot));
    }
    Some(exchange)
}

/// What the client asked for, where a router has taken a part of it away.
fn asked_for<B>(request: &Request<B>) -> &Uri {
    request.extensions().get::<OriginalUri>().map_or(request.uri(), |original| &original.0)
}

impl<Kind> Clone for ServerLayer<Kind> {
    fn clone(&self) -> Self {
        Self { meter: Arc::clone(&self.meter), kind: PhantomData }
    }
}

impl<Kind> fmt::Debug for ServerLayer<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerLayer").field("settings", self.meter.settings()).finish_non_exhaustive()
    }
}

impl<S: Clone, Kind> Clone for Server<S, Kind> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), meter: Arc::clone(&self.meter), kind: PhantomData }
    }
}

impl<S: fmt::Debug, Kind> fmt::Debug for Server<S, Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("inner", &self.inner).finish_non_exhaustive()
    }
}
