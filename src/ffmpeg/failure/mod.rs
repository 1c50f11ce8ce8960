//! Why ffmpeg or ffprobe failed.

mod messages;

#[cfg(test)]
mod tests;

use std::error::Error;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use crate::operation::ErrorType;

pub(crate) use messages::{Diagnosis, Messages};

/// Why ffmpeg or ffprobe failed. The message names the input or the path, and the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The program could not be started.
    #[error("cannot start {}: {source}", program.display())]
    Start {
        /// ffmpeg or ffprobe.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What is to be read is not there, or is no media file.
    #[error("{input}: {reason}")]
    Input {
        /// The input.
        input: String,
        /// What is wrong with it.
        reason: &'static str,
        /// Its class.
        error_type: ErrorType,
    },
    /// The arguments cannot be run.
    #[error("arguments of ffmpeg: {0}")]
    Arguments(&'static str),
    /// It ended by itself with an error.
    #[error("{input}: {message} ({program} ended with {status})")]
    Failed {
        /// ffmpeg or ffprobe.
        program: &'static str,
        /// What was read.
        input: String,
        /// How the process ended.
        status: ExitStatus,
        /// The line of its messages that says most, secrets removed.
        message: String,
        /// The class that its messages tell.
        error_type: ErrorType,
        /// The end of its messages, secrets removed.
        messages: Vec<String>,
    },
    /// Something outside ended it: a signal, the system's out-of-memory killer.
    #[error("{input}: {program} was killed ({status})")]
    Killed {
        /// ffmpeg or ffprobe.
        program: &'static str,
        /// What was read.
        input: String,
        /// How the process ended.
        status: ExitStatus,
        /// The end of its messages, secrets removed.
        messages: Vec<String>,
    },
    /// It took longer than it may.
    #[error("{input}: {program} was ended since it took longer than {limit:?}")]
    Timeout {
        /// ffmpeg or ffprobe.
        program: &'static str,
        /// What was read.
        input: String,
        /// How long it may take.
        limit: Duration,
    },
    /// Its output stood still for too long.
    #[error("{input}: ffmpeg was ended since its output stood still for {limit:?}, at {media_time:?} of media time")]
    Stalled {
        /// What was read.
        input: String,
        /// How long it may stand still.
        limit: Duration,
        /// How far it came.
        media_time: Duration,
    },
    /// It survived more errors in the input than are allowed.
    #[error("{input}: {count} defects, {allowed} allowed: {message}")]
    Defects {
        /// What was read.
        input: String,
        /// How many there were.
        count: u64,
        /// How many are allowed.
        allowed: u64,
        /// The first of them, secrets removed.
        message: String,
    },
    /// An output cannot be written, or cannot get its final name.
    #[error("output {}: {source}", path.display())]
    Output {
        /// Its final name.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// ffmpeg reported success, but encoded nothing: there was nothing to decode, or the time that was
    /// asked for lies behind the end.
    #[error("{input}: nothing was encoded although ffmpeg reported success")]
    NothingEncoded {
        /// What was read.
        input: String,
        /// The end of its messages, secrets removed.
        messages: Vec<String>,
    },
    /// ffmpeg reported success, but an output has nothing in it.
    #[error("output {}: empty although ffmpeg reported success{}", path.display(), if *full { ": the disk is full" } else { "" })]
    EmptyOutput {
        /// Its final name.
        path: PathBuf,
        /// Whether its file system has no room left.
        full: bool,
    },
    /// What the program wrote cannot be read.
    #[error("{input}: cannot read what {program} wrote: {source}")]
    Read {
        /// ffmpeg or ffprobe.
        program: &'static str,
        /// What was read.
        input: String,
        /// Why.
        source: io::Error,
    },
}

impl Failure {
    /// The value of `error.type`.
    #[must_use]
    pub fn error_type(&self) -> ErrorType {
        match self {
            Self::Input { error_type, .. } | Self::Failed { error_type, .. } => *error_type,
            Self::Killed { .. } => ErrorType::Killed,
            Self::Timeout { .. } | Self::Stalled { .. } => ErrorType::Timeout,
            Self::Defects { .. } | Self::NothingEncoded { .. } => ErrorType::InputInvalid,
            Self::EmptyOutput { full: true, .. } => ErrorType::DiskFull,
            Self::Start { source, .. } | Self::Output { source, .. } | Self::Read { source, .. } => of_io(source),
            Self::EmptyOutput { full: false, .. } | Self::Arguments(_) => ErrorType::Other,
        }
    }

    /// A process that did not end well.
    pub(crate) fn ended(program: &'static str, input: &str, status: ExitStatus, messages: Messages) -> Self {
        let diagnosis = messages.diagnosis();
        let input = input.to_owned();
        // ffmpeg catches signals that ask it to end, and says so by this status alone.
        let asked = program == "ffmpeg" && status.code() == Some(255) && !messages.knows_cause();
        if asked || status.signal().is_some() {
            return Self::Killed { program, input, status, messages: messages.into_lines() };
        }
        let Diagnosis { error_type, message } = diagnosis;
        Self::Failed { program, input, status, message, error_type, messages: messages.into_lines() }
    }

    /// The end of what the program wrote to standard error, oldest first, secrets removed. Empty where
    /// it did not come to that.
    #[must_use]
    pub fn messages(&self) -> &[String] {
        match self {
            Self::Failed { messages, .. } | Self::Killed { messages, .. } | Self::NothingEncoded { messages, .. } => {
                messages
            }
            _ => &[],
        }
    }
}

/// Says the type of a [`Failure`], for an operation that has to class errors.
///
/// A [`Classifier`](crate::operation::Classifier), for
/// [`Instruments::with_classifiers`](crate::operation::Instruments::with_classifiers).
#[must_use]
pub fn classify(error: &(dyn Error + 'static)) -> Option<ErrorType> {
    error.downcast_ref().map(Failure::error_type)
}

/// The input is not what these errors are about: a path that is not found is an output's, or a program's.
fn of_io(error: &io::Error) -> ErrorType {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorType::Permission,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => ErrorType::DiskFull,
        io::ErrorKind::OutOfMemory => ErrorType::OutOfMemory,
        _ => ErrorType::Other,
    }
}
