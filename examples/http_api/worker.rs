//! What workers say, and what they are told. `examples/shared/claims.rs` is the other side.
//!
//! | request | answer |
//! |---|---|
//! | `POST /worker/claim` `{"worker", "types"}` | 200 and a job; 204 where none of these types waits |
//! | `POST /worker/heartbeat` `{"worker", "state", "running", "capacity", "load"}` | 204 |
//! | `POST /worker/jobs/{id}/start` `{"worker", "trace_id", "context"}` | 204; 409 where the job is not this worker's |
//! | `POST /worker/jobs/{id}/end` `{"worker", "outcome", "error_type", "outputs", "again"}` | likewise |
//! | `POST /worker/leave` `{"worker"}` | 204 |
//!
//! `again` is the job's context where it is to be attempted again: it goes back to the queue.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::post;
use axum::{Json, Router};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::Deserialize;
use serde_json::{Value, json};
use telecine::operation::Outcome;
use telecine::work::Heartbeat;

use crate::answer::{Answer, Refusal};
use crate::app::{App, now};
use crate::body::Body;
use crate::database::Statement;
use crate::videos::{self, Status};
use crate::{captions, jobs};

#[derive(Deserialize)]
struct Claim {
    worker: String,
    types: Vec<String>,
}

#[derive(Deserialize)]
struct Beat {
    worker: String,
    state: String,
    running: Option<u64>,
    capacity: Option<u64>,
    #[serde(default)]
    load: HashMap<String, f64>,
}

#[derive(Deserialize)]
struct Start {
    worker: String,
    trace_id: Option<String>,
    context: HashMap<String, String>,
}

#[derive(Deserialize)]
struct End {
    worker: String,
    outcome: String,
    error_type: Option<String>,
    #[serde(default)]
    outputs: Vec<Output>,
    again: Option<HashMap<String, String>>,
}

#[derive(Deserialize)]
struct Output {
    path: String,
    bytes: u64,
}

#[derive(Deserialize)]
struct Leave {
    worker: String,
}

/// The pause before the next attempt, in seconds.
const PAUSE: f64 = 1.0;

const CLAIM: Statement = Statement::new(
    "UPDATE",
    "jobs",
    "UPDATE jobs SET state = 'running', worker = ?1, attempts = attempts + 1, started = coalesce(started, ?3), \
     heard = ?3 WHERE id = (SELECT id FROM jobs WHERE state = 'queued' AND available <= ?3 AND type IN \
     (SELECT value FROM json_each(?2)) ORDER BY available LIMIT 1) \
     RETURNING id, type, input, attempts, context, ?3 - created",
);
const HEARD: Statement =
    Statement::new("UPDATE", "jobs", "UPDATE jobs SET heard = ?2 WHERE worker = ?1 AND state = 'running'");
const STARTED: Statement = Statement::new(
    "UPDATE",
    "jobs",
    "UPDATE jobs SET trace_id = coalesce(?3, trace_id), context = ?4 WHERE id = ?1 AND worker = ?2 AND \
     state = 'running'",
);
const ENDED: Statement = Statement::new(
    "UPDATE",
    "jobs",
    "UPDATE jobs SET state = 'done', outcome = ?3, error_type = ?4, outputs = ?5, bytes = ?6, ended = ?7 \
     WHERE id = ?1 AND worker = ?2 AND state = 'running' RETURNING type, input",
);
const AGAIN: Statement = Statement::new(
    "UPDATE",
    "jobs",
    "UPDATE jobs SET state = 'queued', error_type = ?3, context = ?4, available = ?5, worker = NULL \
     WHERE id = ?1 AND worker = ?2 AND state = 'running' RETURNING type, input",
);

pub fn router() -> Router<App> {
    Router::new()
        .route("/worker/claim", post(claim))
        .route("/worker/heartbeat", post(heartbeat))
        .route("/worker/jobs/{id}/start", post(start))
        .route("/worker/jobs/{id}/end", post(end))
        .route("/worker/leave", post(leave))
}

async fn claim(State(app): State<App>, Body(Claim { worker, types }): Body<Claim>) -> Answer {
    check(&worker)?;
    let types = json!(types).to_string();
    let claimed = app.database.write(CLAIM, move |connection, sql| {
        let given = |row: &Row<'_>| {
            let context: String = row.get(4)?;
            let context: HashMap<String, String> = serde_json::from_str(&context).unwrap_or_default();
            Ok(json!({
                "id": row.get::<_, String>(0)?,
                "type": row.get::<_, String>(1)?,
                "input": row.get::<_, String>(2)?,
                "attempt": row.get::<_, u32>(3)?,
                "max_attempts": jobs::ATTEMPTS,
                "traceparent": context.get("traceparent"),
                "waited_seconds": row.get::<_, f64>(5)?.max(0.0),
                "context": context,
            }))
        };
        connection.query_row(sql, params![worker, types, now()], given).optional()
    });
    Ok(match claimed.await? {
        Some(given) => Json(given).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn heartbeat(State(app): State<App>, Body(beat): Body<Beat>) -> Answer<StatusCode> {
    let Beat { worker, state, running, capacity, load } = beat;
    check(&worker)?;
    let mut heartbeat = Heartbeat::new().running(running.unwrap_or(u64::from(state == "busy")));
    if let Some(capacity) = capacity {
        heartbeat = heartbeat.capacity(capacity);
    }
    for (resource, load) in load {
        heartbeat = heartbeat.load(resource, load);
    }
    app.work.workers().hear(&worker, &heartbeat);
    app.database.write(HEARD, move |connection, sql| connection.execute(sql, params![worker, now()])).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn start(State(app): State<App>, Path(id): Path<String>, Body(start): Body<Start>) -> Answer<StatusCode> {
    let Start { worker, trace_id, context } = start;
    let context = json!(context).to_string();
    let started = app
        .database
        .write(STARTED, move |connection, sql| connection.execute(sql, params![id, worker, trace_id, context]));
    if started.await? == 0 { Err(not_yours()) } else { Ok(StatusCode::NO_CONTENT) }
}

async fn end(State(app): State<App>, Path(id): Path<String>, Body(end): Body<End>) -> Answer<StatusCode> {
    let End { worker, outcome, error_type, outputs, again } = end;
    let Some(outcome) = Outcome::ALL.into_iter().find(|known| known.as_str() == outcome) else {
        return Err(Refusal::BadRequest(format!("{outcome:?} is no outcome")));
    };
    let is_over = again.is_none();
    let (job, by, ended) = (id.clone(), worker.clone(), now());
    let told: Vec<Value> = outputs.iter().map(|Output { path, bytes }| json!({"path": path, "bytes": bytes})).collect();
    let bytes = outputs.iter().fold(0_u64, |sum, output| sum.saturating_add(output.bytes));
    let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let row = match again {
        None => {
            let (told, bytes) = (json!(told).to_string(), i64::try_from(bytes).unwrap_or(i64::MAX));
            let row = app.database.write(ENDED, move |connection, sql| {
                let row = params![job, by, outcome.as_str(), error_type, told, bytes, ended];
                connection.query_row(sql, row, read).optional()
            });
            row.await?
        }
        Some(context) => {
            let context = json!(context).to_string();
            let row = app.database.write(AGAIN, move |connection, sql| {
                connection.query_row(sql, params![job, by, error_type, context, ended + PAUSE], read).optional()
            });
            row.await?
        }
    };
    let (job_type, input) = row.ok_or_else(not_yours)?;
    app.work.workers().done(&worker, outcome);
    for Output { path, bytes } in &outputs {
        app.usage.added(path, *bytes);
    }
    if is_over {
        tracing::info!(job_id = id, job_type, outcome = outcome.as_str(), worker, "a job is over");
        if job_type == "transcode" {
            let status = if outcome == Outcome::Success { Status::Ready } else { Status::Failed };
            videos::set_status(&app, &input, status).await;
        }
        if let Some(captions) = outputs.iter().find(|output| output.path.ends_with(".srt")) {
            if let Err(error) = captions::take_from_output(&app, &input, &captions.path).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    path = captions.path,
                    "captions are not taken"
                );
            }
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn leave(State(app): State<App>, Body(Leave { worker }): Body<Leave>) -> Answer<StatusCode> {
    check(&worker)?;
    app.work.workers().leave(&worker);
    Ok(StatusCode::NO_CONTENT)
}

/// A worker's name becomes a label: it is short, and of plain characters.
fn check(worker: &str) -> Answer<()> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if worker.is_empty() || worker.len() > 64 || !worker.chars().all(is_plain) {
        return Err(Refusal::BadRequest(format!("{worker:?} is no name of a worker: 1 to 64 of a-z A-Z 0-9 - _ .")));
    }
    Ok(())
}

fn not_yours() -> Refusal {
    Refusal::Conflict("the job is not this worker's, or is over".to_owned())
}
