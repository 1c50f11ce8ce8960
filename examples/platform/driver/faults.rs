//! What befalls the platform. Nothing is pretended: the lock of the database is taken, Redis is killed, workers fall
//! silent, ffmpegs are stopped and killed.

use std::{process::Command, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Users, again};

/// Between two faults of a kind.
const PEACE: Duration = Duration::from_secs(60);
/// Before the first of the database: work is to be seen that goes well.
const AT_FIRST: Duration = Duration::from_secs(8);

/// The longest that the database is away. Requests and background tasks are refused long before.
const AWAY: u64 = 20;
/// How long it is slow.
const SLOW: Duration = Duration::from_secs(4);

/// How long a worker of this file is heard of. The API counts it as lost when it was silent for half of its patience.
const FLEET: usize = 130;

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
        users.post("/worker/claim", &json!({"worker": name, "types": ["transcode"]})).await?;
        // More than there are names for: the rest share one.
        let fleet: Vec<_> = (0..FLEET).map(|number| format!("spare-{number}")).collect();
        for worker in &fleet {
            users.post("/worker/heartbeat", &json!({"worker": worker, "state": "idle", "capacity": 1})).await?;
        }
        for worker in &fleet {
            users.post("/worker/leave", &json!({"worker": worker})).await?;
        }
        Ok(())
    })
    .await
}

/// An ffmpeg is stopped for so long that it counts as a stall; another is killed, and its job tried again.
pub(super) async fn of_ffmpeg(users: Arc<Users>) -> Result<()> {
    let encoder = users.encoder.context("there is no media worker")?;
    again(Duration::from_secs(1), || async {
        // Of a film that plays for an hour: it does not end before it is found.
        let job = json!({"type": "transcode", "input": crate::media::LONG, "tenant": "demo"});
        users.post("/jobs", &job).await?;
        let long = || std::future::ready(child_of(encoder, crate::media::LONG).is_some());
        users.until("the long film to be transcoded", long).await?;
        let stopped = child_of(encoder, crate::media::LONG).context("it is gone")?;
        signal("STOP", &stopped)?;
        tokio::time::sleep(Duration::from_secs(33)).await;
        signal("CONT", &stopped)?;
        for _ in 0..3 {
            let found = || std::future::ready(child_of(encoder, crate::media::LONG).is_some());
            users.until("the long film to be transcoded again", found).await?;
            if let Some(killed) = child_of(encoder, crate::media::LONG) {
                signal("KILL", &killed)?;
                let gone = || std::future::ready(!std::path::Path::new("/proc").join(&killed).exists());
                users.until("it to be gone", gone).await?;
            }
        }
        tokio::time::sleep(PEACE).await;
        Ok(())
    })
    .await
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
