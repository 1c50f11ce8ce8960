//! One operation of a database.

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Database, Retry, fault, text};
use crate::catalog::attribute;
use crate::media::RetryReason;
use crate::operation::{self, AsError, Classifiers, End, ErrorType, Guard, Labels, Measured, Run, Span};

/// An operation of a database, to be run. Its span and its measurement are those of OpenTelemetry's
/// conventions for database clients.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let data = telecine::data::Data::new(&telecine::operation::Instruments::noop());
/// let database = data.database("sqlite").namespace("jobs").faults(|error| match error.downcast_ref()? {
///     rusqlite::Error::SqliteFailure(error, _) => Some(telecine::data::Fault::code(error.extended_code.to_string())),
///     _ => None,
/// });
/// let connection = rusqlite::Connection::open_in_memory()?;
/// let create = database.operation("CREATE TABLE").collection("jobs").start();
/// create.finish(connection.execute_batch("CREATE TABLE jobs (id INTEGER PRIMARY KEY)"))?;
/// let insert = database.operation("INSERT").collection("jobs").start();
/// let rows = insert.finish(connection.execute("INSERT INTO jobs VALUES (?1)", [1]))?;
/// # assert_eq!(rows, 1);
/// # Ok(()) }
/// ```
#[must_use = "an operation that is not started is not measured"]
#[derive(Clone, Debug)]
pub struct Operation {
    database: Database,
    name: String,
    collection: Option<String>,
    text: Option<String>,
}

/// An operation that runs.
#[derive(Debug)]
pub struct Active {
    database: Database,
    labels: Labels,
    code: Mutex<Option<String>>,
}

impl Operation {
    pub(super) fn new(database: &Database, name: &str) -> Self {
        Self { database: database.clone(), name: name.to_owned(), collection: None, text: None }
    }

    /// The table or collection that it is about: `jobs`.
    pub fn collection(mut self, collection: impl Into<String>) -> Self {
        self.collection = Some(collection.into());
        self
    }

    /// The SQL. It goes on the span, never on a metric, and its comments and literals do not: `WHERE id = 42` is
    /// `WHERE id = ?`. Of a database that does not speak SQL, nothing is recorded.
    pub fn text(mut self, sql: impl AsRef<str>) -> Self {
        self.text = text::without_literals(&self.database.system, sql.as_ref());
        self
    }

    /// Starts it.
    pub fn start(self) -> Guard<Active> {
        let Self { database, name, collection, .. } = self;
        let span = operation::open!(
            "database",
            "otel.kind" = "client",
            "otel.name" = span_name(&database, &name, collection.as_deref()),
            "db.collection.name" = collection,
            "db.namespace" = database.namespace,
            "db.operation.name" = name,
            "db.query.text" = self.text,
            "db.response.status_code" = ::tracing::field::Empty,
            "db.system.name" = database.system,
            "server.address" = database.address,
            "server.port" = database.port,
        );
        let labels = database
            .labels
            .clone()
            .set(&attribute::DB_OPERATION, &name)
            .set_some(&attribute::DB_COLLECTION, collection.as_deref());
        let classifiers = database.instruments.classifiers();
        Guard::new(Active { database, labels, code: Mutex::default() }, span, classifiers)
    }

    /// Runs a future as this operation.
    pub fn run<F, T, E, Kind>(self, future: F) -> Run<Active, F, Kind>
    where
        F: Future<Output = Result<T, E>>,
        E: AsError<Kind>,
    {
        self.start().run(future)
    }

    /// Runs a future as this operation, and another one where that failed for a reason that may pass, as
    /// [`Retry`] says. Each is measured by itself. For reads, and what else may be done twice.
    ///
    /// # Errors
    /// That of the last attempt.
    pub async fn retry<A, F, S, Pause, T, E, Kind>(self, retry: &Retry<S>, mut attempt: A) -> Result<T, E>
    where
        A: FnMut() -> F,
        F: Future<Output = Result<T, E>>,
        S: Fn(Duration) -> Pause,
        Pause: Future,
        E: AsError<Kind>,
    {
        let mut number = 1;
        loop {
            let error = match self.clone().run(attempt()).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let reason = RetryReason::from(self.database.error_type(error.as_error()));
            if !retry.is_worth_it(reason, number) {
                return Err(error);
            }
            retry.pause(number).await;
            number += 1;
            let Database { metrics, instruments, system, .. } = &self.database;
            let labels = instruments.labels().set(&attribute::DB_SYSTEM, system);
            metrics.retries.add(1, &labels.set(&attribute::RETRY_REASON, reason.as_str()));
        }
    }
}

impl Active {
    /// The database answered with this code. For code that ends the operation by
    /// [`Guard::failure`]; an error tells it by itself, where [`Database::faults`] can read it.
    pub fn status_code(&self, code: impl Into<String>) {
        *self.code.lock().unwrap_or_else(PoisonError::into_inner) = Some(code.into());
    }
}

impl Measured for Active {
    fn end(&mut self, end: &End, span: &Span) {
        let code = self.code.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(code) = &code {
            operation::record(span, "db.response.status_code", code.as_str());
        }
        let labels = end.label(&self.labels).set_some(&attribute::DB_STATUS_CODE, code);
        self.database.metrics.duration.record(end.duration.as_secs_f64(), &labels);
    }

    fn error_type(&mut self, error: &(dyn Error + 'static), classifiers: &Classifiers) -> ErrorType {
        let (error_type, code) = fault::read(&self.database, error, classifiers);
        if let Some(code) = code {
            self.status_code(code);
        }
        error_type
    }
}

/// `SELECT jobs`: the operation, and the nearest of what it is about, as the conventions ask.
#[cfg(feature = "telemetry")]
fn span_name(database: &Database, operation: &str, collection: Option<&str>) -> String {
    let Database { namespace, address, port, .. } = database;
    match (collection.or(namespace.as_deref()), address, port) {
        (Some(target), ..) => format!("{operation} {target}"),
        (None, Some(address), Some(port)) => format!("{operation} {address}:{port}"),
        (None, Some(address), None) => format!("{operation} {address}"),
        (None, None, _) => operation.to_owned(),
    }
}
