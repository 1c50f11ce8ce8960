//! The spans of exchanges.

use http::{Request, Uri};

use super::end::{End, Side};
use super::grpc::GrpcStatus;
use super::key::Key;
use super::meter::{Measured, Meter};
use crate::operation::{self, Parent, Span};

/// The keys whose values in a query let their holder in.
const SECRETS: &[&str] = &[
    "awsaccesskeyid",
    "signature",
    "sig",
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-goog-signature",
    "x-goog-credential",
    "access_token",
    "api_key",
    "apikey",
    "auth",
    "key",
    "password",
    "secret",
    "token",
];

/// Whether nobody listens at all: then a span need not be tried.
#[cfg(feature = "telemetry")]
fn is_silent() -> bool {
    tracing::Level::INFO > tracing::level_filters::LevelFilter::current()
}

#[cfg(not(feature = "telemetry"))]
fn is_silent() -> bool {
    true
}

/// Whether anybody records a span.
#[cfg(feature = "telemetry")]
fn is_recorded(span: &Span) -> bool {
    !span.is_disabled()
}

#[cfg(not(feature = "telemetry"))]
fn is_recorded(_: &Span) -> bool {
    false
}

/// Runs a function inside a span, if there is one.
#[inline]
pub(super) fn within<T>(span: &Option<Box<Span>>, f: impl FnOnce() -> T) -> T {
    match span {
        Some(span) => span.in_scope(f),
        None => f(),
    }
}

/// Opens the span of a request that is served. `path` is the path that the client asked for.
pub(super) fn server<B>(request: &Request<B>, key: Key, path: &Uri, meter: &Meter) -> Option<Box<Span>> {
    if is_silent() {
        return None;
    }
    let span = operation::open!(
        root "http.server",
        "otel.kind" = "server",
        "otel.name" = ::tracing::field::Empty,
        "client.address" = ::tracing::field::Empty,
        "http.request.body.size" = ::tracing::field::Empty,
        "http.request.method" = key.method().as_str(),
        "http.request.method_original" = ::tracing::field::Empty,
        "http.response.body.size" = ::tracing::field::Empty,
        "http.response.status_code" = ::tracing::field::Empty,
        "http.route" = ::tracing::field::Empty,
        "network.peer.address" = ::tracing::field::Empty,
        "network.peer.port" = ::tracing::field::Empty,
        "network.protocol.version" = key.version().as_str(),
        "rpc.response.status_code" = ::tracing::field::Empty,
        "rpc.system.name" = ::tracing::field::Empty,
        "server.address" = ::tracing::field::Empty,
        "server.port" = ::tracing::field::Empty,
        "url.path" = path.path(),
        "url.query" = ::tracing::field::Empty,
        "url.scheme" = key.scheme().as_str(),
        "user_agent.original" = ::tracing::field::Empty,
    );
    if !is_recorded(&span) {
        return None;
    }
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    extract(meter, request.headers()).adopt(&span);
    let route = meter.route(key.place());
    operation::record(&span, "otel.name", named(key, route).as_str());
    if let Some(route) = route {
        operation::record(&span, "http.route", route);
    }
    original_method(&span, request, key);
    let authority = path.authority().map(http::uri::Authority::as_str).or_else(|| header("host"));
    if let Some(authority) = authority {
        let (host, port) = super::client::target(authority, key.scheme());
        operation::record(&span, "server.address", host.as_str());
        if let Some(port) = port {
            operation::record(&span, "server.port", u64::from(port));
        }
    }
    if let Some(query) = path.query() {
        operation::record(&span, "url.query", redacted(query).as_str());
    }
    if let Some(agent) = header("user-agent") {
        operation::record(&span, "user_agent.original", agent);
    }
    let peer = request.extensions().get::<axum::extract::ConnectInfo<std::net::SocketAddr>>();
    if let Some(axum::extract::ConnectInfo(peer)) = peer {
        operation::record(&span, "network.peer.address", peer.ip().to_string().as_str());
        operation::record(&span, "network.peer.port", u64::from(peer.port()));
    }
    let forwarded = header("x-forwarded-for").and_then(|clients| clients.split(',').next()).map(str::trim);
    let client = forwarded.map(str::to_owned).or_else(|| peer.map(|peer| peer.0.ip().to_string()));
    if let Some(client) = client {
        operation::record(&span, "client.address", client.as_str());
    }
    Some(Box::new(span))
}

/// Opens the span of a request that is made.
pub(super) fn client<B>(request: &Request<B>, key: Key, meter: &Meter) -> Option<Box<Span>> {
    if is_silent() {
        return None;
    }
    let span = operation::open!(
        "http.client",
        "otel.kind" = "client",
        "otel.name" = ::tracing::field::Empty,
        "http.request.body.size" = ::tracing::field::Empty,
        "http.request.method" = key.method().as_str(),
        "http.request.method_original" = ::tracing::field::Empty,
        "http.response.body.size" = ::tracing::field::Empty,
        "http.response.status_code" = ::tracing::field::Empty,
        "network.protocol.version" = ::tracing::field::Empty,
        "rpc.response.status_code" = ::tracing::field::Empty,
        "rpc.system.name" = ::tracing::field::Empty,
        "server.address" = ::tracing::field::Empty,
        "server.port" = ::tracing::field::Empty,
        "url.full" = ::tracing::field::Empty,
        "url.template" = ::tracing::field::Empty,
    );
    if !is_recorded(&span) {
        return None;
    }
    original_method(&span, request, key);
    let uri = request.uri();
    if let Some(authority) = uri.authority() {
        let (host, port) = super::client::target(authority.as_str(), key.scheme());
        operation::record(&span, "server.address", host.as_str());
        if let Some(port) = port {
            operation::record(&span, "server.port", u64::from(port));
        }
        operation::record(&span, "url.full", full(uri, authority.as_str()).as_str());
    }
    if let Some(template) = meter.template_text(key.template()) {
        operation::record(&span, "url.template", template);
    }
    let name = named(key, meter.template_text(key.template()));
    operation::record(&span, "otel.name", name.as_str());
    Some(Box::new(span))
}

/// Writes what the response's head tells.
pub(super) fn head(span: &Span, meter: &Meter, key: Key) {
    if let Some(status) = key.status() {
        operation::record(span, "http.response.status_code", u64::from(status));
    }
    if meter.side == Side::Client {
        operation::record(span, "network.protocol.version", key.version().as_str());
    }
}

/// Writes the end.
pub(super) fn end(span: &Span, end: &End, grpc: Option<GrpcStatus>, measured: &Measured, message: Option<&str>) {
    if !is_recorded(span) {
        return;
    }
    if let Some(status) = grpc {
        operation::record(span, "rpc.system.name", "grpc");
        operation::record(span, "rpc.response.status_code", status.as_str());
    }
    if let Some(size) = measured.request_size {
        operation::record(span, "http.request.body.size", size);
    }
    if let Some(size) = measured.response_size {
        operation::record(span, "http.response.body.size", size);
    }
    operation::close(span, end.outcome, end.error_type().as_deref(), message);
}

/// Writes the route, where it was not known from the start.
pub(super) fn routed(span: &Span, meter: &Meter, key: Key) {
    if let Some(route) = meter.route(key.place()) {
        operation::record(span, "http.route", route);
        rename(span, named(key, Some(route)));
    }
}

/// The tracing layer takes no other name for a span that was entered.
#[cfg(feature = "telemetry")]
fn rename(span: &Span, name: String) {
    use opentelemetry::trace::TraceContextExt as _;
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;

    span.context().span().update_name(name);
}

#[cfg(not(feature = "telemetry"))]
fn rename(_: &Span, _: String) {}

/// `{method} {target}`, or the method alone; an unknown method is called `HTTP`.
fn named(key: Key, target: Option<&str>) -> String {
    let method = match key.method() {
        super::request::Method::Other => "HTTP",
        method => method.as_str(),
    };
    match target {
        Some(target) => format!("{method} {target}"),
        None => method.to_owned(),
    }
}

fn original_method<B>(span: &Span, request: &Request<B>, key: Key) {
    if request.method().as_str() != key.method().as_str() {
        operation::record(span, "http.request.method_original", request.method().as_str());
    }
}

/// A URL without what lets its holder in: no user, no password, no secrets in the query.
fn full(uri: &Uri, authority: &str) -> String {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let mut full = format!("{}://{host}{}", uri.scheme_str().unwrap_or("http"), uri.path());
    if let Some(query) = uri.query() {
        full.push('?');
        full.push_str(&redacted(query));
    }
    full
}

/// A query in which the values of secrets are not said.
pub(super) fn redacted(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, _)) if SECRETS.contains(&key.to_ascii_lowercase().as_str()) => format!("{key}=REDACTED"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Sends the context of a span along, or the current one where no span is recorded.
#[cfg(feature = "telemetry")]
pub(super) fn inject(span: Option<&Span>, meter: &Meter, headers: &mut http::HeaderMap) {
    use opentelemetry::propagation::Injector;

    struct Headers<'a>(&'a mut http::HeaderMap);

    impl Injector for Headers<'_> {
        fn set(&mut self, key: &str, value: String) {
            let name = http::HeaderName::try_from(key);
            if let (Ok(name), Ok(value)) = (name, http::HeaderValue::try_from(value)) {
                self.0.insert(name, value);
            }
        }
    }

    let context = span.map_or_else(opentelemetry::Context::current, |span| Parent::of(span).context().clone());
    if opentelemetry::trace::TraceContextExt::span(&context).span_context().is_valid() {
        meter.instruments().propagator().inject_context(&context, &mut Headers(headers));
    }
}

#[cfg(not(feature = "telemetry"))]
pub(super) fn inject(_: Option<&Span>, _: &Meter, _: &mut http::HeaderMap) {}

/// The context that a request's headers carry.
#[cfg(feature = "telemetry")]
fn extract(meter: &Meter, headers: &http::HeaderMap) -> Parent {
    use opentelemetry::propagation::Extractor;

    struct Headers<'a>(&'a http::HeaderMap);

    impl Extractor for Headers<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            self.0.get(key).and_then(|value| value.to_str().ok())
        }

        fn keys(&self) -> Vec<&str> {
            self.0.keys().map(http::HeaderName::as_str).collect()
        }
    }

    let nothing = opentelemetry::Context::new();
    Parent::from_context(meter.instruments().propagator().extract_with_context(&nothing, &Headers(headers)))
}

#[cfg(not(feature = "telemetry"))]
fn extract(_: &Meter, _: &http::HeaderMap) -> Parent {
    Parent::default()
}
