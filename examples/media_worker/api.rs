//! The HTTP API.
//!
//! | request | answer |
//! |---|---|
//! | `POST /jobs` | 202 and the job's id; 400 and the reason; 503 when the queue is full |
//! | `GET /jobs` | the recent jobs, the newest first |
//! | `GET /jobs/{id}` | 200 and the job; 404 |
//! | `DELETE /jobs/{id}` | 202 where it runs and is cancelled in a moment; 204 where it waited, or was cancelled before; 409 where it is over; 404 |
//! | `GET /health` | 200: it is alive |
//! | `GET /ready` | 200, or 503 and the reason |
//!
//! A path that is malformed or leads out of the media directory is a bad body. A file that is not there is
//! the job's failure, `input_missing`: it may come or go while the job waits.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use telecine::operation::Parent;
use telecine::pull::Readiness;
use telecine::tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::inputs::Inputs;
use crate::pipeline::JobType;
use crate::queue::{Cancel, Queue};

#[derive(Clone)]
struct Api {
    queue: Arc<Queue>,
    inputs: Arc<Inputs>,
    ready: Readiness,
}

#[derive(Deserialize)]
struct NewJob {
    input: String,
    #[serde(rename = "type")]
    job_type: JobType,
}

pub fn router(queue: Arc<Queue>, inputs: Arc<Inputs>, ready: Readiness) -> Router {
    Router::new()
        .route("/jobs", post(create).get(list))
        .route("/jobs/{id}", get(show).delete(cancel))
        .route("/health", get(|| async { "alive\n" }))
        .route("/ready", get(readiness))
        .with_state(Api { queue, inputs, ready })
}

async fn create(State(api): State<Api>, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    let span = tracing::info_span!(
        "POST /jobs",
        otel.kind = "server",
        http.request.method = "POST",
        http.route = "/jobs",
        http.response.status_code = Empty,
    );
    let producer = Parent::from_headers(|name| headers.get(name)?.to_str().ok());
    // Fails only where spans are off.
    let _ = span.set_parent(producer.context().clone());
    let response = accept(&api, body).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    response
}

async fn accept(api: &Api, body: Result<Bytes, BytesRejection>) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(error) => return refuse(error.status(), error.body_text()),
    };
    let job: NewJob = match serde_json::from_slice(&body) {
        Ok(job) => job,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, error.to_string()),
    };
    let input = match api.inputs.requested(&job.input).await {
        Ok(input) => input,
        Err(refused) => return refuse(StatusCode::BAD_REQUEST, refused.to_string()),
    };
    match api.queue.submit(job.job_type, input) {
        Ok(task) => {
            // The job that it has just created is a child of this request.
            let trace_id = Parent::current().trace_id();
            (StatusCode::ACCEPTED, Json(json!({"id": task.id(), "trace_id": trace_id}))).into_response()
        }
        Err(refused) => {
            let after = [(RETRY_AFTER, refused.retry_after.as_secs().to_string())];
            (after, refuse(StatusCode::SERVICE_UNAVAILABLE, refused.to_string())).into_response()
        }
    }
}

async fn list(State(api): State<Api>) -> Response {
    Json(api.queue.recent()).into_response()
}

async fn show(State(api): State<Api>, Path(id): Path<String>) -> Response {
    match api.queue.find(&id) {
        Some(task) => Json(task.status()).into_response(),
        None => unknown(&id),
    }
}

async fn cancel(State(api): State<Api>, Path(id): Path<String>) -> Response {
    match api.queue.cancel(&id) {
        Some(Cancel::Done) => StatusCode::NO_CONTENT.into_response(),
        Some(Cancel::Soon) => StatusCode::ACCEPTED.into_response(),
        Some(Cancel::TooLate(outcome)) => refuse(StatusCode::CONFLICT, format!("the job is over: {outcome}")),
        None => unknown(&id),
    }
}

async fn readiness(State(api): State<Api>) -> Response {
    match api.ready.reason() {
        None => "ready\n".into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason + "\n").into_response(),
    }
}

fn unknown(id: &str) -> Response {
    refuse(StatusCode::NOT_FOUND, format!("no job {id:?} is known"))
}

fn refuse(status: StatusCode, reason: impl Into<String>) -> Response {
    (status, Json(json!({"error": reason.into()}))).into_response()
}
