use std::sync::{Arc, Mutex, PoisonError};

/// Whether the program can do its work, as `/ready` tells those who send it work. Clones are the same
/// handle.
///
/// ```
/// use telecine::pull::Readiness;
///
/// let readiness = Readiness::default();
/// assert_eq!(readiness.reason(), None);
/// readiness.not_ready("the object store does not answer");
/// assert_eq!(readiness.reason().as_deref(), Some("the object store does not answer"));
/// readiness.ready();
/// assert_eq!(readiness.reason(), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<Mutex<Option<String>>>);

impl Readiness {
    /// The program can do its work. This is so from the start, unless it says otherwise.
    pub fn ready(&self) {
        self.set(None);
    }

    /// The program cannot do its work, for a reason that `/ready` answers.
    pub fn not_ready(&self, reason: impl Into<String>) {
        self.set(Some(reason.into()));
    }

    /// Why the program cannot do its work; `None` if it can.
    pub fn reason(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, reason: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }
}
