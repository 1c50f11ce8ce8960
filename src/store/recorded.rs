//! From a store's operations to the upload that they are part of.

use crate::media::{RetryReason, upload::Recorder};
use object_store::{PutMultipartOptions, PutOptions};

tokio::task_local! {
    /// The upload that the task's current request belongs to.
    static UPLOAD: Recorder;
}

/// Options whose bytes, parts, aborts and retries an upload records.
///
/// [`MeteredStore`](super::MeteredStore) reads them; other stores do not. Retries are seen where the store's
/// builder was given a [`MeteredConnector`](super::MeteredConnector).
pub trait RecordedBy {
    /// Records into this upload.
    #[must_use]
    fn recorded_by(self, recorder: &Recorder) -> Self;
}

impl RecordedBy for PutOptions {
    fn recorded_by(mut self, recorder: &Recorder) -> Self {
        self.extensions.insert(recorder.clone());
        self
    }
}

impl RecordedBy for PutMultipartOptions {
    fn recorded_by(mut self, recorder: &Recorder) -> Self {
        self.extensions.insert(recorder.clone());
        self
    }
}

/// Runs `future` as part of an upload.
pub(super) async fn within<F: Future>(recorder: &Option<Recorder>, future: F) -> F::Output {
    match recorder {
        Some(recorder) => UPLOAD.scope(recorder.clone(), future).await,
        None => future.await,
    }
}

/// Tells the upload, if this is part of one, that a request is sent again.
pub(super) fn retried(reason: RetryReason) {
    // Outside of an upload there is nobody to tell.
    let _ = UPLOAD.try_with(|recorder| recorder.retry(reason));
}
