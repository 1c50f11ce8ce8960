//! What is answered where a request cannot be served.

use std::io;

use axum::Json;
use axum::http::{StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::database;

/// Why a request is not served.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("{0}")]
    BadRequest(String),
    #[error("{0}")]
    Forbidden(String),
    #[error("{0} is not known")]
    NotFound(String),
    #[error("{0}")]
    Conflict(String),
    #[error("more than {0} bytes")]
    TooLarge(u64),
    #[error("{0}")]
    NotSatisfiable(String),
    #[error(transparent)]
    Database(#[from] database::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

pub type Answer<T = Response> = Result<T, Refusal>;

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotSatisfiable(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Database(error) if error.is_busy() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Database(_) | Self::Io(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        if !status.is_server_error() {
            return (status, Json(json!({"error": self.to_string()}))).into_response();
        }
        // What went wrong inside is for the log.
        tracing::error!(error = &self as &dyn std::error::Error, status = status.as_u16(), "a request failed");
        let body = Json(json!({"error": status.canonical_reason()}));
        match status {
            StatusCode::SERVICE_UNAVAILABLE => (status, [(RETRY_AFTER, "2")], body).into_response(),
            _ => (status, body).into_response(),
        }
    }
}
