use std::path::PathBuf;

use super::Kind;

/// Why the push could not be set up. Nothing is sent while it is set up, so an unreachable collector is not among them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The endpoint is no URL, or not one of the protocol.
    #[error("OTLP {signal}: endpoint {endpoint}: {reason}")]
    Endpoint {
        /// The signal whose endpoint it is.
        signal: Kind,
        /// The endpoint, without credentials.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A header that cannot be sent. Its value may be a secret and is not shown.
    #[error("OTLP {signal}: header {name:?}: {reason}")]
    Header {
        /// The signal whose header it is.
        signal: Kind,
        /// Name of the header.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A file with a certificate or key cannot be used.
    #[error("OTLP {signal}: {}: {reason}", path.display())]
    Certificate {
        /// The signal whose file it is.
        signal: Kind,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A client certificate without its key, or a key without its certificate.
    #[error("OTLP {signal}: client {present} is set, client {missing} is not: mutual TLS needs both")]
    Identity {
        /// The signal whose files they are.
        signal: Kind,
        /// What is set.
        present: &'static str,
        /// What is not.
        missing: &'static str,
    },
    /// Endpoint, certificates and protocol do not make a client.
    #[error("OTLP {signal}: {reason}")]
    Client {
        /// The signal whose client it is.
        signal: Kind,
        /// What is wrong.
        reason: String,
    },
    /// The thread that exports could not be started.
    #[error("OTLP: the export thread did not start: {0}")]
    Thread(#[source] std::io::Error),
}
