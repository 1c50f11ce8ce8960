//! Uploads in parts.

use super::{
    Usage,
    meter::{Direction, Meter, Operation},
    recorded,
};
use crate::{
    media::{FileType, upload::Recorder},
    operation::Outcome,
};
use async_trait::async_trait;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart, path::Path};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

#[derive(Debug)]
pub(super) struct MeteredUpload {
    inner: Box<dyn MultipartUpload>,
    meter: Arc<Meter>,
    file_type: FileType,
    recorder: Option<Recorder>,
    usage: Option<(Usage, Path)>,
    /// The size of the parts that have arrived.
    sent: Arc<AtomicU64>,
}

/// Tells the upload how a part ended, a dropped one included.
struct Part(Option<Recorder>);

impl MeteredUpload {
    pub(super) fn new(
        inner: Box<dyn MultipartUpload>,
        meter: Arc<Meter>,
        file_type: FileType,
        recorder: Option<Recorder>,
        usage: Option<(Usage, Path)>,
    ) -> Self {
        Self { inner, meter, file_type, recorder, usage, sent: Arc::default() }
    }
}

impl Part {
    fn end(mut self, outcome: Outcome) {
        if let Some(recorder) = self.0.take() {
            recorder.part(outcome);
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(recorder) = self.0.take() {
            recorder.part(Outcome::Cancelled);
        }
    }
}

#[async_trait]
impl MultipartUpload for MeteredUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let bytes = data.content_length() as u64;
        let part = self.inner.put_part(data);
        let (meter, file_type, recorder) = (Arc::clone(&self.meter), self.file_type, self.recorder.clone());
        let sent = Arc::clone(&self.sent);
        Box::pin(async move {
            let end = Part(recorder.clone());
            let call = meter.call(Operation::PutPart);
            let result = recorded::within(&recorder, part).await;
            if result.is_ok() {
                meter.moved(Direction::Write, file_type, bytes);
                sent.fetch_add(bytes, Ordering::Relaxed);
                if let Some(recorder) = &recorder {
                    recorder.bytes(bytes);
                }
            }
            end.end(if result.is_ok() { Outcome::Success } else { Outcome::Failure });
            call.end(result)
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let call = self.meter.call(Operation::Complete);
        let result = recorded::within(&self.recorder, self.inner.complete()).await;
        if let (Ok(_), Some((usage, location))) = (&result, &self.usage) {
            usage.added(location, self.sent.load(Ordering::Relaxed));
        }
        call.end(result)
    }

    async fn abort(&mut self) -> Result<()> {
        let call = self.meter.call(Operation::Abort);
        let result = recorded::within(&self.recorder, self.inner.abort()).await;
        if let (Ok(()), Some(recorder)) = (&result, &self.recorder) {
            recorder.abort();
        }
        call.end(result)
    }
}
