//! A small media platform under watch: `make platform`.
//!
//! Starts a real collector, a real Prometheus, a Redis, an S3 server and the examples `http_api`, `media_worker`,
//! `transcriber` and `converter`, which work together: the API has the queue, the others take their jobs from it. Then
//! it is their users: it uploads, asks for jobs, watches, searches and exports, with work that is good, slow and bad,
//! until Ctrl-C.
//!
//! ```text
//! make platform                      until Ctrl-C
//! make platform ONCE=1               until everything that these programs measure has moved
//! make platform PROFILE=vlog         under the names of examples/profiles/vlog.yaml
//! cargo run --features gpu --example platform -- --once --profile clip --rules alerts/*.yml --keep-open
//! ```
//!
//! Everything that it writes is in `target/platform/`, of a profile in `target/platform/PROFILE/`:
//!
//! - `endpoints.json`: the address of each part and program
//! - `http_api.prom` and so on: what each program served last, in the text format 0.0.4
//! - `run/`: logs, media, outputs, what the collector got
//!
//! - [`parts`]: what runs; [`media`]: what it works on
//! - [`driver`]: its users
//! - [`list`]: what has to move, and whether it has; [`evidence`]: what the receivers have

#[path = "../shared/asked.rs"]
mod asked;
mod driver;
mod evidence;
#[path = "../shared/launch.rs"]
mod launch;
mod list;
mod media;
mod parts;
mod report;
#[path = "../shared/screen.rs"]
mod screen;

use std::{
    io::IsTerminal as _,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, ensure};
use clap::Parser;

use driver::Driver;
use launch::Signals;
use list::{List, Watch};
use parts::{Folder, Parts};
use screen::{Screen, Style};

/// A small media platform under watch.
#[derive(Parser)]
struct Options {
    /// Ends when everything on its list has moved, with status 1 if something has not (ONCE=1)
    #[arg(long)]
    once: bool,
    /// The names of one of the platforms in examples/profiles
    #[arg(long, value_name = "NAME", value_parser = ["vlog", "transcript-create", "clip", "transcode-flow", "roboflow"])]
    profile: Option<String>,
    /// Rules for its Prometheus to evaluate
    #[arg(long, value_name = "FILE", num_args = 1..)]
    rules: Vec<PathBuf>,
    /// Stays up, and goes on, when it would end: until Ctrl-C
    #[arg(long)]
    keep_open: bool,
    /// Where not everything has moved by then, it is said what has not
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    deadline: u64,
    /// Where it writes; that of a profile goes below it
    #[arg(long, value_name = "DIR", default_value = "target/platform")]
    folder: PathBuf,
}

/// How long it is waited for a moment at which no gauge is at rest. The last page is that of the busiest moment.
const BUSIEST: Duration = Duration::from_secs(8);

/// Between two looks at what the programs serve. Some gauges are up for no longer.
const LOOK: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> ExitCode {
    let mut options = Options::parse();
    options.once |= launch::once();
    let mut screen = Screen::new();
    match platform(&mut screen, &options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let mark = screen.paint(Style::Bad, "✗");
            screen.line(format_args!("\n{mark} {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// One run, and the end of all that it started. Whether everything has moved that was to.
async fn platform(screen: &mut Screen, options: &Options) -> Result<bool> {
    let mut signals = Signals::new()?;
    let folder = Folder::new(&options.folder, options.profile.as_deref())?;
    let mut parts = Parts::default();
    let result = tokio::select! {
        result = run(screen, &mut parts, &folder, options) => Some(result),
        () = signals.next() => None,
    };
    if matches!(result, Some(Err(_))) {
        report::tail(screen, &folder);
    }
    screen.status("  ending; Ctrl-C again to cancel the jobs that run");
    let stopped = tokio::select! {
        stopped = parts.stop() => stopped,
        () = signals.next() => Ok(()),
    };
    screen.clear();
    // A signal ends a run that has no end of its own.
    let moved =
        result.unwrap_or_else(|| if options.once { Err(anyhow!("ended before all had moved")) } else { Ok(true) })?;
    stopped?;
    Ok(moved)
}

async fn run(screen: &mut Screen, parts: &mut Parts, folder: &Folder, options: &Options) -> Result<bool> {
    let (started, deadline) = (Instant::now(), Duration::from_secs(options.deadline));
    screen.heading("telecine: a media platform under watch");
    screen.status("  starting the collector, Prometheus, Redis and an S3 server");
    parts.start_receivers(folder, options).await?;
    screen.status("  making films and data sets");
    media::make(folder).await?;
    screen.status("  starting the programs");
    parts.start_programs(folder, options).await?;
    parts.write_endpoints(folder, false)?;
    report::cast(screen, parts, folder);

    let list = match &options.profile {
        Some(profile) => List::of_profile(profile),
        None => List::of_catalogues(parts).await?,
    };
    let mut driver = Driver::start(parts, folder, options.once);
    let watch = Watch::start(list, parts, &driver.client);
    let mut told = Instant::now();
    while !options.once || (!watch.list().all_moved() && started.elapsed() < deadline) {
        driver.still_drives().await?;
        parts.still_run()?;
        let status = report::status(&watch.list(), &driver, started.elapsed());
        screen.status(&status);
        if !std::io::stdout().is_terminal() && told.elapsed() > Duration::from_secs(20) {
            told = Instant::now();
            screen.line(status);
        }
        tokio::time::sleep(LOOK).await;
    }
    let pages = watch.busiest(parts, &driver.client, BUSIEST).await;
    screen.status("  waiting until Prometheus and the collector have it all");
    let links = evidence::examine(parts, folder, &driver).await;
    for (program, page) in &pages {
        std::fs::write(folder.page(program), page)?;
    }
    parts.write_endpoints(folder, true)?;
    let well = report::result(screen, &watch.list(), &pages, &links, folder, started.elapsed());
    if options.keep_open {
        screen.line("\n  Everything stays up, and busy, until Ctrl-C.");
        loop {
            driver.still_drives().await?;
            parts.still_run()?;
            screen.status(&report::status(&watch.list(), &driver, started.elapsed()));
            tokio::time::sleep(LOOK * 10).await;
        }
    }
    ensure!(!pages.is_empty(), "no program served a page");
    Ok(well)
}
