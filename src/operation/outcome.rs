//! How an operation ended.

use super::ErrorType;

/// How an operation ended: the values of `media.outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It did what was asked.
    Success,
    /// It failed; `error.type` says why.
    Failure,
    /// Nobody wanted it any more: its future or guard was dropped, or it was cancelled.
    Cancelled,
    /// It ran out of time.
    Timeout,
    /// Something outside killed it: the operating system, an operator.
    Killed,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [Self::Success, Self::Failure, Self::Cancelled, Self::Timeout, Self::Killed];

    /// The value of `media.outcome`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
            Self::Timeout => "timeout",
            Self::Killed => "killed",
        }
    }

    /// Whether it counts as an error: all but success and cancelled.
    pub const fn is_error(self) -> bool {
        !matches!(self, Self::Success | Self::Cancelled)
    }
}

impl From<ErrorType> for Outcome {
    /// Running out of time and being killed are outcomes of their own; everything else is a failure.
    fn from(error_type: ErrorType) -> Self {
        match error_type {
            ErrorType::Timeout => Self::Timeout,
            ErrorType::Killed => Self::Killed,
            _ => Self::Failure,
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
