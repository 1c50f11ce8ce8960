//! What can go wrong with a real program.

use std::{fmt, process::ExitStatus};

/// A program that is not installed.
#[derive(Clone, thiserror::Error)]
#[error("{name} is not installed; run: .ci/install {part}")]
pub struct Missing {
    name: String,
    part: &'static str,
}

/// Why a real program is not to be had, or did not do what was asked of it.
///
/// `Debug` is `Display`, since a test that unwraps prints the former.
#[derive(thiserror::Error)]
pub enum Error {
    /// The program is not installed.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The program could not be started.
    #[error("{name} did not start: {source}")]
    Start {
        /// The program.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// The program ended when it should not have, or with another status than 0.
    #[error("{name} ended ({status}); it wrote:\n{output}")]
    Ended {
        /// The program.
        name: String,
        /// How it ended.
        status: ExitStatus,
        /// Its standard output and error.
        output: String,
    },
    /// What was waited for did not come.
    #[error("waited in vain for {what}\n{output}")]
    Late {
        /// What was waited for.
        what: String,
        /// The program's standard output and error so far.
        output: String,
    },
    /// A request to the program failed.
    #[error("{what}: {why}")]
    Request {
        /// The request.
        what: String,
        /// The answer or the reason that there is none.
        why: String,
    },
    /// The machine failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Missing {
    pub(crate) fn new(name: &str) -> Self {
        let part = match name {
            "ffmpeg" | "ffprobe" => "ffmpeg",
            "espeak-ng" | "pocketsphinx_batch" => "speech",
            "prometheus" | "promtool" => "prometheus",
            "alertmanager" | "amtool" => "alertmanager",
            "otelcol-telecine" => "collector",
            "otelcol-telecine-full" => "collector-full",
            "prometheus-node-exporter" | "prometheus-postgres-exporter" | "prometheus-redis-exporter" => "exporters",
            "versitygw" => "s3",
            "postgres" | "initdb" => "postgresql",
            "redis-server" => "redis",
            "telecine-python" => "python",
            "go" => "go",
            _ => "--list",
        };
        Self { name: name.to_owned(), part }
    }
}

impl fmt::Debug for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
