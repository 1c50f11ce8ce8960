//! Run a command: one process, its progress, its messages, its outputs.

mod watch;

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{ChildStderr, ChildStdout};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::command::{Command, Output, Staging};
use super::encoder::Encoder;
use super::failure::{Diagnosis, Failure, Messages};
use super::probe::probe;
use super::process::{Channel, Child, Streams};
use super::progress::{Counter, Parser};
use crate::operation::ErrorType;
use watch::{Ending, Watch};

/// How long the streams of a process that has ended may stay open: until something that it started, and
/// that holds them too, has ended as well.
const STREAMS_WITHIN: Duration = Duration::from_secs(1);

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
        process.stderr(Stdio::piped());
        let (child, Streams { stdout, stderr }) =
            Child::spawn(&mut process, self.options.stop_within).map_err(failed)?;
        // Our copies of the child's ends: with them open, its streams would never end.
        drop(process);
        span.record("process.pid", child.pid());
        let names: Vec<_> = self.inputs.iter().map(super::command::Input::name).collect();
        let spelled = self.input_arguments().chain(names.iter().cloned()).collect();
        Ok(Running {
            stdout: stdout.map(ChildStdout::from_std).transpose().map_err(failed)?,
            stderr: stderr.map(ChildStderr::from_std).transpose().map_err(failed)?,
            input: if names.is_empty() { "ffmpeg".to_owned() } else { names.join(", ") },
            child,
            channel,
            staging: Some(staging),
            counter: self.counter(),
            messages: Messages::new(spelled),
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

    async fn end(&mut self) -> Result<Finished, Failure> {
        let mut watch = Watch::new(&self.command.options);
        let ended = self.follow(&mut watch).await;
        self.messages.finish();
        let status = ended.map_err(|source| Failure::Read { program: "ffmpeg", input: self.input.clone(), source })?;
        if let Some(code) = status.code() {
            self.span.record("process.exit.code", code);
        }
        if let Some(recorder) = &self.command.recorder {
            recorder.input_bytes(self.command.input_bytes());
        }
        self.judge(status, watch.ending())?;
        let outputs = self.staging.take().map(Staging::keep).transpose()?.unwrap_or_default();
        if let Some(recorder) = &self.command.recorder {
            recorder.output_bytes(outputs.iter().map(|output| output.bytes).sum());
        }
        let done = self.counter.total();
        self.count_pixels(done.frames, &outputs).await;
        Ok(Finished {
            frames: done.frames,
            dropped: done.dropped,
            duplicated: done.duplicated,
            media_time: done.media_time,
            outputs,
            defects: self.messages.defects().map(|(_, count)| count).sum(),
            encoder: self.command.encoder.clone(),
            stopped: watch.ending() == Some(Ending::Stopped),
        })
    }

    /// Reads all there is to read until the process has ended.
    async fn follow(&mut self, watch: &mut Watch) -> std::io::Result<ExitStatus> {
        let mut parser = Parser::default();
        let mut progress = [0; 4096];
        let mut messages = [0; 4096];
        let mut status = None;
        loop {
            let streams_open = !self.channel.is_closed() || self.stderr.is_some();
            if let (Some(status), false) = (status, streams_open) {
                if let Some(block) = parser.finish() {
                    self.counter.count(&block);
                }
                return Ok(status);
            }
            tokio::select! {
                length = self.channel.read(&mut progress), if !self.channel.is_closed() => {
                    for block in parser.feed(&progress[..length]) {
                        self.told_time |= block.out_time_us.is_some();
                        if self.counter.count(&block).is_progress() {
                            watch.progressed();
                        }
                    }
                }
                length = read(&mut self.stderr, &mut messages), if self.stderr.is_some() => {
                    self.messages.feed(&messages[..length]);
                }
                ended = self.child.exit(), if status.is_none() => {
                    status = Some(ended?);
                    watch.exited(STREAMS_WITHIN);
                    self.channel.close_unconnected();
                }
                () = self.stop.notified(), if watch.ending().is_none() && status.is_none() => {
                    watch.end(Ending::Stopped);
                    // Before the first frame it does not listen.
                    let hears = !self.command.no_stdin && self.counter.total().is_progress();
                    if !(hears && self.channel.ask_to_quit()) {
                        self.child.interrupt();
                    }
                }
                () = sleep_until(watch.next()) => self.alarm(watch, status.is_some()),
            }
        }
    }

    /// Something took too long.
    fn alarm(&mut self, watch: &mut Watch, exited: bool) {
        let now = Instant::now();
        if exited {
            self.channel = Channel::Closed;
            self.stderr = None;
        } else if watch.is_to_be_killed(now) {
            self.child.kill();
            watch.killed();
        } else if watch.is_over(now) {
            self.child.interrupt();
            watch.end(Ending::TimedOut);
        } else if watch.is_still(now) {
            let written = self.staging.as_ref().and_then(Staging::last_written);
            // The end of a file may take long to write, or its index to move to the front.
            if written.and_then(|at| at.elapsed().ok()).is_some_and(|ago| ago < self.command.options.stall_after) {
                watch.progressed();
                return;
            }
            watch.stalled();
            if let Some(recorder) = &self.command.recorder {
                recorder.stall();
            }
            tracing::warn!(
                target: "telecine",
                input = self.input,
                media_seconds = self.counter.total().media_time.as_secs_f64(),
                "ffmpeg makes no progress"
            );
            if self.command.options.end_stalled {
                self.child.interrupt();
                watch.end(Ending::Stalled);
            }
        }
    }

    /// Says whether it ended well, and counts what it survived.
    fn judge(&mut self, status: ExitStatus, ending: Option<Ending>) -> Result<(), Failure> {
        let input = self.input.clone();
        let options = &self.command.options;
        match ending {
            Some(Ending::TimedOut) => {
                let limit = options.timeout.unwrap_or_default();
                return Err(Failure::Timeout { program: "ffmpeg", input, limit });
            }
            Some(Ending::Stalled) => {
                let media_time = self.counter.total().media_time;
                return Err(Failure::Stalled { input, limit: options.stall_after, media_time });
            }
            // Asked by a signal, it ends its outputs as well, and returns this status.
            Some(Ending::Stopped) if status.code() == Some(255) && self.counter.total().is_progress() => {}
            Some(Ending::Stopped) | None if status.success() => {}
            Some(Ending::Stopped) | None => {
                let messages = std::mem::take(&mut self.messages);
                return Err(Failure::ended("ffmpeg", &input, status, messages));
            }
        }
        if let Some(Diagnosis { error_type, message }) = self.messages.hidden() {
            let messages = std::mem::take(&mut self.messages).into_lines();
            return Err(Failure::Failed { program: "ffmpeg", input, status, message, error_type, messages });
        }
        let nothing = self.told_time && !self.command.copy_times && !self.counter.total().is_progress();
        if nothing && !self.command.targets.is_empty() {
            let messages = std::mem::take(&mut self.messages).into_lines();
            return Err(Failure::NothingEncoded { input, messages });
        }
        let mut defects = 0;
        for (kind, count) in self.messages.defects() {
            defects += count;
            if let Some(recorder) = &self.command.recorder {
                recorder.defects(kind, count);
            }
        }
        match self.command.allowed_defects {
            Some(allowed) if defects > allowed => {
                let message = self.messages.first_defect().to_owned();
                Err(Failure::Defects { input, count: defects, allowed, message })
            }
            _ => Ok(()),
        }
    }

    /// Looks at the first output for the size of its frames, where nobody said it.
    async fn count_pixels(&self, frames: u64, outputs: &[Output]) {
        let (Some(recorder), None, Some(output)) = (&self.command.recorder, self.command.video_size, outputs.first())
        else {
            return;
        };
        if frames == 0 || output.files != 1 {
            return;
        }
        // What cannot be probed has pixels that cannot be counted: the output itself is whole.
        if let Ok(media) = probe(&output.path, &self.command.options).await {
            let (width, height) = media.video.map_or((0, 0), |video| video.stored);
            recorder.pixels(frames * u64::from(width) * u64::from(height));
        }
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

/// Reads what there is; at its end the stream is dropped. May be dropped and called again.
async fn read(stream: &mut Option<ChildStderr>, buffer: &mut [u8]) -> usize {
    let Some(open) = stream else { return 0 };
    match open.read(buffer).await {
        Ok(length) if length > 0 => length,
        Ok(_) | Err(_) => {
            *stream = None;
            0
        }
    }
}
