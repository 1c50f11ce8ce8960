use std::{io, net::SocketAddr, time::Duration};

use opentelemetry_sdk::error::OTelSdkError;

/// What can go wrong with the endpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is taken, or is none of this machine's.
    #[error("the metrics endpoint cannot listen on {address}: {source}")]
    Listen {
        /// Host and port as they were asked for.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The endpoint's thread or runtime could not be made.
    #[error("the metrics endpoint on {address} cannot start: {source}")]
    Start {
        /// Where it would have listened.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Requests were still being answered when the time for it was over. They were cut off.
    #[error("the metrics endpoint on {address} had requests left after {deadline:?}; they were cut off")]
    Stop {
        /// Where it listened.
        address: SocketAddr,
        /// How long it had.
        deadline: Duration,
    },
    /// The SDK could not be read: the reader belongs to no provider, or to one that was shut down.
    #[error("the meter provider cannot be read: {source}")]
    Collect {
        /// What the SDK says.
        source: OTelSdkError,
    },
}
