//! HTTP: `http.server.*` and `http.client.*`, as
//! [OpenTelemetry's conventions](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/) have them, and
//! `media.http.*`.
//!
//! Beyond the conventions' attributes there are `media.api` and `media.outcome`: the conventions have no word
//! for a client that went away.

use super::attribute::{OUTCOME, SERVER_ADDRESS, SERVER_PORT};
use super::buckets::Family;
use super::definition::{Attribute, Instrument};

/// Why a request failed.
pub const ERROR_TYPE: Attribute = Attribute::budget(
    "error.type",
    "Why it failed; absent on success. Of HTTP: the status code from 500 on (of a client from 400 on), the gRPC status, or the error's type",
    256,
);

/// The method, folded to those that are known.
pub const METHOD: Attribute = Attribute::one_of(
    "http.request.method",
    "The request's method; `_OTHER` is any that the conventions do not know",
    &["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE", "_OTHER"],
);

/// The response's status.
pub const STATUS_CODE: Attribute = Attribute::numbers(
    "http.response.status_code",
    "The response's status code; absent where there was no response",
    64,
);

/// The template that the path matched.
pub const ROUTE: Attribute = Attribute::templates(
    "http.route",
    "The template that the path matched: `/videos/{id}`; `unmatched` where none did, never the path itself",
    400,
);

/// Which of a program's APIs.
pub const API: Attribute =
    Attribute::budget("media.api", "The API that was called, as the program names it: `admin`, `public`", 16);

/// Version of the protocol.
pub const PROTOCOL_VERSION: Attribute =
    Attribute::one_of("network.protocol.version", "The version of HTTP", &["1.0", "1.1", "2", "3", "other"]);

/// The scheme of the request.
pub const SCHEME: Attribute = Attribute::one_of(
    "url.scheme",
    "The scheme that the client used, as a proxy in front says or the connection shows",
    &["http", "https"],
);

/// The template of the URL that is called.
pub const URL_TEMPLATE: Attribute =
    Attribute::templates("url.template", "The template of the path that is called, where the caller gives one", 200);

/// What is known of a request that was served.
const SERVED: &[Attribute] = &[ERROR_TYPE, METHOD, STATUS_CODE, ROUTE, API, OUTCOME, PROTOCOL_VERSION, SCHEME];

/// What is known of a request that was made.
const MADE: &[Attribute] =
    &[ERROR_TYPE, METHOD, STATUS_CODE, OUTCOME, PROTOCOL_VERSION, SERVER_ADDRESS, SERVER_PORT, URL_TEMPLATE];

/// A request that is served, to the end of its body.
pub const SERVER_DURATION: Instrument = Instrument::histogram(
    "http.server.request.duration",
    "s",
    "From the arrival of a request to the end of the response's body, or to where the client went away",
)
.buckets(Family::Request)
.attributes(SERVED)
.from_convention();

/// Requests that are served now.
pub const SERVER_ACTIVE: Instrument = Instrument::up_down_counter(
    "http.server.active_requests",
    "{request}",
    "Requests that are served now, to the end of the response's body; the route is there by option",
)
.attributes(&[METHOD, ROUTE, API, SCHEME])
.from_convention();

/// What was received.
pub const SERVER_REQUEST_SIZE: Instrument =
    Instrument::histogram("http.server.request.body.size", "By", "Bytes of the request's body that were received")
        .buckets(Family::Size)
        .attributes(SERVED)
        .from_convention();

/// What was sent.
pub const SERVER_RESPONSE_SIZE: Instrument = Instrument::histogram(
    "http.server.response.body.size",
    "By",
    "Bytes of the response's body that were sent, also where it did not come to its end",
)
.buckets(Family::Size)
.attributes(SERVED)
.from_convention();

/// What a slow viewer cannot lengthen.
pub const RESPONSE_HEAD_DURATION: Instrument = Instrument::histogram(
    "media.http.response.head.duration",
    "s",
    "From the arrival of a request to the response's head: what a slow viewer cannot lengthen",
)
.buckets(Family::Request)
.attributes(&[METHOD, STATUS_CODE, ROUTE, API, PROTOCOL_VERSION, SCHEME]);

/// A request that is made, to the end of the response's body.
pub const CLIENT_DURATION: Instrument = Instrument::histogram(
    "http.client.request.duration",
    "s",
    "From the sending of a request to the end of the response's body, or to where it was given up",
)
.buckets(Family::Request)
.attributes(MADE)
.from_convention();

/// Requests that are under way.
pub const CLIENT_ACTIVE: Instrument = Instrument::up_down_counter(
    "http.client.active_requests",
    "{request}",
    "Requests that are under way now, to the end of the response's body",
)
.attributes(&[METHOD, SERVER_ADDRESS, SERVER_PORT, URL_TEMPLATE])
.from_convention();

/// What was sent.
pub const CLIENT_REQUEST_SIZE: Instrument =
    Instrument::histogram("http.client.request.body.size", "By", "Size of the request's body, where it is known")
        .buckets(Family::Size)
        .attributes(MADE)
        .from_convention();

/// What was received.
pub const CLIENT_RESPONSE_SIZE: Instrument =
    Instrument::histogram("http.client.response.body.size", "By", "Bytes of the response's body that were received")
        .buckets(Family::Size)
        .attributes(MADE)
        .from_convention();

/// All of them.
pub const ALL: &[Instrument] = &[
    SERVER_DURATION,
    SERVER_ACTIVE,
    SERVER_REQUEST_SIZE,
    SERVER_RESPONSE_SIZE,
    RESPONSE_HEAD_DURATION,
    CLIENT_DURATION,
    CLIENT_ACTIVE,
    CLIENT_REQUEST_SIZE,
    CLIENT_RESPONSE_SIZE,
];
