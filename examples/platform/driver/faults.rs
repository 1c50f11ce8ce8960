//! What befalls the platform. Nothing is pretended: the lock of the database is taken, Redis is killed, workers fall
//! silent, ffmpegs are stopped and killed.

use std::{future::ready, path::Path, process::Command, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Users, again};
use crate::media::LONG;

/// Between two faults of a kind.
const PEACE: Duration = Duration::from_secs(60);
/// Before the first of the database: work is to be seen that goes well.
const AT_FIRST: Duration = Duration::from_secs(8);

/// The longest that the database is away. Requests and background tasks are refused long before.
const AWAY: u64 = 20;
/// How long it is slow.
const SLOW: Duration = Duration::from_secs(4);

/// More workers than there are names for in labels (128).
const FLEET: usize = 130;
/// The worker calls it a stall after 30 s.
const STALL: Duration = Duration::from_secs(33);
/// Of a job of the worker's own.
const ATTEMPTS: u32 = 2;

/// The database is slow, and then it is away.
pub(super) async fn of_the_database(users: Arc<Users>) -> Result<()> {
    tokio::time::sleep(AT_FIRST).await;
    again(PEACE, || async {
        users.befalls(Some("the database is slow"));
        users.post("/admin/faults", &json!({"database": "slow", "seconds": SLOW.as_secs()})).await?;
        tokio::time::sleep(SLOW).await;
        users.befalls(Some("the database is away"));
        users.post("/admin/faults", &json!({"database": "down", "seconds": AWAY})).await?;
        let refused = || async {
            let answer = users.send(users.request(Method::GET, "/jobs")).await;
            answer.is_ok_and(|answer| answer.status() == StatusCode::SERVICE_UNAVAILABLE)
        };
        users.until("a request to be refused", refused).await?;
        // Background tasks come every few seconds, and try again.
        tokio::time::sleep(Duration::from_secs(6)).await;
        users.post("/admin/faults", &json!({"database": "none"})).await?;
        users.befalls(None);
        Ok(())
    })
    .await
}

/// Redis is killed, and comes back. A file appears among the outputs that nobody said anything of.
pub(super) async fn of_the_cache(users: Arc<Users>) -> Result<()> {
    let redis = users.redis.clone().context("there is no Redis")?;
    again(PEACE / 2, || async {
        let path = format!("/videos/{}", users.video()?.id);
        users.send(users.request(Method::GET, &path)).await?;
        redis.lock().await.kill();
        users.befalls(Some("Redis is gone"));
        for _ in 0..6 {
            users.send(users.request(Method::GET, &path)).await?;
        }
        let stray = users.outputs.join("stray");
        tokio::fs::write(&stray, vec![0; 1 << 16]).await?;
        users.post("/admin/reconcile", &json!({})).await?;
        tokio::time::sleep(Duration::from_secs(4)).await;
        tokio::fs::remove_file(stray).await?;
        redis.lock().await.start_again().await?;
        users.befalls(None);
        Ok(())
    })
    .await
}

/// A worker takes a job and is not heard of again; many others come and go.
pub(super) async fn of_workers(users: Arc<Users>) -> Result<()> {
    let lives = std::sync::atomic::AtomicU64::new(0);
    again(PEACE, || async {
        users.video()?;
        let name = format!("ghost-{}", lives.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let alive = json!({"worker": name, "state": "busy", "running": 1, "capacity": 1, "load": {"memory": 0.9}});
        users.post("/worker/heartbeat", &alive).await?;
        users.post("/worker/claim", &json!({"worker": name, "types": ["thumbnail"]})).await?;
        // Those that have no name of their own share one.
        let fleet: Vec<_> = (0..FLEET).map(|number| format!("spare-{number}")).collect();
        let tell = |path: &'static str| {
            let told = |worker: &String| {
                let said = json!({"worker": worker, "state": "idle", "capacity": 1});
                let users = &users;
                async move { users.post(path, &said).await }
            };
            stream::iter(fleet.iter().map(told).collect::<Vec<_>>()).buffer_unordered(8).try_collect::<Vec<_>>()
        };
        tell("/worker/heartbeat").await?;
        tell("/worker/leave").await?;
        Ok(())
    })
    .await
}

/// An ffmpeg is stopped for so long that it counts as a stall, and killed until its job has failed.
pub(super) async fn of_ffmpeg(users: Arc<Users>) -> Result<()> {
    let encoder = users.encoder.context("there is no media worker")?;
    again(PEACE, || async {
        // In the worker's own queue, where no others wait.
        let job = json!({"type": "transcode", "input": LONG});
        users.ask(users.client.post(format!("{}/jobs", users.worker)).body(job.to_string())).await?;
        let stopped = found(&users, encoder).await?;
        signal("STOP", &stopped)?;
        tokio::time::sleep(STALL).await;
        for _ in 0..ATTEMPTS {
            kill(&users, encoder).await?;
        }
        Ok(())
    })
    .await
}

/// Kills the ffmpeg that works on the long film.
async fn kill(users: &Users, encoder: u32) -> Result<()> {
    let process = found(users, encoder).await?;
    signal("KILL", &process)?;
    let gone = || ready(!Path::new("/proc").join(&process).exists());
    users.until("it to be gone", gone).await
}

/// Waits until an ffmpeg works on the long film, and returns its process id.
async fn found(users: &Users, encoder: u32) -> Result<String> {
    users.until("the long film to be transcoded", || ready(child_of(encoder, LONG).is_some())).await?;
    child_of(encoder, LONG).context("it is gone")
}

fn signal(name: &str, process: &str) -> Result<()> {
    let status = Command::new("kill").arg(format!("-{name}")).arg(process).status()?;
    ensure!(status.success(), "process {process} is gone");
    Ok(())
}

/// The process id of a child that works on this file, and not only looks at it.
fn child_of(parent: u32, file: &str) -> Option<String> {
    std::fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        // pid (comm) state ppid …
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (comm, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let ppid: u32 = rest.split_whitespace().nth(1)?.parse().ok()?;
        let arguments = std::fs::read(entry.path().join("cmdline")).ok()?;
        let works = comm == "ffmpeg" && String::from_utf8_lossy(&arguments).contains(file);
        (ppid == parent && works).then(|| entry.file_name().into_string().ok())?
    })
}
