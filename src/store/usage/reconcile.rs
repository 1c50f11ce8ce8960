//! From what a scan found to what is shown.

use super::{super::Error, Shared, Source, Status, Usage, ledger::Found, scan::Running};
use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

/// What a whole scan found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reconciled {
    /// Bytes, with what was written and removed since the scan began.
    pub bytes: u64,
    /// Objects.
    pub objects: u64,
    /// By how many bytes the running total was short of that; nothing where there was none to compare with.
    pub drift: Option<i64>,
    /// How long the scan took.
    pub duration: Duration,
}

/// A scan that runs. Dropped before it is complete, it changes nothing.
struct Scan {
    shared: Arc<Shared>,
    running: Arc<Running>,
    began: Instant,
}

impl Usage {
    /// Looks at all that the store holds, and sets the totals right.
    ///
    /// What is written and removed while the scan runs is not lost: of an object that changed since the scan began the
    /// latest change counts, whether the scan saw it or not. `media.storage.drift` is what the scan found beyond the
    /// running total; it may show a write that was on its way at the scan's end, for that counts when it is done.
    ///
    /// # Errors
    /// When the scan could not begin, or did not see all. The totals are as they were, and
    /// `media.storage.reconciliation.status` says so. A future that is dropped leaves the status too as it was.
    pub async fn reconcile(&self, source: &Source) -> Result<Reconciled, Error> {
        let scan = Scan::begin(&self.shared)?;
        let result = match source.scan(&scan.shared, &scan.running).await {
            Ok(found) => scan.complete(found),
            Err(error) => Err(error),
        };
        match &result {
            Ok(_) | Err(Error::Hidden) => {}
            Err(error) if error.is_partial() => self.shared.board.status(Status::Partial),
            Err(_) => self.shared.board.status(Status::Failed),
        }
        result
    }
}

impl Scan {
    fn begin(shared: &Arc<Shared>) -> Result<Self, Error> {
        let mut last = shared.running.lock().unwrap_or_else(PoisonError::into_inner);
        if last.strong_count() > 0 {
            return Err(Error::Running);
        }
        let running = Arc::<Running>::default();
        *last = Arc::downgrade(&running);
        shared.ledger().begin();
        Ok(Self { shared: Arc::clone(shared), running, began: Instant::now() })
    }

    fn complete(&self, found: Found) -> Result<Reconciled, Error> {
        let mut ledger = self.shared.ledger();
        let (totals, before) = ledger.complete(found)?;
        let (total, drift) = self.shared.board.reconcile(totals);
        drop(ledger);
        drop(before);
        Ok(Reconciled { bytes: total.bytes, objects: total.objects, drift, duration: self.began.elapsed() })
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        self.running.stop();
        self.shared.ledger().abandon();
    }
}
