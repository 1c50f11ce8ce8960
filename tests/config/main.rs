//! OpenTelemetry's configuration file: what it says holds, what is wrong with it is told, and it can be shown.
#![cfg(all(feature = "cli", feature = "otlp", feature = "prometheus"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_python_sdk_reads_the_same_file;
mod every_fault_is_told_with_its_place;
mod every_file_that_is_shown_is_good;
mod everything_the_schema_has_is_read;
mod no_text_breaks_the_reader;
mod the_command_checks_and_shows;
mod what_is_shown_is_shown_again;
mod what_the_file_says_holds;

use telecine::telemetry::Environment;
use telecine::telemetry::config::{Error, Fault, File};

/// A file with the parts of every kind.
const WHOLE: &str = include_str!("whole.yaml");

fn read_with(text: &str, variables: &[(&str, &str)]) -> Result<File, (Vec<Fault>, Vec<Fault>)> {
    let environment: Environment = variables.iter().copied().collect();
    match File::parse("f.yaml", text, &environment) {
        Ok(file) => Ok(file),
        Err(Error::Invalid { errors, warnings }) => Err((errors, warnings)),
        Err(other) => panic!("{other}"),
    }
}

fn read(text: &str) -> File {
    read_with(text, &[]).unwrap_or_else(|(errors, _)| panic!("{errors:#?}"))
}

fn lines(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}
