//! When ffmpeg has ended.

use std::process::ExitStatus;

use super::watch::{Ending, Watch};
use super::{Finished, Running};
use crate::ffmpeg::command::{Output, Staging};
use crate::ffmpeg::failure::{Diagnosis, Failure};
use crate::ffmpeg::probe::probe;

impl Running {
    pub(super) async fn end(&mut self) -> Result<Finished, Failure> {
        if self.stdout.take().is_some() && self.command.media_on_stdout {
            // Dropped, the child is ended.
            return Err(Failure::Arguments("standard output is a pipe that nobody reads: see Running::take_stdout"));
        }
        let mut watch = Watch::new(&self.command.options);
        let ended = self.follow(&mut watch).await;
        self.messages.finish();
        let status = ended.map_err(|source| Failure::Read { program: "ffmpeg", input: self.input.clone(), source })?;
        if let Some(code) = status.code() {
            self.span.record("process.exit.code", code);
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
}
