use std::{io, path::PathBuf};

/// Why logging cannot start, or could not end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A part of the filter (`RUST_LOG`) cannot be read.
    #[error("log filter: directive `{directive}`: {source}")]
    Directive {
        /// The part between two commas.
        directive: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// The level of the OpenTelemetry crates' logs (`OTEL_LOG_LEVEL`) is not a level.
    #[error("log level `{text}`: not one of none, error, warn, info, debug, verbose")]
    Level {
        /// What was given.
        text: String,
    },
    /// The log format is not known.
    #[error("log format `{text}`: not one of auto, json, human, off")]
    Format {
        /// What was given.
        text: String,
    },
    /// The log file cannot be opened.
    #[error("log file {}: cannot be opened: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The thread that writes the log file cannot be started.
    #[error("log file {}: its thread cannot be started: {source}", path.display())]
    Thread {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The log file did not take all lines within the deadline.
    #[error("log file {}: {lines} lines were not written in time", path.display())]
    Flush {
        /// The file.
        path: PathBuf,
        /// How many lines still wait.
        lines: u64,
    },
}
