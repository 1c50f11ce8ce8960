//! `GET /media/{*path}`: what the workers have written, streamed.
//!
//! A range that a player asks for is answered by 206. The file is read as fast as the client takes it: how long that
//! lasted, and how much was sent before a viewer went away, is the HTTP layer's to measure.

use std::io::SeekFrom;
use std::ops::Range;
use std::path::{Component, Path as File};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use futures_util::{Stream, stream};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::answer::{Answer, Refusal};
use crate::app::App;

/// How much is read at once.
const CHUNK: u64 = 64 << 10;

pub fn router() -> Router<App> {
    Router::new().route("/media/{*path}", get(media))
}

async fn media(State(app): State<App>, Path(path): Path<String>, headers: HeaderMap) -> Answer {
    let file = open(&app, &path).await?;
    let length = file.metadata().await?.len();
    let asked = headers.get(RANGE).and_then(|range| range.to_str().ok()).and_then(|range| parse_range(range, length));
    let (status, range) = match asked {
        None => (StatusCode::OK, 0..length),
        Some(range) if range.start >= range.end => {
            return Err(Refusal::NotSatisfiable(format!("{path} has {length} bytes")));
        }
        Some(range) => (StatusCode::PARTIAL_CONTENT, range),
    };
    let mut response = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, content_type(&path))
        .header(CONTENT_LENGTH, range.end - range.start)
        .header(ACCEPT_RANGES, "bytes");
    if status == StatusCode::PARTIAL_CONTENT {
        response = response.header(CONTENT_RANGE, format!("bytes {}-{}/{length}", range.start, range.end - 1));
    }
    let body = Body::from_stream(read(file, range).await?);
    response.body(body).map_err(|error| Refusal::BadRequest(error.to_string()))
}

/// Opens a file below the directory of outputs, and none that a link leads to outside of it.
async fn open(app: &App, path: &str) -> Answer<tokio::fs::File> {
    let unknown = || Refusal::NotFound(format!("{path:?}"));
    let is_plain = File::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if !is_plain || path.contains('\0') {
        return Err(unknown());
    }
    let real = tokio::fs::canonicalize(app.outputs.join(path)).await.map_err(|_| unknown())?;
    if !real.starts_with(&app.outputs) {
        return Err(unknown());
    }
    let file = tokio::fs::File::open(&real).await?;
    if !file.metadata().await?.is_file() {
        return Err(unknown());
    }
    Ok(file)
}

async fn read(mut file: tokio::fs::File, range: Range<u64>) -> Answer<impl Stream<Item = std::io::Result<Bytes>>> {
    if range.start > 0 {
        file.seek(SeekFrom::Start(range.start)).await?;
    }
    Ok(stream::try_unfold((file, range.end - range.start), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut chunk = Vec::with_capacity(CHUNK.min(left) as usize);
        (&mut file).take(CHUNK.min(left)).read_to_end(&mut chunk).await?;
        if chunk.is_empty() {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the file became shorter"));
        }
        let left = left - chunk.len() as u64;
        Ok(Some((Bytes::from(chunk), (file, left))))
    }))
}

/// One range of bytes; nothing where it is not understood, which is answered by all of the file. An empty one cannot
/// be satisfied.
fn parse_range(header: &str, length: u64) -> Option<Range<u64>> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    match (first, last) {
        ("", last) => Some(length.saturating_sub(last.parse().ok()?)..length),
        (first, "") => Some(first.parse().ok()?..length),
        (first, last) => {
            let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
            (first <= last).then(|| first..last.saturating_add(1).min(length))
        }
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "m3u8" => "application/vnd.apple.mpegurl",
        "mpd" => "application/dash+xml",
        "ts" => "video/mp2t",
        "mp4" | "m4s" | "m4v" => "video/mp4",
        "mp3" => "audio/mpeg",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "vtt" => "text/vtt",
        "srt" => "application/x-subrip",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}
