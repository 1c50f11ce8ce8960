//! The clock by which ages are told.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The clock by which queues and workers are judged: the program's, or a test's own.
///
/// ```
/// use std::time::Duration;
/// use telecine::work::Clock;
/// # let work = telecine::work::Work::new(
/// #     &telecine::operation::Instruments::noop(),
/// #     &telecine::media::Media::new(&telecine::operation::Instruments::noop()),
/// # );
///
/// let clock = Clock::stopped();
/// let work = work.with_clock(clock.clone());
/// work.workers().heartbeat("encoder-7");
/// clock.advance(Duration::from_secs(120));
/// // Now the worker counts as lost.
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// The time that is shown, of a clock that stands.
    shown: Option<Arc<Mutex<Instant>>>,
}

impl Clock {
    /// A clock that stands until it is [advanced](Self::advance). A clone shows the same time.
    pub fn stopped() -> Self {
        Self { shown: Some(Arc::new(Mutex::new(Instant::now()))) }
    }

    /// Puts a clock that stands forward. One that goes by itself is left alone.
    pub fn advance(&self, by: Duration) {
        if let Some(shown) = &self.shown {
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            *shown = shown.checked_add(by).unwrap_or(*shown);
        }
    }

    #[cfg(feature = "telemetry")]
    pub(super) fn now(&self) -> Instant {
        match &self.shown {
            Some(shown) => *shown.lock().unwrap_or_else(PoisonError::into_inner),
            None => Instant::now(),
        }
    }
}
