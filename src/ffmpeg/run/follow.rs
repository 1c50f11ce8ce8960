//! While ffmpeg runs.

use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::ChildStderr;
use tokio::time::{Instant, sleep_until};

use super::Running;
use super::watch::{Ending, Watch};
use crate::ffmpeg::command::Staging;
use crate::ffmpeg::process::Channel;
use crate::ffmpeg::progress::Parser;

/// How long the streams of a process that has ended may stay open: until something that it started, and
/// that holds them too, has ended as well.
const STREAMS_WITHIN: Duration = Duration::from_secs(1);

impl Running {
    /// Reads all there is to read until the process has ended.
    pub(super) async fn follow(&mut self, watch: &mut Watch) -> std::io::Result<ExitStatus> {
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
                            if let Some(listener) = &self.command.listener {
                                (listener.0)(&self.counter.total());
                            }
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
