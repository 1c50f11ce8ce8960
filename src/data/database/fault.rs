//! What a client's error says of the database.

use std::error::Error;
use std::io;

use super::{Database, code};
use crate::operation::{Classifiers, ErrorType};

/// Reads one error of a chain, and says what it tells of the database, or that it does not know the error.
pub type ReadFault = fn(&(dyn Error + 'static)) -> Option<Fault>;

/// What a client's error says of the database.
///
/// ```
/// use telecine::data::Fault;
/// use telecine::operation::ErrorType;
///
/// let unique_violation = Fault::code("23505");
/// let pool_is_exhausted = Fault::of(ErrorType::Timeout);
/// assert_ne!(unique_violation, pool_is_exhausted);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    code: Option<String>,
    error_type: Option<ErrorType>,
}

impl Fault {
    /// The database answered with this code: an SQLSTATE (`23505`), Redis' first word (`WRONGTYPE`), SQLite's
    /// result code (`5`).
    pub fn code(code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), error_type: None }
    }

    /// The database is not there, or went away.
    pub const fn gone() -> Self {
        Self::of(ErrorType::Network)
    }

    /// It is of this type, whatever the code.
    pub const fn of(error_type: ErrorType) -> Self {
        Self { code: None, error_type: Some(error_type) }
    }
}

/// The type of an error, and the database's code for it.
pub(super) fn read(
    database: &Database,
    error: &(dyn Error + 'static),
    classifiers: &Classifiers,
) -> (ErrorType, Option<String>) {
    let fault = database.faults.and_then(|faults| chain(error).find_map(faults));
    let (code, known) = fault.map_or((None, None), |fault| (fault.code, fault.error_type));
    let error_type = match classifiers.error_type(error) {
        ErrorType::Other => known
            .or_else(|| code.as_deref().map(|code| code::error_type(&database.system, code)))
            .or_else(|| chain(error).find_map(of_connection))
            .unwrap_or(ErrorType::Other),
        known => known,
    };
    (error_type, code)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}

/// What an `io::Error` means where the other end can only be a database: a name that is not resolved has no kind
/// of its own, and a stream that ends early was cut off. What was read and could not be understood is no fault of
/// the connection.
fn of_connection(error: &(dyn Error + 'static)) -> Option<ErrorType> {
    use io::ErrorKind as Kind;
    match error.downcast_ref::<io::Error>()?.kind() {
        Kind::InvalidData | Kind::InvalidInput | Kind::Unsupported | Kind::Other => None,
        _ => Some(ErrorType::Network),
    }
}
