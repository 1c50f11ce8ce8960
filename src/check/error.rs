use std::io;
use std::path::PathBuf;

use super::known::Malformed;

/// Why there is no check.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or a folder could not be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A saved scrape, or the answer of an endpoint, is none.
    #[error("{place}: this is no scrape: {source}")]
    Scrape {
        /// The file or URL.
        place: String,
        /// Why.
        source: Malformed,
    },
    /// An endpoint gave no scrape.
    #[error("{url} cannot be scraped: {reason}")]
    Endpoint {
        /// The endpoint.
        url: String,
        /// Why.
        reason: String,
    },
}
