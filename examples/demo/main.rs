//! A media worker under watch: `make demo`.
//!
//! Starts a real collector, a real Prometheus and the example `media_worker`, feeds it jobs, and follows
//! a number on the scrape to the spans and log lines behind it. It stays up until Ctrl-C; with `ONCE=1`
//! it ends by itself, with status 0 if every link of that chain was found.
//!
//! Everything that it writes is in `.demo/`.

mod chain;
mod exits;
mod film;
mod jobs;
#[path = "../shared/launch.rs"]
mod launch;
mod openmetrics;
mod otlp;
mod parts;
mod report;
#[path = "../shared/screen.rs"]
mod screen;
mod tree;
mod worker;

use std::{process::ExitCode, time::Instant};

use anyhow::{Context, Result, anyhow};

use launch::Signals;
use parts::{Addresses, Folder, Parts};
use screen::{Screen, Style};
use worker::Worker;

#[tokio::main]
async fn main() -> ExitCode {
    let mut screen = Screen::new();
    match demo(&mut screen).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let mark = screen.paint(Style::Bad, "✗");
            screen.line(format_args!("\n{mark} {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// One round, and the end of all that it started. Whether every link was found.
async fn demo(screen: &mut Screen) -> Result<bool> {
    let once = launch::once();
    let mut signals = Signals::new()?;
    let folder = Folder::new()?;
    let mut parts = Parts::default();
    let result = tokio::select! {
        result = round(screen, &mut parts, &folder, once) => Some(result),
        () = signals.next() => None,
    };
    if matches!(result, Some(Err(_) | Ok(false))) {
        report::tail(screen, &folder);
    }
    if matches!(result, Some(Ok(_))) && !once {
        screen.line("\nEverything stays up until Ctrl-C.");
        signals.next().await;
    }
    screen.status("  ending: jobs that run have 10 s; Ctrl-C again to cancel them");
    let stopped = loop {
        tokio::select! {
            stopped = parts.stop() => break stopped,
            () = signals.next() => {}
        }
    };
    screen.clear();
    let found = result.unwrap_or_else(|| Err(anyhow!("ended before the round was over")))?;
    stopped?;
    Ok(found)
}

async fn round(screen: &mut Screen, parts: &mut Parts, folder: &Folder, once: bool) -> Result<bool> {
    let started = Instant::now();
    let addresses = Addresses::choose()?;
    screen.heading("telecine: a media worker under watch");
    screen.status("  starting the collector and Prometheus");
    parts.start_receivers(folder, &addresses).await?;
    screen.status("  starting the worker, which makes itself a few films");
    parts.start_worker(folder, &addresses).await?;
    let prometheus = parts.prometheus.as_ref().context("Prometheus does not run")?;
    let collector = parts.collector.as_ref().context("the collector does not run")?;
    report::cast(screen, collector, prometheus, &addresses, folder);

    let worker = Worker::new(&addresses);
    screen.heading("Jobs, as they end");
    let jobs = jobs::run(screen, &worker, &folder.media()).await?;

    screen.heading("What happened");
    report::table(screen, &jobs);

    screen.status("  waiting until Prometheus and the collector have it all");
    let (evidence, links) = chain::examine(parts, &worker, &folder.log(), &jobs).await?;
    report::way(screen, &evidence, &addresses, folder);

    screen.heading("Queries to try, with their answers");
    report::queries(screen, prometheus).await;

    screen.heading("Every link of the chain");
    report::links(screen, &links, started.elapsed());
    if !once {
        screen.heading("What to open");
        report::open(screen, prometheus, &addresses, folder);
    }
    Ok(links.iter().all(|link| link.found.is_ok()))
}
