//! `telecine config`: the configuration file.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use telecine::catalog::Catalog;
use telecine::telemetry::config::{Coverage, Error, Fault, File};
use telecine::telemetry::{Environment, Settings};

use crate::{Output, definitions};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check files: every fault is a line, FILE:LINE:COLUMN: PATH: REASON, and the exit status is 1 if there is one
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The program's own catalogue, as it serves it at /catalog.json: rules may be about its metrics
        #[arg(long, value_name = "FILE")]
        catalog: Option<PathBuf>,
    },
    /// Print what is in force as a configuration file, without secrets
    Show {
        /// A configuration file; else the one that OTEL_CONFIG_FILE names, else what the variables say
        file: Option<PathBuf>,
    },
}

impl Command {
    pub(crate) fn run(self) -> Output {
        let environment = Environment::of_process();
        match self {
            Self::Check { files, catalog } => {
                let catalog = match definitions::with_own(catalog.as_deref()) {
                    Ok(catalog) => catalog,
                    Err(error) => return Output { text: format!("{error}\n"), is_good: false },
                };
                let mut output = Output { text: String::new(), is_good: true };
                for file in files {
                    check(&file, &catalog, &environment, &mut output);
                }
                output
            }
            Self::Show { file } => show(file, &environment),
        }
    }
}

fn check(path: &Path, catalog: &Catalog, environment: &Environment, output: &mut Output) {
    let Output { text, is_good } = output;
    match File::read(path, environment) {
        Ok(file) => {
            warnings(&file.warnings, text);
            for Coverage { place, metrics, notes, clashes } in file.coverage(catalog) {
                // It may be about an instrument of the program's own.
                let kind = if metrics.is_empty() { "warning" } else { "note" };
                line(text, &marked(kind, &place));
                // Of several metrics it may be meant for some.
                let kind = if metrics.len() == 1 { "warning" } else { "note" };
                for note in notes {
                    line(text, &marked(kind, &note));
                }
                for clash in clashes {
                    line(text, &marked("warning", &clash));
                }
            }
        }
        Err(error) => {
            faults(path, error, text);
            *is_good = false;
        }
    }
}

fn faults(path: &Path, error: Error, text: &mut String) {
    match error {
        Error::Invalid { errors, warnings } => {
            for fault in errors {
                line(text, &fault.to_string());
            }
            self::warnings(&warnings, text);
        }
        Error::Unreadable { source, .. } => line(text, &format!("{}:1:1: cannot be read: {source}", path.display())),
        other => line(text, &format!("{}:1:1: {other}", path.display())),
    }
}

fn warnings(warnings: &[Fault], text: &mut String) {
    for warning in warnings {
        line(text, &marked("warning", warning));
    }
}

/// A fault of a lesser kind, which stands after the place.
fn marked(kind: &str, fault: &Fault) -> String {
    let Fault { file, line, column, path, reason } = fault;
    let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
    format!("{file}:{line}:{column}: {kind}: {path}{reason}")
}

/// One line, whatever is in the text.
fn line(output: &mut String, text: &str) {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(output, "{text}");
}

fn show(file: Option<PathBuf>, environment: &Environment) -> Output {
    // What is not honoured is said apart from the document.
    let mut said = String::new();
    let shown = match file {
        Some(path) => match File::read(&path, environment) {
            Ok(file) => {
                warnings(&file.warnings, &mut said);
                Some(file.settings.to_yaml())
            }
            Err(error) => {
                faults(&path, error, &mut said);
                None
            }
        },
        None => match Settings::resolve(environment) {
            Ok((settings, ignored)) => {
                for ignored in ignored {
                    line(&mut said, &ignored.to_string());
                }
                Some(settings.to_yaml())
            }
            Err(error) => {
                said = format!("{error}\n");
                None
            }
        },
    };
    let _ = io::stderr().lock().write_all(said.as_bytes());
    Output { is_good: shown.is_some(), text: shown.unwrap_or_default() }
}
