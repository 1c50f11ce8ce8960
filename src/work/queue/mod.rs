//! A queue of jobs: how many wait, and for how long the oldest has.

#[cfg(feature = "background")]
mod poll;

#[cfg(feature = "telemetry")]
mod depths;
#[cfg(not(feature = "telemetry"))]
#[path = "off.rs"]
mod depths;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use depths::{Depths, Place};

pub(super) use depths::Queues;

/// A queue of jobs. A clone is the same queue, and so is another that was asked for by the same name.
///
/// A queue that lives in this process is entered by each job that waits, which [`JobBuilder::queue`] does
/// for a job:
///
/// ```
/// # let work = telecine::work::Work::new(
/// #     &telecine::operation::Instruments::noop(),
/// #     &telecine::media::Media::new(&telecine::operation::Instruments::noop()),
/// # );
/// let queue = work.queue("transcode");
/// let job = work.job("transcode").queue(&queue).create();
/// // Here it waits: `media.queue.size` is 1, and `media.queue.oldest.age` grows.
/// let attempt = job.attempt();
/// // Now it does not any more.
/// # attempt.success();
/// ```
///
/// A queue that others can look into, such as a table of a database, is [reported](Self::report) by the one
/// who looks, or [polled](Self::poll). One that waits in both ways has the sum of both.
///
/// Its series are there from the first that is known of it, and go with the last clone. Of a gauge that two
/// processes report of the same queue, take the maximum and not the sum.
///
/// [`JobBuilder::queue`]: super::JobBuilder::queue
#[derive(Clone)]
pub struct Queue {
    depths: Depths,
}

/// What is known of a queue from outside.
///
/// ```
/// use std::time::Duration;
/// use telecine::work::Depth;
///
/// let depth = Depth { size: 12, oldest: Some(Duration::from_secs(90)) };
/// assert_eq!(Depth::from(0), Depth { size: 0, oldest: None });
/// # let _ = depth;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// How many jobs wait.
    pub size: u64,
    /// How long the one that has waited longest has waited. Of a queue that is not empty, nothing means
    /// that it is not known.
    pub oldest: Option<Duration>,
}

/// A job's place in a queue, until it is dropped.
#[must_use = "the job counts as waiting until this is dropped"]
pub struct Waiting {
    _place: Place,
}

impl Queue {
    pub(super) fn new(queues: &Arc<Queues>, name: &str) -> Self {
        Self { depths: queues.get(name) }
    }

    /// Something begins to wait. It does until what is given back is dropped.
    pub fn enter(&self) -> Waiting {
        Waiting { _place: self.depths.enter() }
    }

    /// What is known of the queue by looking at it, in the place of what was reported before. A number alone
    /// will do: `queue.report(12)`.
    pub fn report(&self, depth: impl Into<Depth>) {
        self.depths.tell(Some(depth.into()));
    }

    /// Nobody knows any more how many wait: what was reported is forgotten. A gap says so where the last
    /// number that was known would be taken for true.
    pub fn forget(&self) {
        self.depths.tell(None);
    }
}

impl From<u64> for Depth {
    fn from(size: u64) -> Self {
        Self { size, oldest: None }
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Queue")
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}
