//! A body of JSON, whatever its content type says: `curl -d` says that it is a form.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;

use crate::answer::Refusal;

pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let bytes = Bytes::from_request(request, state).await.map_err(|error| error.into_response())?;
        let read = serde_json::from_slice(&bytes);
        read.map(Self).map_err(|error| Refusal::BadRequest(error.to_string()).into_response())
    }
}
