//! Why telemetry could not be started.

use crate::catalog::Fault;

/// Why telemetry could not be started. Nothing is half started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A program's own definitions break the catalogue's rules.
    #[error("the catalogue breaks its rules: {}", listed(.0))]
    Catalog(Vec<Fault>),
    /// The configuration file is not in force.
    #[error(transparent)]
    Config(#[from] super::config::Error),
    /// The views cannot be made.
    #[error(transparent)]
    Views(#[from] crate::views::Error),
    /// The rules by which the Prometheus endpoint maps metrics cannot be used.
    #[error(transparent)]
    Mapping(#[from] crate::pull::mapping::Error),
    /// The log could not be set up.
    #[error(transparent)]
    Logs(#[from] crate::logs::Error),
    /// OTLP push could not be set up.
    #[cfg(feature = "otlp")]
    #[error(transparent)]
    Push(#[from] crate::push::Error),
    /// The Prometheus endpoint could not be set up.
    #[cfg(feature = "prometheus")]
    #[error(transparent)]
    Pull(#[from] crate::pull::Error),
    /// The address of the Prometheus endpoint is taken, or is none of this machine's.
    #[cfg(feature = "prometheus")]
    #[error("{source} ({choose} choose another address)")]
    Listen {
        /// What to change, and where: variables, or keys of the configuration file.
        choose: String,
        /// Why.
        source: crate::pull::Error,
    },
    /// The file with the bearer token of the Prometheus endpoint cannot be used.
    #[cfg(feature = "prometheus")]
    #[error("the bearer token in {} cannot be used: {source}", path.display())]
    Token {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is a subscriber already.
    #[error(
        "a tracing subscriber is set already: call `without_subscriber()` on the builder and add `Telemetry::layer()` to yours"
    )]
    SubscriberSet(#[source] tracing::subscriber::SetGlobalDefaultError),
    /// `init()` was called before in this process.
    #[error(
        "telemetry was initialised before in this process: `build()` makes one more without touching what is global"
    )]
    InitialisedBefore,
}

fn listed(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
