//! Measuring where data is kept: databases, caches, buffers, by whatever client or library.
//!
//! [`Data`] makes what measures them:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # let data = telecine::data::Data::new(&telecine::operation::Instruments::noop());
//! # struct Client;
//! # impl Client { async fn query(&self, _: &str) -> std::io::Result<u64> { Ok(1) } }
//! # let client = Client;
//! let database = data.database("postgresql").namespace("media");
//! let jobs = database.operation("SELECT").collection("jobs").run(client.query("SELECT count(*) FROM jobs")).await?;
//! # assert_eq!(jobs, 1);
//! # Ok(()) })
//! # }
//! ```

pub mod buffer;
pub mod cache;
pub mod database;

use std::sync::Arc;

use crate::operation::Instruments;

pub use buffer::Buffer;
pub use cache::Cache;
pub use database::{Connections, Database, Fault, Operation, Retry};

/// Makes what measures databases, caches and buffers. A clone is the same.
#[derive(Clone, Debug)]
pub struct Data {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    instruments: Instruments,
    buffer: buffer::Metrics,
    cache: cache::Metrics,
    database: database::Metrics,
}

impl Data {
    /// What is measured by these instruments.
    pub fn new(instruments: &Instruments) -> Self {
        Self {
            shared: Arc::new(Shared {
                buffer: buffer::Metrics::new(instruments),
                cache: cache::Metrics::new(instruments),
                database: database::Metrics::new(instruments),
                instruments: instruments.clone(),
            }),
        }
    }

    /// A database, by its product's name as the conventions have it: `postgresql`, `redis`, `sqlite`, `mysql`.
    pub fn database(&self, system: impl AsRef<str>) -> Database {
        Database::new(&self.shared.instruments, &self.shared.database, system.as_ref())
    }

    /// A cache, by the name that the program has for it: `manifests`. Its counters are published as 0 at once.
    pub fn cache(&self, name: impl AsRef<str>) -> Cache {
        Cache::new(&self.shared.instruments, &self.shared.cache, name.as_ref())
    }

    /// A buffer, by the name that the program has for it: `frames`. Buffers of one name add up.
    pub fn buffer(&self, name: impl AsRef<str>) -> Buffer {
        Buffer::new(&self.shared.instruments, &self.shared.buffer, name.as_ref())
    }
}
