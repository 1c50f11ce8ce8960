//! When to try again, and after how long.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use crate::media::RetryReason;

/// How often what failed for a reason that may pass is tried: a connection that broke, a database that is busy,
/// failed or took too long. A query that the database refused is not tried again.
///
/// Pauses double from the first to the longest. Each is a random part of that, so that clients that failed
/// together do not come back together.
///
/// ```
/// # use telecine::data::Retry;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// # let data = telecine::data::Data::new(&telecine::operation::Instruments::noop());
/// # let database = data.database("redis");
/// # struct Pool;
/// # impl Pool {
/// #     async fn get(&self) -> std::io::Result<Self> { Ok(Self) }
/// #     async fn hget(&self, _: &str, _: &str) -> std::io::Result<String> { Ok("queued".to_owned()) }
/// # }
/// # let pool = Pool;
/// // The timer is the program's: here that of tokio.
/// let reads = Retry::new(tokio::time::sleep).attempts(5);
/// let state = database
///     .operation("HGET")
///     .retry(&reads, async || {
///         // A connection that broke is replaced by the pool.
///         let connection = pool.get().await?;
///         connection.hget("job:42", "state").await
///     })
///     .await?;
/// # assert_eq!(state, "queued");
/// # Ok(()) })
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Retry<S> {
    sleep: S,
    attempts: u32,
    first: Duration,
    longest: Duration,
}

impl Retry<()> {
    /// How often it is tried, the first time included, unless [`Retry::attempts`] says otherwise.
    pub const DEFAULT_ATTEMPTS: u32 = 3;
    /// The first pause, unless [`Retry::pauses`] says otherwise.
    pub const DEFAULT_FIRST_PAUSE: Duration = Duration::from_millis(50);
    /// The longest pause, unless [`Retry::pauses`] says otherwise.
    pub const DEFAULT_LONGEST_PAUSE: Duration = Duration::from_secs(2);
}

impl<S, Pause> Retry<S>
where
    S: Fn(Duration) -> Pause,
    Pause: Future,
{
    /// Pauses by `sleep`.
    pub const fn new(sleep: S) -> Self {
        Self {
            sleep,
            attempts: Retry::DEFAULT_ATTEMPTS,
            first: Retry::DEFAULT_FIRST_PAUSE,
            longest: Retry::DEFAULT_LONGEST_PAUSE,
        }
    }

    /// How often it is tried, the first time included; at least once.
    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The first pause, and the longest.
    #[must_use]
    pub const fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        (self.first, self.longest) = (first, longest);
        self
    }

    /// Whether to try again after so many attempts.
    pub(super) fn is_worth_it(&self, reason: RetryReason, attempts: u32) -> bool {
        reason != RetryReason::Other && attempts < self.attempts
    }

    /// Pauses after so many attempts.
    pub(super) async fn pause(&self, attempts: u32) {
        let full = self.first.saturating_mul(1_u32.checked_shl(attempts - 1).unwrap_or(u32::MAX)).min(self.longest);
        // Between a half and the whole.
        let share = 0.5 + 0.5 * (random() as f64 / u64::MAX as f64);
        let pause = Duration::try_from_secs_f64(full.as_secs_f64() * share).unwrap_or(full);
        (self.sleep)(pause).await;
    }
}

/// What the standard library seeds its maps with.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
