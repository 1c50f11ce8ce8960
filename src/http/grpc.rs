//! The status of a gRPC call, which comes behind the body.

use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};

use super::end::Side;
use crate::operation::Outcome;

static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// A [gRPC status](https://grpc.github.io/grpc/core/md_doc_statuscodes.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GrpcStatus(u8);

const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

const UNKNOWN: GrpcStatus = GrpcStatus(2);

impl GrpcStatus {
    pub(super) const UNIMPLEMENTED: Self = Self(12);

    /// The status that a response's head or trailers carry. One that cannot be read is `UNKNOWN`, as the
    /// protocol has it.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let status = headers.get(&GRPC_STATUS)?;
        let number = status.to_str().ok().and_then(|status| status.parse().ok());
        Some(number.filter(|number| usize::from(*number) < NAMES.len()).map_or(UNKNOWN, Self))
    }

    pub(super) const fn index(self) -> u8 {
        self.0
    }

    pub(super) const fn from_index(index: u8) -> Self {
        Self(index)
    }

    /// The name, as `rpc.response.status_code` has it.
    pub(super) fn as_str(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("UNKNOWN")
    }

    /// What the status means for one side. A server did not fail where the caller asked for what cannot be
    /// had; for the caller, everything but `OK` is a failure.
    pub(super) fn outcome(self, side: Side) -> Outcome {
        match (self.as_str(), side) {
            ("OK", _) => Outcome::Success,
            ("CANCELLED", _) => Outcome::Cancelled,
            ("DEADLINE_EXCEEDED", _) => Outcome::Timeout,
            ("UNKNOWN" | "UNIMPLEMENTED" | "INTERNAL" | "UNAVAILABLE" | "DATA_LOSS", _) | (_, Side::Client) => {
                Outcome::Failure
            }
            (_, Side::Server) => Outcome::Success,
        }
    }
}

/// Whether a message is gRPC's.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).is_some_and(|content_type| {
        content_type
            .strip_prefix(b"application/grpc")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"+") || rest.starts_with(b";"))
    })
}
