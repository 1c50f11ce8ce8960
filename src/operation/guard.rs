//! An operation that runs.

use std::ops::Deref;
use std::time::{Duration, Instant};

use super::{AsError, Classifiers, ErrorType, Labels, Outcome, Run, Span, span};
use crate::catalog::attribute;

/// What an operation measures. Its modules are alike: each has a description with setters, and one
/// of these.
pub trait Measured {
    /// Records the end. It is called once, inside the operation's span, which is given too: the current
    /// span is that of the current subscriber, and may be another one's.
    fn end(&mut self, end: &End, span: &Span);

    /// The type of the error that it ended with. An operation that knows more of its errors than the
    /// classifiers do says so here.
    fn error_type(&mut self, error: &(dyn std::error::Error + 'static), classifiers: &Classifiers) -> ErrorType {
        classifiers.error_type(error)
    }
}

/// The end of an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct End {
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed.
    pub error_type: Option<ErrorType>,
    /// From its start to its end.
    pub duration: Duration,
}

impl End {
    /// The labels of the end: an operation's own, its outcome and its error type.
    pub(crate) fn label(&self, labels: &Labels) -> Labels {
        labels
            .clone()
            .set(&attribute::OUTCOME, self.outcome.as_str())
            .set_some(&attribute::ERROR_TYPE, self.error_type.map(ErrorType::as_str))
    }
}

/// An operation that runs. What it may record meanwhile is found on `M`, which it dereferences to.
///
/// Its end is one of [`success`](Self::success), [`failure`](Self::failure), [`error`](Self::error),
/// [`finish`](Self::finish) and [`cancel`](Self::cancel). One that is dropped instead was cancelled, or
/// has failed with `error.type=panic` where a panic drops it.
#[must_use = "an operation that is dropped at once is recorded as cancelled"]
#[derive(Debug)]
pub struct Guard<M: Measured> {
    measured: M,
    span: Span,
    classifiers: Classifiers,
    started: Instant,
    open: bool,
}

impl<M: Measured> Guard<M> {
    pub(crate) fn new(measured: M, span: Span, classifiers: Classifiers) -> Self {
        Self { measured, span, classifiers, started: Instant::now(), open: true }
    }

    /// The operation's span.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Runs a function inside the operation's span.
    pub fn in_scope<T>(&self, f: impl FnOnce() -> T) -> T {
        self.span.in_scope(f)
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// It did what was asked.
    pub fn success(mut self) {
        self.end(Outcome::Success, None, None);
    }

    /// It failed for this reason. Running out of time and being killed are outcomes of their own.
    pub fn failure(mut self, error_type: ErrorType) {
        self.end(error_type.into(), Some(error_type), None);
    }

    /// It failed with this error, whose chain of causes tells the reason.
    pub fn error<Kind>(mut self, error: &impl AsError<Kind>) {
        self.end_with(error.as_error());
    }

    /// It ended with this result, which is given back.
    pub fn finish<T, E: AsError<Kind>, Kind>(mut self, result: Result<T, E>) -> Result<T, E> {
        self.end_by(&result);
        result
    }

    /// Nobody wanted it any more.
    pub fn cancel(mut self) {
        self.end(Outcome::Cancelled, None, None);
    }

    /// Runs a future as this operation.
    pub fn run<F, T, E, Kind>(self, future: F) -> Run<M, F, Kind>
    where
        F: Future<Output = Result<T, E>>,
        E: AsError<Kind>,
    {
        Run::new(self, future)
    }

    pub(super) fn end_by<T, E: AsError<Kind>, Kind>(&mut self, result: &Result<T, E>) {
        match result {
            Ok(_) => self.end(Outcome::Success, None, None),
            Err(error) => self.end_with(error.as_error()),
        }
    }

    /// What the end of a dropped operation is called.
    pub(super) fn abandon(&mut self, panicking: bool) {
        if panicking {
            self.end(Outcome::Failure, Some(ErrorType::Panic), None);
        } else {
            self.end(Outcome::Cancelled, None, None);
        }
    }

    fn end_with(&mut self, error: &(dyn std::error::Error + 'static)) {
        let error_type = self.measured.error_type(error, &self.classifiers);
        self.end(error_type.into(), Some(error_type), Some(&error.to_string()));
    }

    fn end(&mut self, outcome: Outcome, error_type: Option<ErrorType>, message: Option<&str>) {
        if !std::mem::replace(&mut self.open, false) {
            return;
        }
        let end = End { outcome, error_type, duration: self.started.elapsed() };
        let Self { measured, span, .. } = self;
        span.in_scope(|| measured.end(&end, span));
        span::close(span, outcome, error_type.map(ErrorType::as_str), message);
    }
}

impl<M: Measured> Deref for Guard<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.measured
    }
}

impl<M: Measured> Drop for Guard<M> {
    fn drop(&mut self) {
        self.abandon(std::thread::panicking());
    }
}
