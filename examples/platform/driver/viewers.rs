//! Those who watch, look for something, and ask for what is not there.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::json;

use super::{Users, again};

/// Players tell how far they are so often. They are believed only the time that has gone by.
const HEARTBEAT: Duration = Duration::from_millis(400);
/// So many heartbeats to a session.
const SESSION: u64 = 8;

const PAUSE: Duration = Duration::from_millis(700);

/// A slow viewer takes so much, and goes away.
const ENOUGH: usize = 64 << 10;

/// Three players at a time.
pub(super) async fn players(users: Arc<Users>) -> Result<()> {
    let heartbeats = std::sync::atomic::AtomicU64::new(0);
    again(HEARTBEAT, || async {
        let heartbeat = heartbeats.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let playback = format!("/videos/{}/playback", users.video()?.id);
        for seat in 0..3 {
            let at = heartbeat + seat * SESSION / 3;
            let played = json!({
                "session": format!("seat-{seat}-{}", at / SESSION),
                "watched_seconds": HEARTBEAT.as_secs_f64(),
                "ended": at % SESSION == SESSION - 1,
            });
            users.post(&playback, &played).await?;
        }
        Ok(())
    })
    .await
}

/// Readers look for a video, at it, at what is said in it, and at what was made of it.
pub(super) async fn readers(users: Arc<Users>) -> Result<()> {
    again(PAUSE, || async {
        let id = users.video()?.id;
        let exports = ["srt", "vtt", "json", "pdf"].map(|format| format!("/videos/{id}/export.{format}"));
        let video = format!("/videos/{id}");
        let asked = ["/search?q=welcome", "/search?q=film&backend=scan", "/videos", &video, &video];
        for path in asked.into_iter().chain(exports.iter().map(String::as_str)) {
            users.send(users.request(Method::GET, path)).await?;
        }
        let output = users.state().outputs.first().cloned().context("nothing was written yet")?;
        let stream = users.request(Method::GET, &format!("/media/{output}"));
        let whole = users.send(stream.try_clone().context("a request without a body")?).await?;
        whole.bytes().await?;
        users.send(stream.try_clone().context("a request without a body")?.header("range", "bytes=0-99")).await?;
        let mut slow = users.send(stream).await?.bytes_stream();
        let mut taken = 0;
        while let Some(chunk) = slow.next().await {
            taken += chunk?.len();
            if taken > ENOUGH {
                break;
            }
        }
        Ok(())
    })
    .await
}

/// Strangers ask for what is not there, in ways that are not known.
pub(super) async fn strangers(users: Arc<Users>) -> Result<()> {
    let asked = std::sync::atomic::AtomicU64::new(0);
    again(PAUSE, || async {
        let number = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let brew = Method::from_bytes(b"BREW")?;
        users.send(users.request(Method::GET, &format!("/wp-admin/{number}.php"))).await?;
        users.send(users.request(brew, "/coffee")).await?;
        users.send(users.request(Method::POST, "/jobs").body("{\"type\":")).await?;
        users.send(users.request(Method::GET, &format!("/jobs/{number}"))).await?;
        users.send(users.request(Method::GET, "/media/../platform.sqlite")).await?;
        // One that has no room left once it has had a job done.
        let job = json!({"type": "thumbnail", "input": users.video()?.file, "tenant": "tiny"});
        users.send(users.request(Method::POST, "/jobs").body(job.to_string())).await?;
        // One that thinks better of it.
        let job = json!({"type": "clip", "input": users.video()?.file});
        let accepted = users.post("/jobs", &job).await?;
        let id = accepted["id"].as_str().context("a job without an id")?;
        users.send(users.request(Method::DELETE, &format!("/jobs/{id}"))).await?;
        Ok(())
    })
    .await
}
