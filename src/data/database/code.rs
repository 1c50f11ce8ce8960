//! From a database's own code to an [`ErrorType`].

use crate::operation::ErrorType;

/// The type that a code stands for. A database that has answered with a code it alone knows has refused the
/// request.
pub(super) fn error_type(system: &str, code: &str) -> ErrorType {
    match system {
        "redis" | "valkey" => of_redis(code),
        "sqlite" => of_sqlite(code),
        _ => of_sqlstate(code),
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>; its classes are the SQL standard's, and so
/// MySQL's and others' too.
fn of_sqlstate(state: &str) -> ErrorType {
    match state {
        // A shutdown, a crash, a server that starts: it is away for now.
        "57P01" | "57P02" | "57P03" => ErrorType::Network,
        // A statement, a lock, a transaction, a session that took too long.
        "57014" | "55P03" | "25P03" | "25P04" | "57P05" => ErrorType::Timeout,
        "53100" => ErrorType::DiskFull,
        "53200" => ErrorType::OutOfMemory,
        "53300" => ErrorType::Throttled,
        "42501" => ErrorType::Permission,
        _ => match state.get(..2) {
            Some("08") => ErrorType::Network,
            Some("28") => ErrorType::Permission,
            // Deadlocks, transactions that cannot be put in an order; resources; the system; damage.
            Some("40" | "53" | "57" | "58" | "F0" | "XX") => ErrorType::StorageServer,
            _ => ErrorType::StorageClient,
        },
    }
}

/// <https://www.sqlite.org/rescode.html>: the primary code is the low byte of an extended one.
fn of_sqlite(code: &str) -> ErrorType {
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(5 | 6 | 9 | 15) => ErrorType::Timeout,
        Ok(7) => ErrorType::OutOfMemory,
        Ok(13) => ErrorType::DiskFull,
        Ok(3 | 8 | 23) => ErrorType::Permission,
        Ok(2 | 10 | 11 | 14 | 26) => ErrorType::StorageServer,
        _ => ErrorType::StorageClient,
    }
}

/// The first word of an error reply.
fn of_redis(word: &str) -> ErrorType {
    match word {
        "BUSY" | "LOADING" | "TRYAGAIN" => ErrorType::Throttled,
        "CLUSTERDOWN" | "MASTERDOWN" | "READONLY" | "NOREPLICAS" | "UNKILLABLE" => ErrorType::StorageServer,
        // Its snapshots cannot be written, so that it takes no more writes.
        "MISCONF" => ErrorType::DiskFull,
        "OOM" => ErrorType::OutOfMemory,
        "NOAUTH" | "NOPERM" | "WRONGPASS" | "DENIED" => ErrorType::Permission,
        _ => ErrorType::StorageClient,
    }
}
