//! How a router within tells the route that it matched.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::task::{Context, Poll};

use axum::extract::MatchedPath;
use http::{Extensions, Request};
use tower_layer::Layer;
use tower_service::Service;

use crate::http::key::Key;
use crate::http::meter::Meter;
use crate::http::table::Name;

/// The request is measured already. Whoever knows its route is to say it here.
#[derive(Clone, Debug)]
pub(super) struct Told(pub(super) Arc<Slot>);

/// The route of a request that is under way.
#[derive(Debug)]
pub(in crate::http) struct Slot {
    meter: Arc<Meter>,
    key: Key,
    place: AtomicU16,
}

impl Slot {
    pub(super) fn new(meter: &Arc<Meter>, key: Key) -> Self {
        Self { meter: Arc::clone(meter), key, place: AtomicU16::new(key.place().0) }
    }

    /// The route that was told last: that of the innermost router.
    pub(in crate::http) fn place(&self) -> Name {
        Name(self.place.load(Ordering::Relaxed))
    }

    fn tell(&self, route: &str) {
        let place = self.meter.place(route);
        let before = Name(self.place.swap(place.0, Ordering::Relaxed));
        self.meter.moved(self.key.with_place(before), place);
    }
}

/// Tells the layer around this one the route, if there is one. Says whether there is such a layer.
pub(super) fn tell(extensions: &Extensions) -> bool {
    let Some(Told(slot)) = extensions.get::<Told>() else { return false };
    if let Some(matched) = extensions.get::<MatchedPath>() {
        slot.tell(matched.as_str());
    }
    true
}

/// A layer that does nothing but tell the route.
#[derive(Clone, Copy, Debug)]
pub(super) struct RouteTeller;

/// A service that is told of its route.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling<S>(S);

impl<S> Layer<S> for RouteTeller {
    type Service = Telling<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Telling(inner)
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Telling<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        tell(request.extensions());
        self.0.call(request)
    }
}
