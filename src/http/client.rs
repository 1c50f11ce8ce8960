//! The layer for clients.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::{self, ResponseBody};
use super::exchange::Exchange;
use super::future::ResponseFuture;
use super::key::Key;
use super::meter::Meter;
use super::request::{Method, Scheme, Version};
use super::table::Name;
use super::{grpc, span};
use crate::operation::AsError;

/// A `tower` layer that measures the requests a client makes, opens a span for each, and sends the span's
/// context along.
///
/// A request lasts from its call to the end of the response's body, or to where the body was dropped; to its
/// head where nobody asked for the body.
pub struct ClientLayer<Kind> {
    meter: Arc<Meter>,
    kind: PhantomData<fn() -> Kind>,
}

/// A client whose requests are measured. Made by [`ClientLayer`].
pub struct Client<S, Kind> {
    inner: S,
    meter: Arc<Meter>,
    kind: PhantomData<fn() -> Kind>,
}

/// The template of a request's path, which is a label where it is in the request's extensions: put
/// `UrlTemplate("/videos/{id}")` there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlTemplate(pub &'static str);

impl<Kind> ClientLayer<Kind> {
    pub(super) fn new(meter: Meter) -> Self {
        Self { meter: Arc::new(meter), kind: PhantomData }
    }
}

impl<S, Kind> Layer<S> for ClientLayer<Kind> {
    type Service = Client<S, Kind>;

    fn layer(&self, inner: S) -> Self::Service {
        Client { inner, meter: Arc::clone(&self.meter), kind: PhantomData }
    }
}

impl<S, B, R, E, Kind> Service<Request<B>> for Client<S, Kind>
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

fn begin<B: Body + 'static>(meter: &Arc<Meter>, request: &mut Request<B>) -> Option<Exchange> {
    if cfg!(not(feature = "telemetry")) {
        return None;
    }
    let uri = request.uri();
    let place = uri.authority().map_or(Name::NONE, |authority| meter.place(without_user(authority.as_str())));
    let template = request.extensions().get::<UrlTemplate>();
    let template = template.map_or(Name::NONE, |template| meter.template(template.0));
    let scheme = Scheme::of_uri(uri).unwrap_or(Scheme::Http);
    let method = Method::from(request.method());
    let key = Key::new(place, template, method, Version::from(request.version()), scheme);
    let span = span::client(request, key, meter);
    span::inject(span.as_deref(), meter, request.headers_mut());
    let is_grpc = grpc::is_grpc(request.headers());
    let sent = body::received(request);
    let mut exchange = Exchange::new(meter, span, key, sent);
    if is_grpc {
        exchange.is_grpc();
    }
    Some(exchange)
}

fn without_user(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// Host and port of an authority; the scheme's port where it names none.
pub(super) fn target(authority: &str, scheme: Scheme) -> (String, Option<u16>) {
    let authority = without_user(authority);
    let (host, port) = match authority.rsplit_once(':') {
        // Within brackets it is an address of version 6.
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
        _ => (authority, None),
    };
    let default = match scheme {
        Scheme::Http => 80,
        Scheme::Https => 443,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    (host, port.or(Some(default)))
}

impl<Kind> Clone for ClientLayer<Kind> {
    fn clone(&self) -> Self {
        Self { meter: Arc::clone(&self.meter), kind: PhantomData }
    }
}

impl<Kind> fmt::Debug for ClientLayer<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientLayer").finish_non_exhaustive()
    }
}

impl<S: Clone, Kind> Clone for Client<S, Kind> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), meter: Arc::clone(&self.meter), kind: PhantomData }
    }
}

impl<S: fmt::Debug, Kind> fmt::Debug for Client<S, Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("inner", &self.inner).finish_non_exhaustive()
    }
}
