//! What of a request is a label.

use http::{HeaderMap, Method as HttpMethod, Version as HttpVersion, header::HeaderName};

/// The methods that the conventions know; anything else is one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Connect,
    Delete,
    Get,
    Head,
    Options,
    Patch,
    Post,
    Put,
    Query,
    Trace,
    Other,
}

/// The versions of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Http10,
    Http11,
    Http2,
    Http3,
    Other,
}

/// The schemes of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

static FORWARDED: HeaderName = http::header::FORWARDED;
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

impl Method {
    pub(super) const ALL: [Self; 11] = [
        Self::Connect,
        Self::Delete,
        Self::Get,
        Self::Head,
        Self::Options,
        Self::Patch,
        Self::Post,
        Self::Put,
        Self::Query,
        Self::Trace,
        Self::Other,
    ];

    /// The value of `http.request.method`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Query => "QUERY",
            Self::Trace => "TRACE",
            Self::Other => "_OTHER",
        }
    }
}

impl From<&HttpMethod> for Method {
    // Methods are case-sensitive: `get` is not GET.
    fn from(method: &HttpMethod) -> Self {
        match *method {
            HttpMethod::GET => Self::Get,
            HttpMethod::POST => Self::Post,
            HttpMethod::PUT => Self::Put,
            HttpMethod::DELETE => Self::Delete,
            HttpMethod::HEAD => Self::Head,
            HttpMethod::OPTIONS => Self::Options,
            HttpMethod::PATCH => Self::Patch,
            HttpMethod::CONNECT => Self::Connect,
            HttpMethod::TRACE => Self::Trace,
            _ if method.as_str() == "QUERY" => Self::Query,
            _ => Self::Other,
        }
    }
}

impl Version {
    pub(super) const ALL: [Self; 5] = [Self::Http10, Self::Http11, Self::Http2, Self::Http3, Self::Other];

    /// The value of `network.protocol.version`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
            Self::Http2 => "2",
            Self::Http3 => "3",
            Self::Other => "other",
        }
    }
}

impl From<HttpVersion> for Version {
    fn from(version: HttpVersion) -> Self {
        match version {
            HttpVersion::HTTP_10 => Self::Http10,
            HttpVersion::HTTP_11 => Self::Http11,
            HttpVersion::HTTP_2 => Self::Http2,
            HttpVersion::HTTP_3 => Self::Http3,
            _ => Self::Other,
        }
    }
}

impl Scheme {
    pub(super) const ALL: [Self; 2] = [Self::Http, Self::Https];

    /// The value of `url.scheme`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(text.trim()))
    }

    /// What a proxy in front says of the client's request, as the conventions ask. The header may say
    /// anything; it is one of two values here.
    pub(super) fn forwarded(headers: &HeaderMap) -> Option<Self> {
        if let Some(protocol) = headers.get(&X_FORWARDED_PROTO) {
            return Self::of(protocol.to_str().ok()?.split(',').next()?);
        }
        let forwarded = headers.get(&FORWARDED)?.to_str().ok()?;
        let first = forwarded.split(',').next()?;
        let pairs = first.split(';').filter_map(|pair| pair.split_once('='));
        let protocol = pairs.into_iter().find(|(key, _)| key.trim().eq_ignore_ascii_case("proto"));
        protocol.and_then(|(_, value)| Self::of(value.trim_matches('"')))
    }

    /// The scheme of a URL.
    pub(super) fn of_uri(uri: &http::Uri) -> Option<Self> {
        uri.scheme_str().and_then(Self::of)
    }
}
