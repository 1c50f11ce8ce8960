//! What goes on beside the requests. Nothing is asked of the database when somebody scrapes: these tasks have asked
//! before.
//!
//! | task | how often | what it does |
//! |---|---|---|
//! | `queues` | 2 s | how many jobs of each type wait, and for how long |
//! | `videos` | 5 s | how many videos there are of each status |
//! | `abandoned` | 10 s | jobs whose worker has vanished go back to the queue |
//! | `cleanup` | 60 s | players that fell silent end; jobs that ended long ago with nothing are forgotten |
//! | `reconcile` | 6 h | the outputs are scanned, and the usage set right |

use std::sync::PoisonError;
use std::time::Duration;

use rusqlite::{Row, params};
use telecine::store::{Lease, Reconciler, Reconciliation};
use telecine::work::{Background, BackgroundError, Backoff, Depth, Queue};

use crate::app::{App, now};
use crate::database::{Error, Statement};
use crate::jobs;
use crate::videos::Status;

/// The tasks that run. They are aborted when this is dropped.
pub struct Tasks {
    background: Vec<Background>,
    reconciler: Reconciler,
}

const QUEUES: Duration = Duration::from_secs(2);
const VIDEOS: Duration = Duration::from_secs(5);
const ABANDONED: Duration = Duration::from_secs(10);
const CLEANUP: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(20);

/// How long jobs are known that have ended and left nothing behind, in seconds: a month.
const KEPT: f64 = 30.0 * 86_400.0;

const WAITING: Statement = Statement::new(
    "SELECT",
    "jobs",
    "SELECT type, count(*), max(?1 - created) FROM jobs WHERE state = 'queued' GROUP BY type",
);
const BY_STATUS: Statement = Statement::new("SELECT", "videos", "SELECT status, count(*) FROM videos GROUP BY status");
const GIVE_BACK: Statement = Statement::new(
    "UPDATE",
    "jobs",
    "UPDATE jobs SET state = 'queued', worker = NULL, available = ?1 WHERE state = 'running' AND heard < ?2",
);
const FORGET: Statement =
    Statement::new("DELETE", "jobs", "DELETE FROM jobs WHERE state = 'done' AND bytes = 0 AND ended < ?1");

/// Starts them.
pub fn start(app: &App, reconcile_every: Duration, worker_timeout: Duration) -> Result<Tasks, BackgroundError> {
    let queues: Vec<(&str, Queue)> = jobs::TYPES.iter().map(|name| (*name, app.work.queue(name))).collect();
    let queues = run(app, "queues", QUEUES, move |app| look(app, queues.clone()))?;
    let videos = run(app, "videos", VIDEOS, count_videos)?;
    let give_back = move |app| give_back(app, worker_timeout);
    let abandoned = run(app, "abandoned", ABANDONED.min(worker_timeout), give_back)?;
    let cleanup = run(app, "cleanup", CLEANUP, clean_up)?;
    // Of several processes of this API one scans, and shows the usage.
    let reconciler = Reconciliation::new(&app.usage, app.source.clone())
        .every(reconcile_every)
        .task("reconcile")
        .lease(Lease::file(app.outputs.join(".usage.lock")))
        .start(&app.work)?;
    Ok(Tasks { background: vec![queues, videos, abandoned, cleanup], reconciler })
}

impl Tasks {
    /// Ends them: runs that are under way are waited for.
    pub async fn stop(self) {
        for task in self.background {
            task.stop().await;
        }
        self.reconciler.stop().await;
    }
}

fn run<F, Fut>(app: &App, task: &str, every: Duration, mut function: F) -> Result<Background, BackgroundError>
where
    F: FnMut(App) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    let backoff = Backoff { retries: 2, first: Duration::from_millis(500), max: Duration::from_secs(5) };
    let task = app.work.background(task).every(every).jitter(every / 10).timeout(TIMEOUT).retry(backoff);
    let app = app.clone();
    task.run(move || function(app.clone()))
}

async fn look(app: App, queues: Vec<(&'static str, Queue)>) -> Result<(), Error> {
    let waiting = app.database.read(WAITING, |connection, sql| {
        let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, f64>(2)?));
        let mut statement = connection.prepare(sql)?;
        statement.query_map([now()], read)?.collect::<Result<Vec<_>, _>>()
    });
    let waiting = match waiting.await {
        Ok(waiting) => waiting,
        Err(error) => {
            // A gap says that nobody knows.
            queues.iter().for_each(|(_, queue)| queue.forget());
            return Err(error);
        }
    };
    for (name, queue) in &queues {
        let found = waiting.iter().find(|(job_type, ..)| job_type == name);
        queue.report(found.map_or(Depth::from(0), |(_, size, oldest)| Depth {
            size: u64::try_from(*size).unwrap_or(0),
            oldest: Duration::try_from_secs_f64(oldest.max(0.0)).ok(),
        }));
    }
    Ok(())
}

async fn count_videos(app: App) -> Result<(), Error> {
    let counts = app.database.read(BY_STATUS, |connection, sql| {
        let mut counts = [0; Status::ALL.len()];
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let status: String = row.get(0)?;
            if let Some(at) = Status::NAMES.iter().position(|name| *name == status) {
                counts[at] = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
            }
        }
        Ok(counts)
    });
    let counts = counts.await;
    *app.own.videos.lock().unwrap_or_else(PoisonError::into_inner) = counts.as_ref().ok().copied();
    counts.map(|_| ())
}

async fn give_back(app: App, worker_timeout: Duration) -> Result<(), Error> {
    let given_back = app.database.write(GIVE_BACK, move |connection, sql| {
        let now = now();
        connection.execute(sql, params![now, now - worker_timeout.as_secs_f64()])
    });
    let given_back = given_back.await?;
    if given_back > 0 {
        tracing::warn!(jobs = given_back, "jobs go back to the queue: their workers have vanished");
    }
    Ok(())
}

async fn clean_up(app: App) -> Result<(), Error> {
    app.sessions.expire();
    app.database.write(FORGET, |connection, sql| connection.execute(sql, [now() - KEPT])).await?;
    Ok(())
}
