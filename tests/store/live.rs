//! A store whose listing goes on step by step, and shows what is there at each step, as S3's pages do.

use async_trait::async_trait;
use futures_util::{
    StreamExt as _, TryStreamExt as _,
    stream::{self, BoxStream},
};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result, memory::InMemory, path::Path,
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Semaphore;

#[derive(Debug)]
pub(crate) struct Live {
    inner: Arc<InMemory>,
    steps: Arc<Steps>,
    /// Whether an answer to a put waits for a step.
    pub(crate) slow_answers: AtomicBool,
}

#[derive(Debug)]
struct Steps {
    go: Semaphore,
    gone: Semaphore,
    ended: AtomicBool,
    breaks: AtomicBool,
}

impl Live {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: Arc::default(),
            steps: Arc::new(Steps {
                go: Semaphore::new(0),
                gone: Semaphore::new(0),
                ended: AtomicBool::new(false),
                breaks: AtomicBool::new(false),
            }),
            slow_answers: AtomicBool::new(false),
        })
    }

    /// What is there, without steps.
    pub(crate) fn inner(&self) -> &InMemory {
        &self.inner
    }

    /// Lets the listing go on by one object, and waits until it has. Whether there was another.
    pub(crate) async fn step(&self) -> bool {
        self.go();
        self.steps.gone.acquire().await.unwrap().forget();
        !self.steps.ended.load(Ordering::SeqCst)
    }

    /// Lets whoever waits go on.
    pub(crate) fn go(&self) {
        self.steps.go.add_permits(1);
    }

    /// The next step of the listing is an error.
    pub(crate) fn break_off(&self) {
        self.steps.breaks.store(true, Ordering::SeqCst);
        self.go();
    }
}

impl fmt::Display for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Live")
    }
}

async fn next(inner: &InMemory, prefix: Option<&Path>, last: Option<&Path>) -> Option<ObjectMeta> {
    let mut all: Vec<_> = match last {
        Some(last) => inner.list_with_offset(prefix, last),
        None => inner.list(prefix),
    }
    .try_collect()
    .await
    .unwrap();
    all.sort_by(|one, other| one.location.cmp(&other.location));
    all.into_iter().next()
}

#[async_trait]
impl ObjectStore for Live {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let put = self.inner.put_opts(location, payload, opts).await;
        if self.slow_answers.load(Ordering::SeqCst) {
            self.steps.go.acquire().await.unwrap().forget();
        }
        put
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (inner, steps, prefix) = (Arc::clone(&self.inner), Arc::clone(&self.steps), prefix.cloned());
        steps.ended.store(false, Ordering::SeqCst);
        let listing = stream::unfold(None, move |last: Option<Path>| {
            let (inner, steps, prefix) = (Arc::clone(&inner), Arc::clone(&steps), prefix.clone());
            async move {
                steps.go.acquire().await.unwrap().forget();
                if steps.breaks.load(Ordering::SeqCst) {
                    let source = "the line went dead".into();
                    return Some((Err(object_store::Error::Generic { store: "Live", source }), last));
                }
                let object = next(&inner, prefix.as_ref(), last.as_ref()).await;
                steps.ended.store(object.is_none(), Ordering::SeqCst);
                steps.gone.add_permits(1);
                let object = object?;
                let last = Some(object.location.clone());
                Some((Ok(object), last))
            }
        });
        listing.boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
