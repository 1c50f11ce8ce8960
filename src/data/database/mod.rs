//! A database, by whatever client: its operations, its pools, and what is tried again.

mod code;
mod fault;
mod operation;
mod retry;
mod text;

#[cfg(all(test, feature = "telemetry"))]
mod tests;

use std::error::Error;

use crate::catalog::{attribute, database as definitions};
use crate::media::RetryReason;
use crate::operation::{Counter, ErrorType, Histogram, Instruments, Labels, Observed};

pub use fault::{Fault, ReadFault};
pub use operation::{Active, Operation};
pub use retry::Retry;

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    duration: Histogram,
    retries: Counter,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self {
            duration: instruments.histogram(&definitions::OPERATION_DURATION),
            retries: instruments.counter(&definitions::RETRIES),
        }
    }
}

/// A database that a program is a client of. A clone is the same.
///
/// It knows no client: an operation is any future, an error any [`Error`], a pool whatever can say how many
/// connections it has. With `sqlx`, for one, that is
/// `database.operation("SELECT").collection("jobs").run(query.fetch_all(&pool))`.
///
/// ```
/// use telecine::data::{Connections, Fault};
///
/// # async fn connect(telemetry: &telecine::Telemetry) -> Result<(), Box<dyn std::error::Error>> {
/// let (client, connection) = tokio_postgres::connect("host=db1 dbname=media", tokio_postgres::NoTls).await?;
/// tokio::spawn(connection);
/// let database = telemetry.data().database("postgresql").namespace("media").server("db1").faults(|error| {
///     let error = error.downcast_ref::<tokio_postgres::Error>()?;
///     if error.is_closed() {
///         return Some(Fault::gone());
///     }
///     error.code().map(|state| Fault::code(state.code()))
/// });
///
/// let sql = "SELECT id FROM jobs WHERE state = 'queued'";
/// let rows = database.operation("SELECT").collection("jobs").text(sql).run(client.query(sql, &[])).await?;
/// # drop(rows);
/// # Ok(()) }
/// ```
///
/// A Redis is one too, and what it answered with is read from another client's error:
///
/// ```
/// use telecine::data::Fault;
///
/// # fn commands(telemetry: &telecine::Telemetry) {
/// let redis = telemetry.data().database("redis").faults(|error| {
///     let error = error.downcast_ref::<redis::RedisError>()?;
///     if error.is_connection_dropped() {
///         return Some(Fault::gone());
///     }
///     error.code().map(Fault::code)
/// });
/// # drop(redis); }
/// ```
#[derive(Clone, Debug)]
pub struct Database {
    instruments: Instruments,
    metrics: Metrics,
    labels: Labels,
    system: String,
    namespace: Option<String>,
    address: Option<String>,
    port: Option<u16>,
    faults: Option<ReadFault>,
}

/// The connections that a pool has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// Those that wait for somebody.
    pub idle: u64,
    /// Those that somebody has.
    pub used: u64,
}

impl Connections {
    /// Of so many connections, so many that wait: what most pools say.
    pub const fn of_size(size: u64, idle: u64) -> Self {
        Self { idle, used: size.saturating_sub(idle) }
    }
}

impl Database {
    pub(super) fn new(instruments: &Instruments, metrics: &Metrics, system: &str) -> Self {
        let labels = instruments.labels().set(&attribute::DB_SYSTEM, system);
        for reason in RetryReason::ALL {
            metrics.retries.publish(&labels.clone().set(&attribute::RETRY_REASON, reason.as_str()));
        }
        Self {
            instruments: instruments.clone(),
            metrics: metrics.clone(),
            labels,
            system: system.to_owned(),
            namespace: None,
            address: None,
            port: None,
            faults: None,
        }
    }

    /// The database within its server: `media`.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        let namespace = namespace.into();
        self.labels = self.labels.set(&attribute::DB_NAMESPACE, &namespace);
        self.namespace = Some(namespace);
        self
    }

    /// The server's name or address, as configured: `db1`. Never a URL, which may hold a password.
    #[must_use]
    pub fn server(mut self, address: impl Into<String>) -> Self {
        let address = address.into();
        self.labels = self.labels.set(&attribute::SERVER_ADDRESS, &address);
        self.address = Some(address);
        self
    }

    /// The server's port, where it is not the product's usual one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.labels = self.labels.set(&attribute::SERVER_PORT, port.to_string());
        self.port = Some(port);
        self
    }

    /// How to read the client's errors: each error of a chain is shown to `faults`, from its head to its root,
    /// until it knows one. Without it, only what `std::io::Error` tells of a connection is known.
    #[must_use]
    pub fn faults(mut self, faults: ReadFault) -> Self {
        self.faults = Some(faults);
        self
    }

    /// An operation by its name, as the database calls it: `SELECT`, `HGET`. One of a few: never a whole query.
    pub fn operation(&self, name: impl AsRef<str>) -> Operation {
        Operation::new(self, name.as_ref())
    }

    /// Observes the connections of a pool, until what is given back is dropped. `connections` is called at each
    /// collection: it says what the pool knows, and waits for nothing.
    ///
    /// ```
    /// use telecine::data::Connections;
    ///
    /// # struct Pool;
    /// # impl Pool { fn size(&self) -> u32 { 5 } fn num_idle(&self) -> usize { 3 } }
    /// # let data = telecine::data::Data::new(&telecine::operation::Instruments::noop());
    /// # let pool = std::sync::Arc::new(Pool);
    /// // As a pool of sqlx says it.
    /// let observed = data
    ///     .database("postgresql")
    ///     .pool("jobs", move || Connections::of_size(pool.size().into(), pool.num_idle() as u64));
    /// # drop(observed);
    /// ```
    pub fn pool(
        &self,
        name: impl AsRef<str>,
        connections: impl Fn() -> Connections + Send + Sync + 'static,
    ) -> Observed {
        let labels = self.instruments.labels().set(&attribute::DB_POOL, name);
        let idle = labels.clone().set(&attribute::DB_POOL_STATE, "idle");
        let used = labels.set(&attribute::DB_POOL_STATE, "used");
        self.instruments.observe(&definitions::CONNECTIONS, move |observer| {
            let now = connections();
            observer.observe(now.idle as f64, &idle);
            observer.observe(now.used as f64, &used);
        })
    }

    /// The type that an error of this database is recorded with. Where the program's classifiers and telecine's
    /// own do not know it, the database's code tells:
    ///
    /// | what it says | type |
    /// |---|---|
    /// | SQLSTATE 08, 57P01 to 57P03; a connection that broke, or none | `network` |
    /// | SQLSTATE 57014, 55P03, 25P03, 57P05; SQLite's busy, locked, interrupted | `timeout` |
    /// | SQLSTATE 53300; Redis' `BUSY`, `LOADING`, `TRYAGAIN` | `throttled` |
    /// | SQLSTATE 53100; SQLite's full; Redis' `MISCONF` | `disk_full` |
    /// | SQLSTATE 53200; SQLite's no memory; Redis' `OOM` | `out_of_memory` |
    /// | SQLSTATE 28, 42501; SQLite's auth, perm, readonly; Redis' `NOAUTH`, `NOPERM`, `WRONGPASS` | `permission` |
    /// | SQLSTATE 40, 53, 58, 57, F0, XX; SQLite's I/O, corrupt; Redis' `CLUSTERDOWN`, `MASTERDOWN`, `READONLY` | `storage_server` |
    /// | any other code: a wrong query, a constraint that does not hold | `storage_client` |
    pub fn error_type(&self, error: &(dyn Error + 'static)) -> ErrorType {
        fault::read(self, error, &self.instruments.classifiers()).0
    }
}
