//! What a store measures.

use super::classify::classify;
use crate::{
    catalog::{attribute, storage as definitions},
    media::FileType,
    operation::{Classifiers, Counter, ErrorType, Histogram, Instruments, Labels, Outcome},
};
use object_store::{Error, Result};
use std::{sync::Arc, time::Instant};

/// What was asked of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Put,
    /// The start of a multipart upload.
    Create,
    PutPart,
    Complete,
    Abort,
    Get,
    Head,
    Delete,
    List,
    Copy,
    Rename,
}

/// Which way bytes went, as the program sees it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Direction {
    Read,
    Write,
}

#[derive(Debug)]
pub(super) struct Meter {
    duration: Histogram,
    io: Counter,
    /// The store's name alone.
    store: Labels,
    classifiers: Classifiers,
}

/// One operation, from its start. Dropped without an end, it was cancelled, or a panic passed.
#[must_use = "an operation that is dropped at once is recorded as cancelled"]
#[derive(Debug)]
pub(super) struct Call {
    meter: Arc<Meter>,
    operation: Operation,
    started: Instant,
    open: bool,
}

impl Operation {
    /// The value of `media.storage.operation`.
    fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Create => "create",
            Self::PutPart => "put_part",
            Self::Complete => "complete",
            Self::Abort => "abort",
            Self::Get => "get",
            Self::Head => "head",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Copy => "copy",
            Self::Rename => "rename",
        }
    }

    fn writes(self) -> bool {
        matches!(self, Self::Put | Self::Create | Self::PutPart | Self::Complete | Self::Abort)
    }
}

impl Meter {
    pub(super) fn new(name: &str, instruments: &Instruments) -> Self {
        Self {
            duration: instruments.histogram(&definitions::OPERATION_DURATION),
            io: instruments.counter(&definitions::IO),
            store: instruments.labels().set(&attribute::STORE, name),
            classifiers: instruments.classifiers().and(classify),
        }
    }

    pub(super) fn call(self: &Arc<Self>, operation: Operation) -> Call {
        Call { meter: Arc::clone(self), operation, started: Instant::now(), open: true }
    }

    pub(super) fn moved(&self, direction: Direction, file_type: FileType, bytes: u64) {
        let direction = match direction {
            Direction::Read => "read",
            Direction::Write => "write",
        };
        let labels =
            self.store.clone().set(&attribute::FILE_TYPE, file_type.as_str()).set(&attribute::IO_DIRECTION, direction);
        self.io.add(bytes, &labels);
    }

    fn error_type(&self, operation: Operation, error: &Error) -> ErrorType {
        match error {
            // Nothing has to be there for a write but the bucket, or the upload that a part belongs to.
            Error::NotFound { .. } if operation.writes() => ErrorType::StorageClient,
            error => self.classifiers.error_type(error),
        }
    }
}

impl Call {
    pub(super) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Ends as `result` says, and gives it back.
    pub(super) fn end<T>(self, result: Result<T>) -> Result<T> {
        match &result {
            Ok(_) => self.success(),
            Err(error) => {
                let error_type = self.error_type(error);
                self.failure(error_type);
            }
        }
        result
    }

    /// What `error` is for this operation. None: it is an answer like another.
    pub(super) fn error_type(&self, error: &Error) -> Option<ErrorType> {
        match error {
            Error::NotModified { .. } => None,
            error => Some(self.meter.error_type(self.operation, error)),
        }
    }

    pub(super) fn success(self) {
        self.failure(None);
    }

    /// Ends with this error; without one it is a success.
    pub(super) fn failure(mut self, error_type: Option<ErrorType>) {
        self.record(error_type.map_or(Outcome::Success, Outcome::from), error_type);
    }

    fn record(&mut self, outcome: Outcome, error_type: Option<ErrorType>) {
        self.open = false;
        let labels = self
            .meter
            .store
            .clone()
            .set(&attribute::STORAGE_OPERATION, self.operation.as_str())
            .set(&attribute::OUTCOME, outcome.as_str())
            .set_some(&attribute::ERROR_TYPE, error_type.map(ErrorType::as_str));
        self.meter.duration.record(self.started.elapsed().as_secs_f64(), &labels);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        if std::thread::panicking() {
            self.record(Outcome::Failure, Some(ErrorType::Panic));
        } else {
            self.record(Outcome::Cancelled, None);
        }
    }
}
