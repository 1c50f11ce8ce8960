use std::fmt;
use std::path::PathBuf;

use crate::logs::Format;
use crate::pull::Mapping;

/// What is telecine's own, and no part of OpenTelemetry's configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distribution {
    /// Log lines.
    pub logs: Lines,
    /// The Prometheus endpoint.
    pub prometheus: Endpoint,
}

/// Log lines on standard error and in a file. What is `None` is as the program says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Which events are logged, in `EnvFilter`'s syntax (`RUST_LOG`).
    pub filter: Option<String>,
    /// How lines look on standard error.
    pub format: Option<Format>,
    /// A file that gets every line as JSON.
    pub file: Option<PathBuf>,
    /// Whether lines for people are coloured (`NO_COLOR` says no).
    pub colour: Option<bool>,
}

/// The Prometheus endpoint. What is `None` is as the program says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// What is made of metrics under other names.
    pub mapping: Mapping,
    /// Scrapes must carry this bearer token.
    pub bearer_token: Option<Secret>,
    /// A file with the bearer token that scrapes must carry; read once, at the start. White space around the token is
    /// no part of it. It is asked for rather than `bearer_token`.
    pub bearer_token_file: Option<PathBuf>,
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}
