//! Jobs, as those see them who ask for them.
//!
//! | request | answer |
//! |---|---|
//! | `POST /jobs` | 202 and the job's id; 400 and the reason; 403 where the tenant has no room left |
//! | `GET /jobs` | the recent jobs, the newest first |
//! | `GET /jobs/{id}` | 200 and the job; 404 |
//! | `DELETE /jobs/{id}` | 204 where it waited; 409 where a worker has it, or it is over; 404 |

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Json, Router};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use telecine::operation::Parent;

use crate::answer::{Answer, Refusal};
use crate::app::{App, now};
use crate::body::Body;
use crate::database::Statement;
use crate::videos::{self, Status};

/// The jobs that the platform's workers do. There is a queue of each.
pub const TYPES: [&str; 7] = ["transcode", "reencode", "clip", "thumbnail", "single", "channel", "convert"];

/// How often a job is attempted before it has failed.
pub const ATTEMPTS: u32 = 3;

#[derive(Deserialize)]
struct NewJob {
    #[serde(rename = "type")]
    job_type: String,
    input: String,
    tenant: Option<String>,
}

/// A row, as it is told.
#[derive(Serialize)]
struct Job {
    id: String,
    #[serde(rename = "type")]
    job_type: String,
    input: String,
    tenant: String,
    state: String,
    outcome: Option<String>,
    error_type: Option<String>,
    trace_id: Option<String>,
    worker: Option<String>,
    attempts: u32,
    outputs: Value,
    queue_seconds: Option<f64>,
    duration_seconds: Option<f64>,
}

const INSERT: Statement = Statement::new(
    "INSERT",
    "jobs",
    "INSERT INTO jobs (id, type, input, tenant, state, context, trace_id, created, available) \
     VALUES (?1, ?2, ?3, ?4, 'queued', ?5, ?6, ?7, ?7)",
);
const USED: Statement = Statement::new("SELECT", "jobs", "SELECT coalesce(sum(bytes), 0) FROM jobs WHERE tenant = ?1");
const ONE: Statement = Statement::new(
    "SELECT",
    "jobs",
    "SELECT id, type, input, tenant, state, outcome, error_type, trace_id, worker, attempts, outputs, created, \
     started, ended FROM jobs WHERE id = ?1",
);
const RECENT: Statement = Statement::new(
    "SELECT",
    "jobs",
    "SELECT id, type, input, tenant, state, outcome, error_type, trace_id, worker, attempts, outputs, created, \
     started, ended FROM jobs ORDER BY created DESC LIMIT 100",
);
const CANCEL: Statement = Statement::new(
    "UPDATE",
    "jobs",
    "UPDATE jobs SET state = 'done', outcome = 'cancelled', ended = ?2 WHERE id = ?1 AND state = 'queued' \
     RETURNING type, context",
);

pub fn router() -> Router<App> {
    Router::new().route("/jobs", post(create).get(recent)).route("/jobs/{id}", get(show).delete(cancel))
}

async fn create(State(app): State<App>, Body(new): Body<NewJob>) -> Answer {
    let NewJob { job_type, input, tenant } = new;
    if !TYPES.contains(&job_type.as_str()) {
        return Err(Refusal::BadRequest(format!("{job_type:?} is no type of job: one of {}", TYPES.join(", "))));
    }
    // The worker that gets it looks closer: the file may come or go while the job waits.
    if input.is_empty() || input.starts_with('/') || input.split('/').any(|part| part == "..") {
        return Err(Refusal::BadRequest(format!("{input:?} is not the path of an input below the media directory")));
    }
    let tenant = app.tenants.named(tenant.as_deref())?;
    has_room(&app, &tenant).await?;

    let id = uuid::Uuid::new_v4().simple().to_string();
    // A child of this request.
    let job = app.work.job(&job_type).id(&id).max_attempts(ATTEMPTS).create();
    let mut context = HashMap::new();
    job.inject(&mut context);
    let trace_id = Parent::current().trace_id();
    let row = (id.clone(), job_type.clone(), input.clone(), tenant.clone(), json!(context).to_string());
    let (row_trace, created) = (trace_id.clone(), now());
    app.tenants.owns(&id, &tenant);
    app.database
        .write(INSERT, move |connection, sql| {
            let (id, job_type, input, tenant, context) = row;
            connection.execute(sql, params![id, job_type, input, tenant, context, row_trace, created])
        })
        .await?;
    // It is in the queue, and a worker goes on with it. One that came not so far is dropped, which cancels it.
    job.hand_over(&mut context);
    if job_type == "transcode" {
        videos::set_status(&app, &input, Status::Processing).await;
    }
    tracing::info!(job_id = id, job_type, input, tenant, "a job waits");
    Ok((StatusCode::ACCEPTED, Json(json!({"id": id, "trace_id": trace_id}))).into_response())
}

/// Refuses where the tenant's outputs take all that they may.
async fn has_room(app: &App, tenant: &str) -> Answer<()> {
    let Some(quota) = app.tenants.quota(tenant) else { return Ok(()) };
    let of = tenant.to_owned();
    let used =
        app.database.read(USED, move |connection, sql| connection.query_row(sql, [&of], |row| row.get::<_, i64>(0)));
    let used = u64::try_from(used.await?).unwrap_or(0);
    if used >= quota {
        return Err(Refusal::Forbidden(format!("{tenant} has {used} bytes of {quota}")));
    }
    Ok(())
}

async fn recent(State(app): State<App>) -> Answer {
    let jobs = app.database.read(RECENT, |connection, sql| {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], Job::read)?;
        rows.collect::<Result<Vec<_>, _>>()
    });
    Ok(Json(jobs.await?).into_response())
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> Answer {
    Ok(Json(find(&app, &id).await?).into_response())
}

async fn find(app: &App, id: &str) -> Answer<Job> {
    let wanted = id.to_owned();
    let job = app.database.read(ONE, move |connection, sql| connection.query_row(sql, [&wanted], Job::read).optional());
    job.await?.ok_or_else(|| Refusal::NotFound(format!("job {id:?}")))
}

async fn cancel(State(app): State<App>, Path(id): Path<String>) -> Answer {
    let (wanted, ended) = (id.clone(), now());
    let cancelled = app.database.write(CANCEL, move |connection, sql| {
        let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        connection.query_row(sql, params![wanted, ended], read).optional()
    });
    let Some((job_type, context)) = cancelled.await? else {
        let job = find(&app, &id).await?;
        return Err(Refusal::Conflict(format!("the job is {}", job.state)));
    };
    let context: HashMap<String, String> = serde_json::from_str(&context).unwrap_or_default();
    app.work.job(job_type).id(id).received(&context).create().cancel();
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl Job {
    /// From the columns of [`ONE`] and [`RECENT`].
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let outputs: String = row.get(10)?;
        let (created, started, ended): (f64, Option<f64>, Option<f64>) = (row.get(11)?, row.get(12)?, row.get(13)?);
        Ok(Self {
            id: row.get(0)?,
            job_type: row.get(1)?,
            input: row.get(2)?,
            tenant: row.get(3)?,
            state: row.get(4)?,
            outcome: row.get(5)?,
            error_type: row.get(6)?,
            trace_id: row.get(7)?,
            worker: row.get(8)?,
            attempts: row.get(9)?,
            outputs: serde_json::from_str(&outputs).unwrap_or_default(),
            queue_seconds: started.or(ended).map(|until| until - created),
            duration_seconds: ended.map(|ended| started.map_or(0.0, |started| ended - started)),
        })
    }
}
