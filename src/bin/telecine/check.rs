//! `telecine check`: dashboards and rules.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use telecine::catalog::Catalog;
use telecine::check::{self, Check, Code, Known, Report, Severity};
use telecine::telemetry::config::File;
use telecine::telemetry::{Environment, Settings};

use crate::{Output, definitions};

/// Check Grafana's dashboards and Prometheus' rules: every query that can never show anything is a line,
/// FILE:LINE:COLUMN: PANEL OR RULE: REASON [CODE], and the exit status is 1 if there is one
#[derive(Args)]
pub(crate) struct Command {
    /// Dashboards (JSON), files of rules (YAML), folders with them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A catalogue of the program's own, as it serves it at /catalog.json, beside telecine's
    #[arg(long, value_name = "JSON")]
    catalog: Vec<PathBuf>,
    /// The program's configuration file: names are as its endpoint serves them, after views and mapping
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// An endpoint that is scraped for what there is
    #[arg(long, value_name = "URL")]
    endpoint: Vec<String>,
    /// A file with the bearer token that endpoints want
    #[arg(long, value_name = "FILE")]
    bearer_token_file: Option<PathBuf>,
    /// A saved scrape of any program, or a folder of them (`.prom`)
    #[arg(long, value_name = "PATH")]
    metrics: Vec<PathBuf>,
    /// The time between two scrapes
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = humantime::parse_duration)]
    interval: Duration,
    /// A label that the scrape configuration gives every series, beside `job` and `instance`
    #[arg(long, value_name = "LABEL")]
    target_label: Vec<String>,
    /// Prometheus stores histograms as native ones
    #[arg(long)]
    native_histograms: bool,
    /// A code of findings that are left out
    #[arg(long, value_name = "CODE")]
    allow: Vec<Code>,
    /// Warnings fail too
    #[arg(long)]
    strict: bool,
}

impl Command {
    /// # Errors
    /// What it was given cannot be read.
    pub(crate) fn run(self) -> Result<Output, String> {
        let strict = self.strict;
        let report = self.report()?;
        let mut text = String::new();
        for finding in &report.findings {
            let line: String = finding.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            let _ = writeln!(text, "{line}");
        }
        let _ = writeln!(text, "{}", report.summary());
        let least = if strict { Severity::Warning } else { Severity::Error };
        let is_good = report.findings.iter().all(|finding| finding.severity() < least);
        Ok(Output { text, is_good })
    }

    fn report(self) -> Result<Report, String> {
        let mut known = Known::new().native_histograms(self.native_histograms).target_labels(self.target_label);
        let settings = self.config.as_deref().map(settings).transpose()?;
        let mut files = Vec::new();
        if self.catalog.is_empty() {
            known.catalog(&Catalog::own(), settings.as_ref()).map_err(said)?;
        }
        for path in &self.catalog {
            let catalog = definitions::with_own(Some(path)).map_err(said)?;
            known.catalog(&catalog, settings.as_ref()).map_err(said)?;
            files.push((path.display().to_string(), read(path)?));
        }
        for path in &saved(&self.metrics)? {
            scrape(&mut known, &path.display().to_string(), &read(path)?)?;
        }
        let token = self.bearer_token_file.as_deref().map(read).transpose()?;
        for url in &self.endpoint {
            let text = check::scrape(url, token.as_deref().map(str::trim)).map_err(said)?;
            scrape(&mut known, url, &text)?;
        }
        let mut check = Check::new(known).interval(self.interval).allow(self.allow);
        for (name, text) in files {
            check = check.catalog_file(name, text);
        }
        check.paths(&self.paths).map_err(said)
    }
}

/// Saved scrapes, and those in folders.
fn saved(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable = |source| said(check::Error::Unreadable { path: path.clone(), source });
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?.path();
            files.extend(Some(entry).filter(|entry| entry.extension().is_some_and(|extension| extension == "prom")));
        }
    }
    files.sort();
    Ok(files)
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|source| said(check::Error::Unreadable { path: path.to_owned(), source }))
}

fn scrape(known: &mut Known, place: &str, text: &str) -> Result<(), String> {
    known.scrape(text).map_err(|source| said(check::Error::Scrape { place: place.to_owned(), source }))
}

fn settings(path: &Path) -> Result<Settings, String> {
    Ok(File::read(path, &Environment::of_process()).map_err(said)?.settings)
}

/// Print a scrape without its numbers and label values: what `telecine check --metrics` needs of it, to be kept beside
/// dashboards
#[derive(Args)]
pub(crate) struct Outline {
    /// An endpoint, or a saved scrape
    #[arg(value_name = "URL OR FILE")]
    source: String,
    /// A file with the bearer token that the endpoint wants
    #[arg(long, value_name = "FILE")]
    bearer_token_file: Option<PathBuf>,
}

impl Outline {
    /// # Errors
    /// It cannot be read, or is no scrape.
    pub(crate) fn run(self) -> Result<Output, String> {
        let Self { source, bearer_token_file } = self;
        let token = bearer_token_file.as_deref().map(read).transpose()?;
        let text = match source.starts_with("http://") || source.starts_with("https://") {
            true => check::scrape(&source, token.as_deref().map(str::trim)).map_err(said)?,
            false => read(Path::new(&source))?,
        };
        let outline = check::outline(&text);
        let text = outline.map_err(|error| said(check::Error::Scrape { place: source, source: error }))?;
        Ok(Output { text, is_good: true })
    }
}
