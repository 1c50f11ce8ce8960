//! A queue that is looked at from time to time.

use super::{Depth, Queue};
use crate::operation::AsError;
use crate::work::background::{Background, BackgroundBuilder, BackgroundError};

impl Queue {
    /// Has a background task look at the queue: `look` gives how many jobs wait, and for how long the oldest
    /// has. While a look fails, hangs past the task's timeout or panics, and after the task's end, nothing is
    /// known of the queue, and its series are gone; the task counts the failure.
    ///
    /// A task without a timeout of its own has its interval for one. In a program without telemetry, which
    /// nobody asks for the numbers, nothing is looked at.
    ///
    /// ```
    /// use std::time::Duration;
    /// use telecine::work::Depth;
    /// # struct Database;
    /// # impl Database {
    /// #     async fn waiting(&self) -> std::io::Result<(u64, Option<Duration>)> { Ok((0, None)) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = std::sync::Arc::new(Database);
    /// # let work = telecine::work::Work::new(
    /// #     &telecine::operation::Instruments::noop(),
    /// #     &telecine::media::Media::new(&telecine::operation::Instruments::noop()),
    /// # );
    ///
    /// let poll = work.background("queue_depth").every(Duration::from_secs(15)).timeout(Duration::from_secs(5));
    /// let poll = work.queue("transcode").poll(poll, move || {
    ///     let database = database.clone();
    ///     async move {
    ///         let (size, oldest) = database.waiting().await?;
    ///         Ok::<_, std::io::Error>(Depth { size, oldest })
    ///     }
    /// })?;
    /// // At the program's end:
    /// poll.stop().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`BackgroundBuilder::run`].
    pub fn poll<F, Fut, E, Kind>(&self, task: BackgroundBuilder, look: F) -> Result<Background, BackgroundError>
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Depth, E>> + Send + 'static,
        E: AsError<Kind> + 'static,
        Kind: 'static,
    {
        #[cfg(feature = "telemetry")]
        return on::poll(self, task, look);
        #[cfg(not(feature = "telemetry"))]
        {
            let _ = look;
            task.idle()
        }
    }
}

#[cfg(feature = "telemetry")]
mod on {
    use super::*;

    /// Forgets what is known of a queue, unless it is told not to.
    struct Forget(Option<Queue>);

    pub(super) fn poll<F, Fut, E, Kind>(
        queue: &Queue,
        task: BackgroundBuilder,
        mut look: F,
    ) -> Result<Background, BackgroundError>
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Depth, E>> + Send + 'static,
        E: AsError<Kind> + 'static,
        Kind: 'static,
    {
        // The task drops it with the function at its end.
        let at_the_end = Forget(Some(queue.clone()));
        task.timeout_by_default().run(move || {
            // Also where `look` itself panics.
            let mut at_failure = Forget(at_the_end.0.clone());
            let depth = look();
            async move {
                let depth = depth.await?;
                if let Some(queue) = at_failure.0.take() {
                    queue.report(depth);
                }
                Ok::<_, E>(())
            }
        })
    }

    impl Drop for Forget {
        fn drop(&mut self) {
            if let Some(queue) = &self.0 {
                queue.forget();
            }
        }
    }
}
