//! A transcriber: speech to text by a real engine, and telecine to see it all.
//!
//! ```text
//! cargo run --example transcriber                            makes test speech and a job of each
//! cargo run --example transcriber -- --input talk.mp4        transcribes one file and exits; all files, of a directory
//! cargo run --example transcriber -- --api http://127.0.0.1:8000 --name ears --media videos
//!                                                            takes the jobs of the platform's API
//! ```
//!
//! The engine is pocketsphinx with its model of American English, the speech espeak-ng's: Debian's packages
//! `pocketsphinx`, `pocketsphinx-en-us` and `espeak-ng`. Speakers are told apart by silence alone.
//!
//! - [`pipeline`]: what a job does
//! - [`audio`], [`engine`], [`captions`]: sound, words, files
//! - [`instruments`]: a measurement of its own
//! - [`speech`]: the test speech
//! - [`claims`], [`jobs`]: where jobs come from
//! - [`source`], [`store`]: where it reads from and writes to
//!
//! Telemetry is configured by the standard `OTEL_*` variables, S3 by `AWS_*`. With the feature `gpu` NVIDIA's GPUs are
//! measured where there are any, or a recording of them is played.

#![allow(unreachable_pub, reason = "nobody reaches into a program")]

mod audio;
mod captions;
#[path = "../shared/claims.rs"]
mod claims;
mod engine;
mod instruments;
#[path = "../shared/jobs.rs"]
mod jobs;
mod pipeline;
#[path = "../shared/signals.rs"]
mod signals;
#[path = "../shared/source.rs"]
mod source;
mod speech;
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
use engine::Engine;
use jobs::{Jobs, Own};
use pipeline::{JobType, Pipeline};
use source::Source;
use store::Store;

/// A transcriber: speech to text by a real engine.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Takes jobs from the platform's API at this URL
    #[arg(long, value_name = "URL", requires = "media", conflicts_with = "input")]
    api: Option<String>,
    /// What the API knows this worker as
    #[arg(long, value_name = "NAME", default_value = "transcriber")]
    name: String,
    /// Inputs lie below it, and nothing outside is read [default: a temporary one, with test speech]
    #[arg(long, value_name = "DIR")]
    media: Option<PathBuf>,
    /// Makes the test speech below --media first
    #[arg(long, requires = "media")]
    make: bool,
    /// Where outputs go: file:///path or s3://bucket/prefix
    #[arg(long, value_name = "URL", default_value_t = store::default_url("transcriber_output"))]
    store: String,
    /// Transcribes this file, or the files of this directory, then exits: status 1 if any job failed. Repeatable
    #[arg(long, value_name = "PATH")]
    input: Vec<PathBuf>,
    /// Stays up although there are inputs
    #[arg(long)]
    keep: bool,
    /// How many jobs run at the same time
    #[arg(long, value_name = "N", default_value = "1")]
    workers: NonZeroUsize,
    /// The model: its folder has its name
    #[arg(long, value_name = "DIR", default_value = "/usr/share/pocketsphinx/model/en-us")]
    model: PathBuf,
    /// Plays a recording of GPUs, in place of those that are there
    #[cfg(feature = "gpu")]
    #[arg(long, value_name = "FILE", env = "GPU_RECORDING")]
    gpu_recording: Option<PathBuf>,
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
        .service("transcriber")
        .version(env!("CARGO_PKG_VERSION"))
        .job_types(JobType::ALL.map(JobType::as_str))
        .catalog("Transcriber", instruments::OWN)
        .readiness(ready.clone());
    #[cfg(feature = "gpu")]
    let telemetry = with_gpus(telemetry, &options)?;
    let telemetry = telemetry.init()?;
    let _runtime = telemetry.observe_runtime("main", &Handle::current());
    let result = run(options, &telemetry, ready).await;
    if let Err(error) = &result {
        tracing::error!(error = error.as_ref() as &dyn std::error::Error, "the transcriber ends");
    }
    // Whatever happened: telemetry says how it went, and what it could not deliver.
    if let Err(error) = telemetry.shutdown(LAST_WORDS).await {
        tracing::warn!("{error}");
    }
    Ok(result.unwrap_or(ExitCode::FAILURE))
}

#[cfg(feature = "gpu")]
fn with_gpus(builder: telecine::telemetry::Builder, options: &Options) -> anyhow::Result<telecine::telemetry::Builder> {
    use telecine::system::gpu::{Nvml, Recording};
    Ok(match &options.gpu_recording {
        Some(file) => builder.gpus(Recording::open(file)?),
        None => builder.gpus(Nvml::new()),
    })
}

async fn run(options: Options, telemetry: &Telemetry, ready: Readiness) -> anyhow::Result<ExitCode> {
    let engine = Engine::open(&options.model)?;
    let scratch = tempfile::tempdir().context("scratch directory")?;
    let own = scratch.path().join("media");
    let root = match &options.media {
        Some(media) => media.as_path(),
        None if options.input.is_empty() => own.as_path(),
        // Those that were named lie anywhere.
        None => Path::new("/"),
    };
    if options.make || root == own {
        ready.not_ready("it makes its test speech");
        speech::make(root).await?;
        ready.ready();
    }
    let source = Source::below(root, telemetry)?;
    let jobs = match &options.api {
        Some(url) => Jobs::Api(Claims::new(url, &options.name, telemetry)),
        None if options.input.is_empty() => Jobs::Own(Own::new(telemetry.work(), speech::jobs(), true)),
        None => {
            let asked = options.input.iter().map(|path| {
                let job_type = if path.is_dir() { JobType::Channel } else { JobType::Single };
                Ok((job_type.as_str(), source.named(path)?))
            });
            let asked = asked.collect::<anyhow::Result<_>>().context("--input")?;
            Jobs::Own(Own::new(telemetry.work(), asked, options.keep))
        }
    };
    let store = Store::open(&options.store, telemetry)?;
    let pipeline = Arc::new(Pipeline::new(telemetry, source, store, engine, scratch));
    let types = JobType::ALL.map(JobType::as_str);
    let run = move |claim| {
        let pipeline = Arc::clone(&pipeline);
        async move { pipeline.run(claim).await }
    };
    let all_well = jobs.serve(&types, options.workers.get(), &ready, run).await?;
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
