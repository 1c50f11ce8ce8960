//! Databases: `db.client.*` of OpenTelemetry's
//! [conventions](https://opentelemetry.io/docs/specs/semconv/database/database-metrics/), and `media.db.*`.

use super::attribute::{
    DB_COLLECTION, DB_NAMESPACE, DB_OPERATION, DB_POOL, DB_POOL_STATE, DB_STATUS_CODE, DB_SYSTEM, ERROR_TYPE, OUTCOME,
    RETRY_REASON, SERVER_ADDRESS, SERVER_PORT,
};
use super::buckets::Family;
use super::definition::Instrument;

/// One operation. `media.outcome` is ours: a query that nobody waited for any more is no success, and the
/// conventions have no word for it.
pub const OPERATION_DURATION: Instrument = Instrument::histogram(
    "db.client.operation.duration",
    "s",
    "One operation of a database client, from the call to its answer; each attempt by itself",
)
.from_convention()
.buckets(Family::Query)
.attributes(&[
    DB_COLLECTION,
    DB_NAMESPACE,
    DB_OPERATION,
    DB_STATUS_CODE,
    DB_SYSTEM,
    ERROR_TYPE,
    OUTCOME,
    SERVER_ADDRESS,
    SERVER_PORT,
]);

/// Connections of a pool. The convention's name ends as a histogram's count does, and is kept since
/// dashboards for other libraries look for it.
pub const CONNECTIONS: Instrument = Instrument::up_down_counter(
    "db.client.connection.count",
    "{connection}",
    "Connections that a pool has, in the state that the attribute says",
)
.from_convention()
.attributes(&[DB_POOL, DB_POOL_STATE]);

/// Operations repeated.
pub const RETRIES: Instrument =
    Instrument::counter("media.db.retries", "{retry}", "Operations of a database that were tried again, by reason")
        .attributes(&[DB_SYSTEM, RETRY_REASON]);

/// All of them.
pub const ALL: &[Instrument] = &[OPERATION_DURATION, CONNECTIONS, RETRIES];
