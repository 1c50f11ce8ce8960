//! Videos: uploaded, told of, watched.
//!
//! | request | answer |
//! |---|---|
//! | `POST /videos?title=…&name=film.mp4&tenant=…` | 201 and the video; its body is the file |
//! | `GET /videos` | the recent ones |
//! | `GET /videos/{id}` | the video, from the cache where it is there |
//! | `POST /videos/{id}/playback` `{"session", "watched_seconds", "ended"}` | 204: a player says how much it has played |

use std::time::Duration;

use axum::body::Body as Stream;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::StreamExt as _;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;

use crate::answer::{Answer, Refusal};
use crate::app::{App, now};
use crate::body::Body;
use crate::database::Statement;

/// What has become of a video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Uploaded,
    Processing,
    Ready,
    Failed,
}

#[derive(Clone, Debug, Serialize)]
pub struct Video {
    pub id: String,
    pub title: String,
    /// Below the media directory: the input of jobs.
    pub file: String,
    pub tenant: String,
    pub bytes: u64,
    pub seconds: Option<f64>,
    pub status: String,
}

#[derive(Deserialize)]
struct Upload {
    title: String,
    name: String,
    tenant: Option<String>,
    /// How long it plays, where the one who uploads it knows.
    seconds: Option<f64>,
}

#[derive(Deserialize)]
struct Played {
    session: String,
    #[serde(default)]
    watched_seconds: f64,
    #[serde(default)]
    ended: bool,
}

/// The largest file that is taken: 8 GiB.
const LARGEST: u64 = 8 << 30;

const INSERT: Statement = Statement::new(
    "INSERT",
    "videos",
    "INSERT INTO videos (id, title, file, tenant, bytes, seconds, status, created) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
);
const INDEX: Statement =
    Statement::new("INSERT", "search", "INSERT INTO search (video, title, words) VALUES (?1, ?2, '')");
const ONE: Statement = Statement::new(
    "SELECT",
    "videos",
    "SELECT id, title, file, tenant, bytes, seconds, status FROM videos WHERE id = ?1",
);
const RECENT: Statement = Statement::new(
    "SELECT",
    "videos",
    "SELECT id, title, file, tenant, bytes, seconds, status FROM videos ORDER BY created DESC LIMIT 100",
);
const SET_STATUS: Statement =
    Statement::new("UPDATE", "videos", "UPDATE videos SET status = ?2 WHERE file = ?1 RETURNING id");

impl Status {
    pub const ALL: [Self; 4] = [Self::Uploaded, Self::Processing, Self::Ready, Self::Failed];
    pub const NAMES: [&str; 4] = ["uploaded", "processing", "ready", "failed"];

    pub fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

pub fn router() -> Router<App> {
    Router::new()
        .route("/videos", post(upload).get(recent))
        .route("/videos/{id}", get(show))
        .route("/videos/{id}/playback", post(played))
}

async fn upload(State(app): State<App>, Query(upload): Query<Upload>, body: Stream) -> Answer {
    let Upload { title, name, tenant, seconds } = upload;
    let tenant = app.tenants.named(tenant.as_deref())?;
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let is_plain = |extension: &String| extension.len() <= 8 && extension.chars().all(|c| c.is_ascii_alphanumeric());
    let extension =
        extension.filter(is_plain).ok_or_else(|| Refusal::BadRequest(format!("{name:?} has no extension")))?;
    let id = uuid::Uuid::new_v4().simple().to_string();
    let file = format!("uploads/{id}.{extension}");
    let bytes = receive(&app, &file, body).await?;
    let seconds = seconds.filter(|seconds| seconds.is_finite() && *seconds > 0.0);
    let status = Status::Uploaded.as_str().to_owned();
    let video = Video { id, title, file, tenant, bytes, seconds, status };
    let (row, words) = (video.clone(), video.clone());
    let inserted = app.database.write(INSERT, move |connection, sql| {
        let Video { id, title, file, tenant, bytes, seconds, status } = row;
        connection.execute(sql, params![id, title, file, tenant, bytes as i64, seconds, status, now()])
    });
    inserted.await?;
    let index = app.database.write(INDEX, move |connection, sql| connection.execute(sql, [words.id, words.title]));
    index.await?;
    app.own.uploaded();
    Ok((StatusCode::CREATED, Json(video)).into_response())
}

/// Writes a body into a file, which appears when it is whole.
async fn receive(app: &App, file: &str, body: Stream) -> Answer<u64> {
    let path = app.inputs.join(file);
    let folder = path.parent().unwrap_or(&app.inputs);
    tokio::fs::create_dir_all(folder).await?;
    let part = tempfile::Builder::new().prefix(".upload").tempfile_in(folder)?;
    let mut sink = tokio::fs::File::from_std(part.reopen()?);
    let (mut chunks, mut bytes) = (body.into_data_stream(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Refusal::BadRequest(format!("the upload breaks off: {error}")))?;
        bytes += chunk.len() as u64;
        if bytes > LARGEST {
            return Err(Refusal::TooLarge(LARGEST));
        }
        sink.write_all(&chunk).await?;
    }
    sink.sync_all().await?;
    if bytes == 0 {
        return Err(Refusal::BadRequest("the upload is empty".to_owned()));
    }
    part.persist(&path).map_err(|error| error.error)?;
    Ok(bytes)
}

async fn recent(State(app): State<App>) -> Answer {
    let videos = app.database.read(RECENT, |connection, sql| {
        let mut statement = connection.prepare(sql)?;
        statement.query_map([], Video::read)?.collect::<Result<Vec<_>, _>>()
    });
    Ok(Json(videos.await?).into_response())
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> Answer {
    let key = cache_key(&id);
    let json = [(CONTENT_TYPE, "application/json")];
    if let Some(cached) = app.cache.get(&key).await {
        return Ok((json, cached).into_response());
    }
    let video = find(&app, &id).await?;
    let text = serde_json::to_string(&video).map_err(crate::database::Error::from)?;
    app.cache.set(&key, &text).await;
    Ok((json, text).into_response())
}

pub async fn find(app: &App, id: &str) -> Answer<Video> {
    let wanted = id.to_owned();
    let video =
        app.database.read(ONE, move |connection, sql| connection.query_row(sql, [&wanted], Video::read).optional());
    video.await?.ok_or_else(|| Refusal::NotFound(format!("video {id:?}")))
}

/// Players tell what they have played since they last did so; browsers do with each heartbeat.
async fn played(State(app): State<App>, Path(id): Path<String>, Body(played): Body<Played>) -> Answer<StatusCode> {
    let Played { session, watched_seconds, ended } = played;
    let watched = Duration::try_from_secs_f64(watched_seconds)
        .map_err(|_| Refusal::BadRequest(format!("{watched_seconds} is no length of time")))?;
    let video = find(&app, &id).await?;
    app.sessions.heartbeat(&session, watched, || {
        let playback = app.media.playback();
        match video.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            Some(length) => playback.length(length),
            None => playback,
        }
    });
    if ended {
        app.sessions.end(&session);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Of the video that a job is about; of an input that was not uploaded there is none. What the job has come to stands,
/// also where this cannot be written.
pub async fn set_status(app: &App, file: &str, status: Status) {
    let file = file.to_owned();
    let id = app.database.write(SET_STATUS, move |connection, sql| {
        connection.query_row(sql, params![file, status.as_str()], |row| row.get::<_, String>(0)).optional()
    });
    match id.await {
        Ok(Some(id)) => app.cache.remove(&cache_key(&id)).await,
        Ok(None) => {}
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "a video's status is not up to date"),
    }
}

fn cache_key(id: &str) -> String {
    format!("video:{id}")
}

impl Video {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            title: row.get(1)?,
            file: row.get(2)?,
            tenant: row.get(3)?,
            bytes: u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
            seconds: row.get(5)?,
            status: row.get(6)?,
        })
    }
}
