//! A converter: frames of robots' cameras to video, and telecine to see it all.
//!
//! ```text
//! cargo run --example converter                              makes a small data set and converts it
//! cargo run --example converter -- --dataset kitchen         converts one and exits; one episode: kitchen/000001
//! cargo run --example converter -- --api http://127.0.0.1:8000 --name arm --media videos
//!                                                            takes the jobs of the platform's API
//! ```
//!
//! - [`pipeline`]: what a job does
//! - [`dataset`], [`frames`]: what is read
//! - [`cameras`]: the test data set
//! - [`claims`], [`jobs`]: where jobs come from
//! - [`source`], [`store`]: where it reads from and writes to
//!
//! Telemetry is configured by the standard `OTEL_*` variables, S3 by `AWS_*`.

#![allow(unreachable_pub, reason = "nobody reaches into a program")]

mod cameras;
#[path = "../shared/claims.rs"]
mod claims;
mod dataset;
mod frames;
#[path = "../shared/jobs.rs"]
mod jobs;
mod pipeline;
#[path = "../shared/signals.rs"]
mod signals;
#[path = "../shared/source.rs"]
mod source;
#[path = "../shared/store.rs"]
mod store;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use telecine::Telemetry;
use telecine::pull::Readiness;
use tokio::runtime::Handle;

use claims::Claims;
use jobs::{Jobs, Own};
use pipeline::{CONVERT, Pipeline};
use source::Source;
use store::Store;

/// A converter: frames of robots' cameras to video.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Takes jobs from the platform's API at this URL
    #[arg(long, value_name = "URL", requires = "media", conflicts_with = "dataset")]
    api: Option<String>,
    /// What the API knows this worker as
    #[arg(long, value_name = "NAME", default_value = "converter")]
    name: String,
    /// Data sets lie below it, and nothing outside is read [default: a temporary one, with a test data set]
    #[arg(long, value_name = "DIR")]
    media: Option<PathBuf>,
    /// Makes the test data set below --media first
    #[arg(long, requires = "media")]
    make: bool,
    /// Where outputs go: file:///path or s3://bucket/prefix
    #[arg(long, value_name = "URL", default_value_t = store::default_url("converter_output"))]
    store: String,
    /// Converts this data set, or this episode of one, then exits: status 1 if any job failed. Repeatable
    #[arg(long, value_name = "DIR")]
    dataset: Vec<PathBuf>,
    /// Stays up although there are data sets
    #[arg(long)]
    keep: bool,
    /// How many jobs run at the same time
    #[arg(long, value_name = "N", default_value = "1")]
    workers: NonZeroUsize,
}

/// How long telemetry may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    // object_store leaves the choice of TLS to the program. An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ready = Readiness::default();
    let telemetry = Telemetry::builder()
        .service("converter")
        .version(env!("CARGO_PKG_VERSION"))
        .job_types([CONVERT])
        .readiness(ready.clone())
        .init()?;
    let _runtime = telemetry.observe_runtime("main", &Handle::current());
    let result = run(options, &telemetry, ready).await;
    if let Err(error) = &result {
        tracing::error!(error = error.as_ref() as &dyn std::error::Error, "the converter ends");
    }
    // Whatever happened: telemetry says how it went, and what it could not deliver.
    if let Err(error) = telemetry.shutdown(LAST_WORDS).await {
        tracing::warn!("{error}");
    }
    Ok(result.unwrap_or(ExitCode::FAILURE))
}

async fn run(options: Options, telemetry: &Telemetry, ready: Readiness) -> anyhow::Result<ExitCode> {
    let scratch = tempfile::tempdir().context("scratch directory")?;
    let own = scratch.path().join("media");
    let root = match &options.media {
        Some(media) => media.as_path(),
        None if options.dataset.is_empty() => own.as_path(),
        // Those that were named lie anywhere.
        None => Path::new("/"),
    };
    if options.make || root == own {
        ready.not_ready("it makes its test data set");
        cameras::make(root).await?;
        ready.ready();
    }
    let source = Arc::new(Source::below(root, telemetry)?);
    let jobs = match &options.api {
        Some(url) => Jobs::Api(Claims::new(url, &options.name, telemetry)),
        None if options.dataset.is_empty() => {
            Jobs::Own(Own::new(telemetry.work(), vec![(CONVERT, cameras::DATASET.to_owned())], true))
        }
        None => {
            let asked = options.dataset.iter().map(|path| Ok((CONVERT, source.named(path)?)));
            let asked = asked.collect::<anyhow::Result<_>>().context("--dataset")?;
            Jobs::Own(Own::new(telemetry.work(), asked, options.keep))
        }
    };
    let store = Store::open(&options.store, telemetry)?;
    let pipeline = Arc::new(Pipeline::new(telemetry, &source, store, scratch));
    let run = move |claim| {
        let pipeline = Arc::clone(&pipeline);
        async move { pipeline.run(claim).await }
    };
    let all_well = jobs.serve(&[CONVERT], options.workers.get(), &ready, run).await?;
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
