//! From an error to its [`ErrorType`].

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use super::ErrorType;

/// Looks at one error of a chain and says its type, or that it does not know the error.
pub type Classifier = fn(&(dyn Error + 'static)) -> Option<ErrorType>;

/// The classifiers of a program, in the order in which they are asked.
#[derive(Clone, Debug, Default)]
pub struct Classifiers(Arc<[Classifier]>);

/// An error with the type that it is to be recorded with.
///
/// ```
/// use telecine::operation::{Classified, ErrorType};
///
/// fn decode(header: &[u8]) -> Result<(), Classified> {
///     match header {
///         b"RIFF" => Ok(()),
///         _ => Err(Classified::new(ErrorType::InputInvalid, "not a RIFF file")),
///     }
/// }
/// # assert!(decode(b"RIFF").is_ok() && decode(b"junk").is_err());
/// ```
#[derive(Debug)]
pub struct Classified {
    error_type: ErrorType,
    error: Box<dyn Error + Send + Sync>,
}

/// What can be classified: any [`Error`], and boxes of them such as `Box<dyn Error + Send + Sync>` or
/// `anyhow::Error`. `Kind` only tells these apart and is always inferred.
pub trait AsError<Kind> {
    /// The error at the head of the chain.
    fn as_error(&self) -> &(dyn Error + 'static);
}

/// Marks errors that are errors themselves.
#[derive(Debug)]
pub enum Plain {}

/// Marks what holds an error that may be sent to other threads.
#[derive(Debug)]
pub enum Boxed {}

/// Marks what holds an error that stays on its thread.
#[derive(Debug)]
pub enum BoxedLocal {}

impl<E: Error + 'static> AsError<Plain> for E {
    fn as_error(&self) -> &(dyn Error + 'static) {
        self
    }
}

impl<E: AsRef<dyn Error + Send + Sync + 'static>> AsError<Boxed> for E {
    fn as_error(&self) -> &(dyn Error + 'static) {
        self.as_ref()
    }
}

// Not for everything that refers to such an error: `anyhow::Error` refers to both.
impl AsError<BoxedLocal> for Box<dyn Error + 'static> {
    fn as_error(&self) -> &(dyn Error + 'static) {
        self.as_ref()
    }
}

impl Classified {
    /// Gives an error a type.
    pub fn new(error_type: ErrorType, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { error_type, error: error.into() }
    }

    /// The type.
    pub fn error_type(&self) -> ErrorType {
        self.error_type
    }
}

impl fmt::Display for Classified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for Classified {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl FromIterator<Classifier> for Classifiers {
    fn from_iter<I: IntoIterator<Item = Classifier>>(classifiers: I) -> Self {
        Self(classifiers.into_iter().collect())
    }
}

impl Classifiers {
    /// These, and one that is asked after them.
    #[cfg(feature = "object-store")]
    pub(crate) fn and(&self, classifier: Classifier) -> Self {
        self.0.iter().copied().chain([classifier]).collect()
    }

    /// The type of an error: the first that one of the classifiers, or telecine, knows of an error in
    /// the chain, from its head to its root; else [`ErrorType::Other`].
    ///
    /// Known without a classifier are [`Classified`] and [`io::Error`], also as a box in the latter.
    pub fn error_type(&self, error: &(dyn Error + 'static)) -> ErrorType {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(known) = self.0.iter().find_map(|classify| classify(error)).or_else(|| built_in(error)) {
                return known;
            }
            next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => Some(inner as &(dyn Error + 'static)),
                None => error.source(),
            };
        }
        ErrorType::Other
    }
}

fn built_in(error: &(dyn Error + 'static)) -> Option<ErrorType> {
    if let Some(classified) = error.downcast_ref::<Classified>() {
        return Some(classified.error_type);
    }
    #[cfg(feature = "telemetry")]
    if error.is::<tokio::time::error::Elapsed>() {
        return Some(ErrorType::Timeout);
    }
    error.downcast_ref::<io::Error>().and_then(|error| of_io(error.kind()))
}

/// Not what was not found, or not valid: that may be the input, and as well an output's directory, a
/// program, or what a connection carried. Who knows says so by [`Classified`].
fn of_io(kind: io::ErrorKind) -> Option<ErrorType> {
    use io::ErrorKind as Kind;
    match kind {
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => Some(ErrorType::Permission),
        Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => Some(ErrorType::DiskFull),
        Kind::OutOfMemory => Some(ErrorType::OutOfMemory),
        Kind::TimedOut => Some(ErrorType::Timeout),
        Kind::ConnectionRefused
        | Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::NotConnected
        | Kind::BrokenPipe
        | Kind::HostUnreachable
        | Kind::NetworkUnreachable
        | Kind::NetworkDown => Some(ErrorType::Network),
        _ => None,
    }
}
