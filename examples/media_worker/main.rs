//! A media worker: jobs by HTTP, ffmpeg, an object store, and telecine to see it all.
//!
//! ```text
//! cargo run --example media_worker                          makes test clips and a job of each
//! cargo run --example media_worker -- --input film.mp4      runs one job and exits
//! cargo run --example media_worker -- --media videos        waits for jobs:
//! curl -d '{"input": "film.mp4", "type": "transcode"}' http://127.0.0.1:8080/jobs
//! cargo run --example media_worker -- --media videos --api http://127.0.0.1:8000
//!                                                           and takes those that `http_api` has
//! ```
//!
//! - [`api`]: the HTTP API
//! - [`queue`]: the bounded queue, the workers, the recent jobs
//! - [`pipeline`]: what a job does
//! - [`instruments`]: a measurement of its own
//! - [`claims`], [`remote`]: jobs that another program's API gives out
//! - [`inputs`], [`store`]: where it reads from and writes to
//! - [`progress`], [`clips`]: the bars on a terminal, the test clips
//!
//! Telemetry is configured by the standard `OTEL_*` variables, S3 by `AWS_*`.

#![allow(unreachable_pub, reason = "nobody reaches into a program")]

mod api;
#[path = "../shared/claims.rs"]
mod claims;
mod clips;
mod inputs;
mod instruments;
mod pipeline;
mod progress;
mod queue;
mod remote;
#[path = "../shared/signals.rs"]
mod signals;
#[path = "../shared/store.rs"]
mod store;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use telecine::Telemetry;
use telecine::operation::Outcome;
use telecine::pull::Readiness;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

use claims::Claims;
use inputs::Inputs;
use pipeline::{JobType, Pipeline};
use progress::Bars;
use queue::{Queue, Task};
use signals::Signals;
use store::Store;

/// A media worker: jobs by HTTP, ffmpeg, an object store.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where the API listens [default: 127.0.0.1:8080; nowhere when --input runs without --keep]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// How many jobs run at the same time
    #[arg(long, value_name = "N", default_value = "2")]
    workers: NonZeroUsize,
    /// How many jobs may wait
    #[arg(long, value_name = "N", default_value = "64")]
    queue: NonZeroUsize,
    /// Inputs lie below it, and nothing outside is read [default: a temporary one, with test clips]
    #[arg(long, value_name = "DIR")]
    media: Option<PathBuf>,
    /// Where outputs go: file:///path or s3://bucket/prefix
    #[arg(long, value_name = "URL", default_value_t = store::default_url("media_worker_output"))]
    store: String,
    /// Takes jobs from this API too, as many at the same time: http://host:port
    #[arg(long, value_name = "URL")]
    api: Option<String>,
    /// What that API calls this worker
    #[arg(long, value_name = "NAME", default_value = "media-worker")]
    name: String,
    /// Transcodes this file, then exits: status 1 if any failed. Repeatable
    #[arg(long, value_name = "PATH")]
    input: Vec<PathBuf>,
    /// Stays up although there are inputs
    #[arg(long)]
    keep: bool,
}

const DEFAULT_ADDRESS: &str = "127.0.0.1:8080";
/// How long running jobs may go on when the worker is asked to end. A second signal ends them at once.
const GRACE: Duration = Duration::from_secs(10);
/// How long connections and telemetry may take after that.
const LAST_WORDS: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    // object_store leaves the choice of TLS to the program. An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bars = Bars::default();
    let ready = Readiness::default();
    let telemetry = Telemetry::builder()
        .service("media-worker")
        .version(env!("CARGO_PKG_VERSION"))
        .job_types(JobType::ALL.map(JobType::as_str))
        .catalog("Worker", instruments::OWN)
        .readiness(ready.clone())
        .log_writer(bars.log_writer())
        .init()?;
    let _runtime = telemetry.observe_runtime("main", &Handle::current());
    let result = run(options, &telemetry, ready, bars).await;
    if let Err(error) = &result {
        tracing::error!(error = error.as_ref() as &dyn std::error::Error, "the worker ends");
    }
    // Whatever happened: telemetry says how it went, and what it could not deliver.
    if let Err(error) = telemetry.shutdown(LAST_WORDS).await {
        tracing::warn!("{error}");
    }
    Ok(result.unwrap_or(ExitCode::FAILURE))
}

async fn run(options: Options, telemetry: &Telemetry, ready: Readiness, bars: Bars) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::new()?;
    let stays = options.keep || options.input.is_empty() || options.api.is_some();
    let scratch = tempfile::tempdir().context("scratch directory")?;
    let inputs = Arc::new(match &options.media {
        Some(media) => Inputs::below(media)?,
        None if options.input.is_empty() => Inputs::below(tempfile::tempdir_in(&scratch)?.keep().as_path())?,
        None => Inputs::only(&options.input),
    });
    let store = Store::open(&options.store, telemetry)?;
    let pipeline = Arc::new(Pipeline::new(telemetry, Arc::clone(&inputs), store, scratch));
    let capacity = options.queue.get().max(options.input.len());
    let at_once = options.workers.get();
    let queue = Arc::new(Queue::new(telemetry.work(), Arc::clone(&pipeline), bars.clone(), capacity, at_once));
    let mut workers: JoinSet<()> = (0..at_once).map(|_| Arc::clone(&queue).work()).collect();
    let claims = options.api.as_deref().map(|url| Claims::new(url, &options.name, telemetry));
    if let Some(claims) = claims.clone() {
        workers.spawn(remote::serve(claims, at_once, pipeline, Arc::clone(&inputs), bars));
    }

    let mut server = JoinSet::new();
    let (end_server, server_ends) = oneshot::channel::<()>();
    if stays || options.listen.is_some() {
        let address = options.listen.as_deref().unwrap_or(DEFAULT_ADDRESS);
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        tracing::info!("jobs are taken at http://{}/jobs", listener.local_addr()?);
        let router = api::router(Arc::clone(&queue), Arc::clone(&inputs), ready.clone());
        server.spawn(
            axum::serve(listener, router)
                .with_graceful_shutdown(async {
                    let _ = server_ends.await;
                })
                .into_future(),
        );
    }

    let mut tasks = Vec::new();
    let work = async {
        let named = match inputs.root() {
            Some(root) if options.input.is_empty() && clips::is_empty(root)? => {
                ready.not_ready("it makes its test clips");
                let made = clips::make(root).await?;
                ready.ready();
                // In a directory of the user's they wait for jobs; in our own nobody else would ask for any.
                if options.media.is_none() { made } else { Vec::new() }
            }
            _ => options.input.clone(),
        };
        let mut paths = Vec::new();
        for path in &named {
            paths.push(inputs.named(path).await.with_context(|| format!("--input {}", path.display()))?);
        }
        for path in paths {
            tasks.push(queue.submit(JobType::Transcode, path)?);
        }
        for task in &tasks {
            task.over().await;
        }
        if stays {
            std::future::pending::<()>().await;
        }
        anyhow::Ok(())
    };
    tokio::select! {
        result = work => result?,
        name = signals.next() => tracing::info!("{name}: running jobs have {GRACE:?} to end; again to cancel them"),
    }

    ready.not_ready("it is about to end");
    queue.close();
    claims.iter().for_each(Claims::stop);
    let in_time = tokio::select! {
        ended = timeout(GRACE, all(&mut workers)) => ended.is_ok(),
        _ = signals.next() => false,
    };
    if !in_time {
        queue.cancel_all();
        claims.iter().for_each(Claims::give_back);
        all(&mut workers).await;
    }
    let _ = end_server.send(());
    // Connections that stay open longer are cut.
    let _ = timeout(LAST_WORDS, all(&mut server)).await;
    if !options.input.is_empty() {
        progress::print_table(&tasks);
    }
    let failed = !stays && !tasks.iter().all(succeeded);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn succeeded(task: &Arc<Task>) -> bool {
    task.outcome() == Some(Outcome::Success)
}

async fn all<T: 'static>(tasks: &mut JoinSet<T>) {
    while tasks.join_next().await.is_some() {}
}
