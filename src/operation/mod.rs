//! What all operations share: a span and a measurement that start and end together.
//!
//! An operation is described ([`Media::transcode`](crate::media::Media::transcode)), then run:
//!
//! - `run(future)` runs a future as the operation: `Ok` is success, `Err` is failure with the
//!   [`ErrorType`] that its chain of causes tells, a panic is failure with `error.type=panic`, and a
//!   future that is dropped before its end is cancelled.
//! - `start()` gives a [`Guard`] for code that has no future to wrap. Its end is explicit; a guard that
//!   is dropped counts as cancelled, or as failed where a panic drops it.
//!
//! Either way the span and the measurement end with the same [`Outcome`] and the same `error.type`, and
//! an end is recorded inside the operation's own span, so that exemplars lead to it.

mod budget;
mod classify;
mod context;
mod error_type;
mod guard;
#[cfg(feature = "telemetry")]
mod observe;
mod outcome;
mod run;
mod span;

#[cfg(feature = "telemetry")]
mod instruments;
#[cfg(not(feature = "telemetry"))]
#[path = "off.rs"]
mod instruments;

#[cfg(all(test, feature = "telemetry"))]
mod tests;

#[cfg(feature = "telemetry")]
pub(crate) use budget::clean;
pub use classify::{AsError, Classified, Classifier, Classifiers};
pub use context::Parent;
pub use error_type::{ErrorType, Origin};
pub use guard::{End, Guard, Measured};
pub use instruments::{
    BoundCounter, BoundHistogram, BoundTimeCounter, BoundUpDownCounter, Counter, Gauge, Histogram, InFlight,
    Instruments, Labels, TimeCounter, UpDownCounter,
};
#[cfg(not(feature = "telemetry"))]
pub use instruments::{Observed, Observer};
#[cfg(feature = "telemetry")]
pub use observe::{Observed, Observer};
pub use outcome::Outcome;
pub use run::Run;
pub use span::Span;
#[cfg(feature = "http")]
pub(crate) use span::close;
pub(crate) use span::{open, record};
