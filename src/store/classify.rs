//! From a store's error to its type.

use crate::operation::ErrorType;
use http::StatusCode;
use object_store::client::{HttpError, HttpErrorKind};
use std::error::Error;

/// Knows the errors of `object_store`: a [`Classifier`](crate::operation::Classifier).
///
/// | error | type |
/// |---|---|
/// | not found | `input_missing`; a bucket that is not there: `storage_client` |
/// | permission denied, not authenticated | `permission` |
/// | already exists, precondition failed, not supported, bad path or key | `storage_client` |
/// | status 429 and 503 | `throttled` |
/// | other status from 500 on, an error in the body of a success | `storage_server` |
/// | other status from 400 on | `storage_client` |
/// | no connection, or one that broke | `network` |
/// | no answer in time, or a scan that was not done in time | `timeout` |
///
/// What is none of these is left to the errors further down the chain, `io::Error` for one.
pub fn classify(error: &(dyn Error + 'static)) -> Option<ErrorType> {
    if let Some(error) = error.downcast_ref::<object_store::Error>() {
        return of_store(error);
    }
    if let Some(super::Error::TimedOut { .. }) = error.downcast_ref() {
        return Some(ErrorType::Timeout);
    }
    if let Some(error) = error.downcast_ref::<HttpError>() {
        return of_transport(error.kind());
    }
    of_text(&error.to_string())
}

fn of_store(error: &object_store::Error) -> Option<ErrorType> {
    use object_store::Error as E;
    match error {
        E::NotFound { source, .. } if source.to_string().contains("NoSuchBucket") => Some(ErrorType::StorageClient),
        E::NotFound { .. } => Some(ErrorType::InputMissing),
        E::PermissionDenied { .. } | E::Unauthenticated { .. } => Some(ErrorType::Permission),
        E::InvalidPath { .. }
        | E::NotSupported { .. }
        | E::AlreadyExists { .. }
        | E::Precondition { .. }
        | E::NotModified { .. }
        | E::NotImplemented { .. }
        | E::UnknownConfigurationKey { .. } => Some(ErrorType::StorageClient),
        // `Generic`, and a task that could not be joined.
        _ => None,
    }
}

fn of_transport(kind: HttpErrorKind) -> Option<ErrorType> {
    match kind {
        HttpErrorKind::Connect | HttpErrorKind::Request | HttpErrorKind::Interrupted => Some(ErrorType::Network),
        HttpErrorKind::Timeout => Some(ErrorType::Timeout),
        HttpErrorKind::Decode => Some(ErrorType::StorageServer),
        _ => None,
    }
}

/// The client's error that holds the status has a type that cannot be named outside of `object_store`, so its
/// text has to tell.
fn of_text(text: &str) -> Option<ErrorType> {
    if let Some(rest) = text.strip_prefix("Server returned non-2xx status code: ") {
        let status = rest.get(..3)?.parse().ok()?;
        return of_status(status);
    }
    let body = text.strip_prefix("Server returned error response: ")?;
    Some(if body.contains("SlowDown") { ErrorType::Throttled } else { ErrorType::StorageServer })
}

/// What a status means. None: it is no error.
pub(super) fn of_status(status: StatusCode) -> Option<ErrorType> {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Some(ErrorType::Permission),
        StatusCode::NOT_FOUND => Some(ErrorType::InputMissing),
        StatusCode::REQUEST_TIMEOUT => Some(ErrorType::Timeout),
        // Stores say 503 when they want fewer requests: S3's SlowDown, Azure's ServerBusy.
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Some(ErrorType::Throttled),
        status if status.is_server_error() => Some(ErrorType::StorageServer),
        status if status.is_client_error() => Some(ErrorType::StorageClient),
        _ => None,
    }
}
