//! The front of a media platform: jobs for workers, videos, playback, search, exports, and telecine to see it all.
//!
//! ```text
//! cargo run --example http_api -- --media videos --output output
//! cargo run --example media_worker -- --api http://127.0.0.1:8000 --media videos --store file://$PWD/output \
//!     --listen 127.0.0.1:0
//! curl --data-binary @film.mp4 'http://127.0.0.1:8000/videos?title=Film&name=film.mp4'
//! curl -d '{"type": "transcode", "input": "uploads/….mp4"}' http://127.0.0.1:8000/jobs
//! curl http://127.0.0.1:8000/jobs/…                          its state, its trace, what it has written
//! curl http://127.0.0.1:8000/media/jobs/…/hls/index.m3u8     that, streamed
//! ```
//!
//! Two of these programs on one machine want an endpoint each: `OTEL_EXPORTER_PROMETHEUS_PORT=9465`.
//!
//! - [`router`]: the routes; [`app`]: what they share; [`answer`], [`body`]: what they give and take
//! - [`jobs`], [`worker`]: a queue in the database, and those who empty it
//! - [`videos`], [`captions`], [`search`], [`media`]: uploads, playback, exports, streaming
//! - [`admin`]: faults on purpose, for demonstrations
//! - [`database`], [`cache`]: SQLite; this process' memory, or Redis behind a circuit breaker
//! - [`tasks`]: queue depths, abandoned jobs, reconciliation
//! - [`instruments`]: measurements of its own
//!
//! One trace leads from the request that asks for a job through the queue to the worker's last upload.
//!
//! Telemetry is configured by the standard `OTEL_*` variables. There are no passwords here: put a proxy in front that
//! asks for them, before anybody but this machine can reach it.

#![allow(unreachable_pub, reason = "nobody reaches into a program")]

mod admin;
mod answer;
mod app;
mod body;
mod cache;
mod captions;
mod database;
mod instruments;
mod jobs;
mod media;
mod router;
mod search;
#[path = "../shared/signals.rs"]
mod signals;
mod tasks;
mod videos;
mod worker;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use telecine::Telemetry;
use telecine::pull::Readiness;
use telecine::store::{Source, Usage};
#[cfg(feature = "profiling")]
use telecine::system::profiling::Profiling;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::time::timeout;

use app::{App, Shared, Tenants};
use cache::Cache;
use database::lock::Lock;
use database::{Database, Statement};
use instruments::Own;
use signals::Signals;

/// The front of a media platform.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where it listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000")]
    listen: String,
    /// Where inputs lie, and uploads go
    #[arg(long, value_name = "DIR", default_value = "platform/media")]
    media: PathBuf,
    /// Where the workers' outputs lie, which are streamed and scanned
    #[arg(long, value_name = "DIR", default_value = "platform/output")]
    output: PathBuf,
    /// Jobs and videos are kept in this file
    #[arg(long, value_name = "FILE", default_value = "platform/platform.sqlite")]
    database: PathBuf,
    /// Caches in this Redis instead of in memory: redis://host:port/0
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Who may have jobs done, and how many bytes the outputs may take. Repeatable; the first is the default
    #[arg(long = "tenant", value_name = "NAME=BYTES", value_parser = tenant,
          default_values = ["demo=10737418240", "acme=53687091200"])]
    tenants: Vec<(String, u64)>,
    /// How often the outputs are scanned, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "21600",
          value_parser = clap::value_parser!(u64).range(1..))]
    reconcile_every: u64,
    /// How long a worker may be silent before another one gets its jobs, in seconds. They say every 5 s that they live
    #[arg(long, value_name = "SECONDS", default_value = "60",
          value_parser = clap::value_parser!(u64).range(1..))]
    worker_timeout: u64,
    /// How long a player may be silent before it counts as gone, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60",
          value_parser = clap::value_parser!(u64).range(1..))]
    player_timeout: u64,
    /// Serve profiles of CPU time beside the metrics
    #[cfg(feature = "profiling")]
    #[arg(long)]
    profiling: bool,
}

/// How long requests may go on when the program is asked to end.
const GRACE: Duration = Duration::from_secs(5);
/// How long telemetry may take after that.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// What workers call a directory that they write to.
const STORE: &str = "file";

const OWNERS: Statement = Statement::new("SELECT", "jobs", "SELECT id, tenant FROM jobs");

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let ready = Readiness::default();
    let telemetry = Telemetry::builder()
        .service("http-api")
        .version(env!("CARGO_PKG_VERSION"))
        .job_types(jobs::TYPES)
        .catalog("API", instruments::OWN)
        .readiness(ready.clone());
    // To those on this machine, or with the token: /debug/pprof/profile beside /metrics.
    #[cfg(feature = "profiling")]
    let telemetry = if options.profiling { telemetry.profiling(Profiling::new()) } else { telemetry };
    let telemetry = telemetry.init()?;
    let _runtime = telemetry.observe_runtime("main", &Handle::current());
    let result = run(options, &telemetry, ready).await;
    if let Err(error) = &result {
        tracing::error!(error = error.as_ref() as &dyn std::error::Error, "the API ends");
    }
    // Whatever happened: telemetry says how it went, and what it could not deliver.
    if let Err(error) = telemetry.shutdown(LAST_WORDS).await {
        tracing::warn!("{error}");
    }
    Ok(if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run(options: Options, telemetry: &Telemetry, ready: Readiness) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let reconcile_every = Duration::from_secs(options.reconcile_every);
    let worker_timeout = Duration::from_secs(options.worker_timeout);
    let listener = TcpListener::bind(&options.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", options.listen))?;
    let app = open(options, telemetry, ready.clone()).await?;
    let tasks = tasks::start(&app, reconcile_every, worker_timeout)?;
    tracing::info!("the API is at http://{}/", listener.local_addr()?);

    let (end, ends) = tokio::sync::oneshot::channel::<()>();
    let ends = async {
        let _ = ends.await;
    };
    let mut server =
        tokio::spawn(axum::serve(listener, router::router(app)).with_graceful_shutdown(ends).into_future());
    tokio::select! {
        ended = &mut server => return Ok(ended??),
        name = signals.next() => tracing::info!("{name}: requests have {GRACE:?} to end"),
    }
    ready.not_ready("it is about to end");
    let _ = end.send(());
    // Connections that stay open longer are cut.
    if timeout(GRACE, &mut server).await.is_err() {
        server.abort();
    }
    if timeout(GRACE, tasks.stop()).await.is_err() {
        tracing::warn!("background tasks were cut off");
    }
    Ok(())
}

async fn open(options: Options, telemetry: &Telemetry, ready: Readiness) -> anyhow::Result<App> {
    let (inputs, outputs) = (directory(&options.media)?, directory(&options.output)?);
    if let Some(folder) = options.database.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let database = Database::open(&options.database, telemetry.data());
    let database = database.with_context(|| format!("--database {}", options.database.display()))?;
    let tenants = Tenants::new(options.tenants);
    let owners = database.read(OWNERS, |connection, sql| {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        rows.collect::<Result<Vec<_>, _>>()
    });
    for (job, tenant) in owners.await? {
        tenants.owns(&job, &tenant);
    }

    let of_key = tenants.clone();
    let usage = Usage::builder(STORE).tenants(move |key| of_key.owner_of(key)).build(telemetry.instruments());
    for (tenant, quota) in tenants.quotas() {
        usage.set_tenant_limit(tenant, *quota);
    }
    let work = telemetry.work().clone();
    let silence = Duration::from_secs(options.worker_timeout);
    work.workers().lost_after(silence / 2).gone_after(silence);
    Ok(App::new(Shared {
        http: telemetry.http().clone(),
        media: telemetry.media().clone(),
        sessions: telemetry.media().sessions().timeout(Duration::from_secs(options.player_timeout)),
        lock: Lock::new(&options.database),
        cache: Cache::open(options.redis.as_deref(), telemetry)?,
        own: Own::new(telemetry, env!("CARGO_PKG_VERSION")),
        source: Source::directory(&outputs).timeout(Duration::from_secs(300)),
        work,
        database,
        tenants,
        usage,
        inputs,
        outputs,
        ready,
    }))
}

/// A directory, made where there is none, with all links resolved.
fn directory(path: &Path) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(path).and_then(|()| path.canonicalize()).with_context(|| path.display().to_string())
}

fn tenant(text: &str) -> Result<(String, u64), String> {
    let (name, bytes) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("write NAME=BYTES")?;
    Ok((name.to_owned(), bytes.parse().map_err(|_| format!("{bytes:?} is no number of bytes"))?))
}
