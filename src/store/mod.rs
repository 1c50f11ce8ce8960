//! A metered object store.
//!
//! [`MeteredStore`] is an [`ObjectStore`] around another: each operation is timed, and its bytes counted, into
//! `media.storage.*`. What the clients do inside, one request sent several times, no wrapper can see: a
//! [`MeteredConnector`] given to the store's builder counts attempts, and retries by reason.
//!
//! ```
//! use object_store::{ObjectStoreExt as _, aws::AmazonS3Builder, memory::InMemory};
//! use telecine::store::{MeteredConnector, MeteredStore};
//!
//! # let instruments = telecine::operation::Instruments::noop();
//! # fn s3(instruments: &telecine::operation::Instruments) -> object_store::Result<()> {
//! let s3 = AmazonS3Builder::new()
//!     .with_bucket_name("renditions")
//!     .with_http_connector(MeteredConnector::reqwest("s3", instruments))
//!     .build()?;
//! let s3 = MeteredStore::new("s3", s3, instruments);
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let store = MeteredStore::new("memory", InMemory::new(), &instruments);
//! store.put(&"360p.mp4".into(), vec![0; 1024].into()).await?;
//! # Ok::<(), object_store::Error>(()) }).unwrap();
//! ```
//!
//! An [`Upload`](crate::media::Upload) gets its bytes, parts, aborts and retries from the store when its
//! recorder goes with the options:
//!
//! ```
//! use object_store::{ObjectStore, PutOptions, memory::InMemory, path::Path};
//! use telecine::{media::{FileType, Media}, store::{MeteredStore, RecordedBy as _}};
//!
//! # let instruments = telecine::operation::Instruments::noop();
//! # let store = MeteredStore::new("memory", InMemory::new(), &instruments);
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let media = Media::new(&instruments);
//! let path = Path::from("jobs/7/720p.mp4");
//! let upload = media.upload(FileType::Video).store("memory").key(path.as_ref()).start();
//! let options = PutOptions::default().recorded_by(&upload.recorder());
//! upload.run(store.put_opts(&path, vec![0; 1024].into(), options)).await?;
//! # Ok::<(), object_store::Error>(()) }).unwrap();
//! ```
//!
//! How much a store holds, by tenant, is followed by a [`Usage`], and set right by regular scans
//! ([`Reconciliation`]) of a directory or of what the store lists.
//!
//! No object's key is in a label. The store's label is the short name that it is given here.

mod classify;
mod connector;
mod error;
mod meter;
mod multipart;
mod recorded;
mod retries;
mod stream;
mod usage;

pub use classify::classify;
pub use connector::MeteredConnector;
pub use error::Error;
pub use recorded::RecordedBy;
pub use usage::{
    DEFAULT_INTERVAL, DEFAULT_LEASE, DEFAULT_MAX_OBJECTS, DEFAULT_TIMEOUT, Lease, Reconciled, Reconciler,
    Reconciliation, Source, Status, Usage, UsageBuilder,
};

use crate::{
    media::{FileType, upload::Recorder},
    operation::Instruments,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use meter::{Direction, Meter, Operation};
use multipart::MeteredUpload;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, path::Path,
};
use std::{fmt, ops::Range, sync::Arc};
use stream::MeteredStream;

/// An object store that measures what is asked of another.
///
/// An operation lasts from its call to its answer, retries of the client included; `get` to the end of the
/// body, `list` and `delete` from the first poll of the stream to its end. A stream that is dropped before its
/// end is `cancelled`, unless an error had come before. Where the answer is a file (`LocalFileSystem`), `get`
/// ends with the answer, and the whole range counts as read.
///
/// A conditional `get` whose object has not changed is a success.
#[derive(Debug)]
pub struct MeteredStore<T> {
    inner: T,
    meter: Arc<Meter>,
    usage: Option<Usage>,
}

impl<T: ObjectStore> MeteredStore<T> {
    /// Measures `inner` as the store of this short name: `s3`, `file`. Never a URL: the name is a label.
    pub fn new(name: impl AsRef<str>, inner: T, instruments: &Instruments) -> Self {
        Self { inner, meter: Arc::new(Meter::new(name.as_ref(), instruments)), usage: None }
    }

    /// Tells this tracker what is written and removed: puts, multipart uploads once they are complete, copies,
    /// renames, deletes. What fails, or is cancelled, is taken not to have happened. Where a copy's or a rename's
    /// source is not known to the tracker, the store is asked for the size of what came of it.
    #[must_use]
    pub fn with_usage(mut self, usage: &Usage) -> Self {
        self.usage = Some(usage.clone());
        self
    }

    /// The store that is measured.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    /// Asks the store for a size that nobody has said. One that it does not tell is left to the next scan.
    async fn look_at(&self, usage: &Usage, location: &Path) {
        if !usage.listens_to(location.as_ref()) {
            return;
        }
        match self.inner.head(location).await {
            Ok(object) => usage.added(location, object.size),
            Err(object_store::Error::NotFound { .. }) => usage.removed(location),
            Err(_) => {}
        }
    }

    fn body(&self, location: &Path, result: GetResult, call: meter::Call) -> GetResult {
        let expected = result.range.end.saturating_sub(result.range.start);
        let file_type = FileType::from_extension(location.as_ref());
        let payload = match result.payload {
            GetResultPayload::Stream(body) => {
                let body = MeteredStream::body(body, call, file_type, expected);
                GetResultPayload::Stream(body.boxed())
            }
            // A file, where object_store has its `fs` feature.
            #[allow(unreachable_patterns)]
            file => {
                self.meter.moved(Direction::Read, file_type, expected);
                call.success();
                file
            }
        };
        GetResult { payload, ..result }
    }
}

impl<T: fmt::Display> fmt::Display for MeteredStore<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MeteredStore({})", self.inner)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<T: ObjectStore> ObjectStore for MeteredStore<T> {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let recorder = opts.extensions.get::<Recorder>().cloned();
        let bytes = payload.content_length() as u64;
        let call = self.meter.call(Operation::Put);
        let result = recorded::within(&recorder, self.inner.put_opts(location, payload, opts)).await;
        if result.is_ok() {
            self.meter.moved(Direction::Write, FileType::from_extension(location.as_ref()), bytes);
            if let Some(usage) = &self.usage {
                usage.added(location, bytes);
            }
            if let Some(recorder) = &recorder {
                recorder.bytes(bytes);
            }
        }
        call.end(result)
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let recorder = opts.extensions.get::<Recorder>().cloned();
        let call = self.meter.call(Operation::Create);
        let result = recorded::within(&recorder, self.inner.put_multipart_opts(location, opts)).await;
        let upload = call.end(result)?;
        let file_type = FileType::from_extension(location.as_ref());
        let usage = self.usage.clone().map(|usage| (usage, location.clone()));
        Ok(Box::new(MeteredUpload::new(upload, Arc::clone(&self.meter), file_type, recorder, usage)))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let head = options.head;
        let call = self.meter.call(if head { Operation::Head } else { Operation::Get });
        match self.inner.get_opts(location, options).await {
            Ok(result) if head => call.end(Ok(result)),
            Ok(result) => Ok(self.body(location, result, call)),
            failed => call.end(failed),
        }
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let call = self.meter.call(Operation::Get);
        let result = self.inner.get_ranges(location, ranges).await;
        if let Ok(pieces) = &result {
            let bytes = pieces.iter().map(|piece| piece.len() as u64).sum();
            self.meter.moved(Direction::Read, FileType::from_extension(location.as_ref()), bytes);
        }
        call.end(result)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let deleted = self.inner.delete_stream(locations);
        let deleted = match self.usage.clone() {
            Some(usage) => deleted.inspect_ok(move |location| usage.removed(location)).boxed(),
            None => deleted,
        };
        MeteredStream::answers(deleted, &self.meter, Operation::Delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        MeteredStream::answers(self.inner.list(prefix), &self.meter, Operation::List).boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        MeteredStream::answers(self.inner.list_with_offset(prefix, offset), &self.meter, Operation::List).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let call = self.meter.call(Operation::List);
        call.end(self.inner.list_with_delimiter(prefix).await)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let call = self.meter.call(Operation::Copy);
        let result = call.end(self.inner.copy_opts(from, to, options).await);
        if let (Ok(()), Some(usage)) = (&result, &self.usage) {
            match usage.size(from.as_ref()) {
                Some(bytes) => usage.added(to, bytes),
                None => self.look_at(usage, to).await,
            }
        }
        result
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let call = self.meter.call(Operation::Rename);
        let result = call.end(self.inner.rename_opts(from, to, options).await);
        if let (Ok(()), Some(usage)) = (&result, &self.usage) {
            let (moved, overwritten) = (usage.size(from.as_ref()), usage.size(to.as_ref()));
            match moved {
                Some(bytes) => usage.added(to, bytes),
                None => self.look_at(usage, to).await,
            }
            if from == to || (moved.is_some() && moved == overwritten) {
                // A rename to itself, or in a directory to a hard link of itself, which leaves both: a copy is one.
                self.look_at(usage, from).await;
            } else {
                usage.removed(from);
            }
        }
        result
    }
}
