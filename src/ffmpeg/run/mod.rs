//! Run a command: one process, its progress, its messages, its outputs.

mod end;
mod follow;
mod watch;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{ChildStderr, ChildStdout};
use tokio::sync::Notify;

use super::command::{Command, Output, Staging};
use super::encoder::Encoder;
use super::failure::{Failure, Messages};
use super::process::{Channel, Child, Streams};
use super::progress::Counter;
use crate::operation::ErrorType;

/// What ffmpeg did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finished {
    /// Frames encoded, of the first video stream.
    pub frames: u64,
    /// Frames left out.
    pub dropped: u64,
    /// Frames repeated.
    pub duplicated: u64,
    /// Media time produced.
    pub media_time: Duration,
    /// The outputs that are files, in their order.
    pub outputs: Vec<Output>,
    /// Errors in the input that ffmpeg survived. One damaged place makes it write several.
    pub defects: u64,
    /// The encoder that was used, of a command that names one by [`Command::encoder`].
    pub encoder: Option<Encoder>,
    /// It was stopped before the end of its input.
    pub stopped: bool,
}

impl Finished {
    /// Size of all outputs, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.outputs.iter().map(|output| output.bytes).sum()
    }
}

/// An ffmpeg that runs.
///
/// It has to be waited for: progress is read only while [`wait`](Self::wait) is polled. Dropped, it is
/// ended: asked to, killed when it has not after [`Options::stop_within`](super::Options::stop_within),
/// reaped, and its outputs removed, all in the background.
#[derive(Debug)]
#[must_use = "an ffmpeg that is dropped is ended"]
pub struct Running {
    command: Command,
    input: String,
    child: Child,
    channel: Channel,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    staging: Option<Staging>,
    counter: Counter,
    messages: Messages,
    stop: Arc<Notify>,
    span: tracing::Span,
    /// ffmpeg said where its output is.
    told_time: bool,
}

/// Stops an ffmpeg that runs, from anywhere. A clone is the same.
#[derive(Clone, Debug)]
pub struct Stopper {
    stop: Arc<Notify>,
}

impl Stopper {
    /// Ends it as a person at its terminal would, by `q`: what was encoded is finished and kept, and
    /// [`Running::wait`] returns success. It is killed when it has not ended after
    /// [`Options::stop_within`](super::Options::stop_within).
    pub fn stop(&self) {
        self.stop.notify_one();
    }
}

impl Command {
    /// Runs ffmpeg to its end.
    ///
    /// Dropped, it ends ffmpeg: see [`Running`]. A hardware encoder named by
    /// [`encoder`](Self::encoder) that cannot be opened is replaced by the one in software.
    /// The process goes on the current span: `process.pid`, `process.command_args` with secrets removed,
    /// `process.exit.code`.
    ///
    /// # Errors
    /// Why ffmpeg failed. Half outputs are removed.
    pub async fn run(mut self) -> Result<Finished, Failure> {
        let software = self.encoder.as_ref().filter(|_| self.fall_back && self.is_repeatable());
        let Some(software) = software.and_then(Encoder::software) else {
            return self.start().await?.wait().await;
        };
        let mut running = self.start().await?;
        match running.end().await {
            Err(failure) if failure.error_type() == ErrorType::EncoderUnavailable && running.is_fresh() => {
                self = running.into_command();
                if let (Some(recorder), Some(requested)) = (&self.recorder, &self.encoder) {
                    recorder.fallback(requested.name(), software.name());
                }
                self.encoder(software).start().await?.wait().await
            }
            ended => ended,
        }
    }

    /// Starts ffmpeg. Its encoder is the one that is named; there is no falling back.
    ///
    /// # Errors
    /// The arguments cannot be run, an output's directory is not there, or ffmpeg cannot be started.
    pub async fn start(mut self) -> Result<Running, Failure> {
        if let Some(reason) = self.refused() {
            return Err(Failure::Arguments(reason));
        }
        let program: PathBuf = self.options.ffmpeg.clone();
        let failed = |source| Failure::Start { program: program.clone(), source };
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Failure::Arguments("they need a tokio runtime to run in"));
        }
        let staging = Staging::prepare(&self.targets, self.keep_existing)?;
        let (channel, stdin) = if self.reads_stdin() {
            (Channel::beside_stdin().map_err(failed)?, None)
        } else {
            let (channel, stdin) = Channel::through_stdin().map_err(failed)?;
            (channel, Some(stdin))
        };
        let span = tracing::Span::current();
        if !span.is_disabled() {
            span.record("process.command_args", tracing::field::debug(self.arguments()));
        }
        let mut process = self.process(&staging, &channel.target());
        if let Some(stdin) = stdin {
            process.stdin(stdin);
        }
        let (child, Streams { stdout, stderr }) =
            Child::spawn(&mut process, self.options.stop_within).map_err(failed)?;
        // Our copies of the child's ends: with them open, its streams would never end.
        drop(process);
        span.record("process.pid", child.pid());
        if let (Some(recorder), false) = (&self.recorder, self.input_counted) {
            recorder.input_bytes(self.input_bytes());
            self.input_counted = true;
        }
        let names: Vec<_> = self.inputs.iter().map(super::command::Input::name).collect();
        let spelled = self.input_arguments().chain(names.iter().cloned()).collect();
        let renamed: Vec<_> = staging.renamed().map(|(from, to)| (text(&from), text(to))).collect();
        Ok(Running {
            stdout: stdout.map(ChildStdout::from_std).transpose().map_err(failed)?,
            stderr: stderr.map(ChildStderr::from_std).transpose().map_err(failed)?,
            input: if names.is_empty() { "ffmpeg".to_owned() } else { names.join(", ") },
            child,
            channel,
            staging: Some(staging),
            counter: self.counter(),
            messages: Messages::new(spelled).rename(renamed),
            stop: Arc::default(),
            span,
            told_time: false,
            command: self,
        })
    }

    fn counter(&self) -> Counter {
        let mut counter = Counter::new(self.recorder.clone());
        if let Some((width, height)) = self.video_size {
            counter.video_size(width, height);
        }
        if self.ignore_dropped {
            counter.ignore_dropped();
        }
        if self.copy_times {
            counter.relative();
        }
        counter
    }
}

impl Running {
    /// The process id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.child.pid()
    }

    /// What stops it from elsewhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper { stop: Arc::clone(&self.stop) }
    }

    /// Standard output, where it is a pipe. Read it while waiting, or ffmpeg will wait for you.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// Why ffmpeg failed. Half outputs are removed.
    pub async fn wait(mut self) -> Result<Finished, Failure> {
        self.end().await
    }

    /// Whether it did nothing yet that would be counted twice.
    fn is_fresh(&self) -> bool {
        self.counter.total().frames == 0
    }

    fn into_command(mut self) -> Command {
        // Removed before the next attempt makes its own.
        self.staging = None;
        std::mem::replace(&mut self.command, Command::generate(""))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.is_running() {
            self.child.abandon(self.staging.take());
        }
    }
}

fn text(name: &OsStr) -> String {
    name.to_string_lossy().into_owned()
}
