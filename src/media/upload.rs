//! One object's way up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::catalog::{attribute, upload as definitions};
use crate::operation::{
    self, AsError, Counter, End, ErrorType, Guard, Histogram, InFlight, Instruments, Labels, Measured, Outcome, Run,
    Span, UpDownCounter,
};

/// The sort of a file: the values of `media.file.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The names say it.
pub enum FileType {
    Video,
    Audio,
    Segment,
    Manifest,
    Thumbnail,
    Caption,
    Dataset,
    Other,
}

impl FileType {
    /// Every sort.
    pub const ALL: [Self; 8] = [
        Self::Video,
        Self::Audio,
        Self::Segment,
        Self::Manifest,
        Self::Thumbnail,
        Self::Caption,
        Self::Dataset,
        Self::Other,
    ];

    /// The value of `media.file.type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Segment => "segment",
            Self::Manifest => "manifest",
            Self::Thumbnail => "thumbnail",
            Self::Caption => "caption",
            Self::Dataset => "dataset",
            Self::Other => "other",
        }
    }

    /// The sort that a file name's extension tells; [`FileType::Other`] where it tells none.
    pub fn from_extension(name: &str) -> Self {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        match extension.as_deref() {
            Some("mp4" | "mov" | "mkv" | "webm" | "avi" | "m4v") => Self::Video,
            Some("aac" | "m4a" | "mp3" | "opus" | "ogg" | "wav" | "flac") => Self::Audio,
            Some("ts" | "m4s" | "cmfv" | "cmfa") => Self::Segment,
            Some("m3u8" | "mpd") => Self::Manifest,
            Some("jpg" | "jpeg" | "png" | "webp" | "avif") => Self::Thumbnail,
            Some("vtt" | "srt" | "ttml") => Self::Caption,
            Some("parquet" | "h5" | "hdf5" | "bag" | "mcap" | "npz") => Self::Dataset,
            _ => Self::Other,
        }
    }
}

/// Why something was tried again: the values of `media.retry.reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RetryReason {
    /// The other side asked for fewer requests.
    Throttled,
    /// The other side failed.
    Server,
    /// The connection failed.
    Network,
    /// It took too long.
    Timeout,
    /// Anything else.
    Other,
}

impl RetryReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::Throttled, Self::Server, Self::Network, Self::Timeout, Self::Other];

    /// The value of `media.retry.reason`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Server => "server",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::Other => "other",
        }
    }
}

impl From<ErrorType> for RetryReason {
    /// Whatever is no fault of the other side, or of the way there, is [`RetryReason::Other`].
    fn from(error_type: ErrorType) -> Self {
        match error_type {
            ErrorType::Throttled => Self::Throttled,
            ErrorType::StorageServer => Self::Server,
            ErrorType::Network => Self::Network,
            ErrorType::Timeout => Self::Timeout,
            _ => Self::Other,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    duration: Histogram,
    active: UpDownCounter,
    pending: UpDownCounter,
    io: Counter,
    size: Histogram,
    parts: Counter,
    retries: Counter,
    aborts: Counter,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self {
            duration: instruments.histogram(&definitions::DURATION),
            active: instruments.up_down_counter(&definitions::ACTIVE),
            pending: instruments.up_down_counter(&definitions::PENDING),
            io: instruments.counter(&definitions::IO),
            size: instruments.histogram(&definitions::SIZE),
            parts: instruments.counter(&definitions::PARTS),
            retries: instruments.counter(&definitions::RETRIES),
            aborts: instruments.counter(&definitions::ABORTS),
        }
    }
}

/// An upload, to be run.
#[must_use = "an upload that is not started is not measured"]
#[derive(Debug)]
pub struct Upload {
    instruments: Instruments,
    metrics: Metrics,
    file_type: FileType,
    store: String,
    key: Option<String>,
    waiting: Option<InFlight>,
}

/// An upload that runs.
#[derive(Debug)]
pub struct Active {
    labels: Labels,
    recorder: Recorder,
    in_flight: Option<InFlight>,
}

/// Records what an upload does while it runs. A clone is the same.
#[derive(Clone, Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    metrics: Metrics,
    store: Labels,
    bytes: AtomicU64,
}

impl Upload {
    pub(super) fn new(instruments: &Instruments, metrics: &Metrics, file_type: FileType) -> Self {
        Self {
            instruments: instruments.clone(),
            metrics: metrics.clone(),
            file_type,
            store: "other".to_owned(),
            key: None,
            waiting: None,
        }
    }

    /// The store's short name: `s3`, `file`. Never a bucket's URL or an object's key.
    pub fn store(mut self, name: impl Into<String>) -> Self {
        self.store = name.into();
        self
    }

    /// The object's key. It goes on the span, never on a metric.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Counts the upload as pending from now until it is started or dropped.
    pub fn pending(mut self) -> Self {
        self.waiting = Some(self.metrics.pending.hold(&self.labels()));
        self
    }

    /// Starts it.
    pub fn start(self) -> Guard<Active> {
        let span = operation::open!(
            "upload",
            "media.file.type" = self.file_type.as_str(),
            "media.object.key" = self.key,
            "media.store" = self.store,
            "media.upload.size" = ::tracing::field::Empty,
        );
        let labels = self.labels();
        let store = self.instruments.labels().set(&attribute::STORE, &self.store);
        self.metrics.io.publish(&labels);
        self.metrics.aborts.publish(&store);
        let in_flight = span.in_scope(|| self.metrics.active.hold(&labels));
        let shared = Shared { metrics: self.metrics, store, bytes: AtomicU64::new(0) };
        let recorder = Recorder { shared: Arc::new(shared) };
        let active = Active { labels, recorder, in_flight: Some(in_flight) };
        Guard::new(active, span, self.instruments.classifiers())
    }

    /// Runs a future as this upload. Its bytes are recorded through [`Active::recorder`], so this is
    /// for uploads whose size is of no interest; `start` is for the others.
    pub fn run<F, T, E, Kind>(self, future: F) -> Run<Active, F, Kind>
    where
        F: Future<Output = Result<T, E>>,
        E: AsError<Kind>,
    {
        self.start().run(future)
    }

    fn labels(&self) -> Labels {
        self.instruments
            .labels()
            .set(&attribute::FILE_TYPE, self.file_type.as_str())
            .set(&attribute::STORE, &self.store)
    }
}

impl Active {
    /// What records the work while it runs.
    pub fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }
}

impl Recorder {
    /// Bytes of the object were sent; those that a retry sends again are not counted again. They count
    /// where the upload succeeds.
    pub fn bytes(&self, bytes: u64) {
        self.shared.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A part of a multipart upload was sent, or was not.
    pub fn part(&self, outcome: Outcome) {
        let Shared { metrics, store, .. } = &*self.shared;
        metrics.parts.add(1, &store.clone().set(&attribute::OUTCOME, outcome.as_str()));
    }

    /// A request was sent again.
    pub fn retry(&self, reason: RetryReason) {
        let Shared { metrics, store, .. } = &*self.shared;
        metrics.retries.add(1, &store.clone().set(&attribute::RETRY_REASON, reason.as_str()));
    }

    /// The multipart upload was given up and removed from the store.
    pub fn abort(&self) {
        self.shared.metrics.aborts.add(1, &self.shared.store);
    }
}

impl Measured for Active {
    fn end(&mut self, end: &End, span: &Span) {
        let Shared { metrics, bytes, .. } = &*self.recorder.shared;
        self.in_flight = None;
        metrics.duration.record(end.duration.as_secs_f64(), &end.label(&self.labels));
        if end.outcome == Outcome::Success {
            let bytes = bytes.load(Ordering::Relaxed);
            metrics.io.add(bytes, &self.labels);
            metrics.size.record(bytes as f64, &self.labels);
            operation::record(span, "media.upload.size", bytes);
        }
    }
}
