//! How an exchange ended, and what that is called.

use std::borrow::Cow;

use super::grpc::GrpcStatus;
use crate::operation::{ErrorType, Outcome};

/// Whose exchange it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Server,
    Client,
}

/// What stopped an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The response's body came to its end.
    Whole,
    /// Whoever waited for it has gone.
    Cancelled,
    /// The service or the body failed, or panicked.
    Failed(ErrorType),
}

/// Why it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The response's status says so.
    Status(u16),
    /// The gRPC status says so.
    Grpc(GrpcStatus),
    /// An error came instead of a response, or of its end.
    Error(ErrorType),
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) outcome: Outcome,
    pub(super) failure: Option<Failure>,
}

impl End {
    /// By the conventions: a server failed from status 500 on, a client's request from 400 on. A status that
    /// says failure is the reason, whatever became of the body.
    pub(super) fn of(side: Side, status: Option<u16>, grpc: Option<GrpcStatus>, cause: Cause) -> Self {
        let threshold = if side == Side::Server { 500 } else { 400 };
        if let Some(status) = status.filter(|status| *status >= threshold) {
            return Self { outcome: Outcome::Failure, failure: Some(Failure::Status(status)) };
        }
        match (cause, grpc) {
            (Cause::Failed(error_type), _) => {
                Self { outcome: error_type.into(), failure: Some(Failure::Error(error_type)) }
            }
            (Cause::Cancelled, None) => Self { outcome: Outcome::Cancelled, failure: None },
            (_, Some(status)) => match status.outcome(side) {
                outcome if outcome.is_error() => Self { outcome, failure: Some(Failure::Grpc(status)) },
                outcome => Self { outcome, failure: None },
            },
            (Cause::Whole, None) => Self { outcome: Outcome::Success, failure: None },
        }
    }

    /// The value of `error.type`.
    pub(super) fn error_type(&self) -> Option<Cow<'static, str>> {
        self.failure.map(|failure| match failure {
            Failure::Status(status) => Cow::Owned(status.to_string()),
            Failure::Grpc(status) => Cow::Borrowed(status.as_str()),
            Failure::Error(error_type) => Cow::Borrowed(error_type.as_str()),
        })
    }
}
