//! Captions: what is said in a video, given as SubRip, exported in several formats.
//!
//! | request | answer |
//! |---|---|
//! | `PUT /videos/{id}/captions` | 204; its body is SubRip. A transcriber's `.srt` is taken by itself |
//! | `GET /videos/{id}/export.srt`, `.vtt`, `.json`, `.pdf` | the captions |

mod format;
mod pdf;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::{get, put};
use rusqlite::{OptionalExtension as _, params};

use crate::answer::{Answer, Refusal};
use crate::app::App;
use crate::database::{Error, Statement};
use crate::videos;

pub use format::{Cue, Format};

const SAVE: Statement =
    Statement::new("INSERT", "captions", "INSERT OR REPLACE INTO captions (video, cues) VALUES (?1, ?2)");
const INDEX: Statement = Statement::new("UPDATE", "search", "UPDATE search SET words = ?2 WHERE video = ?1");
const OF_VIDEO: Statement = Statement::new("SELECT", "captions", "SELECT cues FROM captions WHERE video = ?1");
const VIDEO_OF_FILE: Statement = Statement::new("SELECT", "videos", "SELECT id FROM videos WHERE file = ?1");

pub fn router() -> Router<App> {
    Router::new().route("/videos/{id}/captions", put(give)).route("/videos/{id}/export.{format}", get(export))
}

async fn give(State(app): State<App>, Path(id): Path<String>, text: String) -> Answer<StatusCode> {
    let video = videos::find(&app, &id).await?;
    save(&app, video.id, Cue::parse_all(&text)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn export(State(app): State<App>, Path((id, format)): Path<(String, String)>) -> Answer {
    let format = Format::named(&format).ok_or_else(|| Refusal::NotFound(format!("the format {format:?}")))?;
    let video = videos::find(&app, &id).await?;
    let wanted = id.clone();
    let cues = app.database.read(OF_VIDEO, move |connection, sql| {
        connection.query_row(sql, [&wanted], |row| row.get::<_, String>(0)).optional()
    });
    let cues = cues.await?.ok_or_else(|| Refusal::NotFound(format!("what is said in video {id:?}")))?;
    let cues: Vec<Cue> = serde_json::from_str(&cues).map_err(Error::from)?;
    app.own.exported(format);
    Ok(([(CONTENT_TYPE, format.content_type())], format.write(&video.title, &cues)).into_response())
}

/// Takes what a transcriber has written about an input, if that is a video that was uploaded.
pub async fn take_from_output(app: &App, input: &str, output: &str) -> Answer<()> {
    let input = input.to_owned();
    let video = app.database.read(VIDEO_OF_FILE, move |connection, sql| {
        connection.query_row(sql, [&input], |row| row.get::<_, String>(0)).optional()
    });
    let Some(video) = video.await? else { return Ok(()) };
    // Where the workers write elsewhere, to a bucket say, it is not here.
    let text = match tokio::fs::read_to_string(app.outputs.join(output)).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        text => text?,
    };
    save(app, video, Cue::parse_all(&text)?).await
}

async fn save(app: &App, video: String, cues: Vec<Cue>) -> Answer<()> {
    let text = serde_json::to_string(&cues).map_err(Error::from)?;
    let words: Vec<_> = cues.into_iter().map(|cue| cue.text).collect();
    let (of, words) = (video.clone(), words.join("\n"));
    app.database.write(SAVE, move |connection, sql| connection.execute(sql, params![of, text])).await?;
    app.database.write(INDEX, move |connection, sql| connection.execute(sql, params![video, words])).await?;
    Ok(())
}
