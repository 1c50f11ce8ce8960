use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::{Increment, Parser, Progress, Tracker};
use crate::media::transcode::Recorder;

/// Reads a `-progress` stream to its end, and hands out each block.
///
/// The last block may be one that the process did not finish; then its `end` is false.
///
/// # Errors
/// What the stream fails with.
pub async fn read(mut stream: impl AsyncRead + Unpin, mut each: impl FnMut(Progress)) -> io::Result<()> {
    let mut parser = Parser::default();
    let mut buffer = [0; 4096];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            break;
        }
        parser.feed(&buffer[..length]).into_iter().for_each(&mut each);
    }
    parser.finish().into_iter().for_each(each);
    Ok(())
}

/// Feeds a recorder from a `-progress` stream: frames, dropped and duplicated frames, media time and
/// pixels. See [the module](super) for an example.
#[derive(Debug)]
pub struct Reader {
    parser: Parser,
    counter: Counter,
}

/// Turns blocks into measurements.
#[derive(Debug)]
pub(crate) struct Counter {
    recorder: Option<Recorder>,
    tracker: Tracker,
    pixels_per_frame: u64,
    count_dropped: bool,
}

impl Reader {
    /// Makes a reader that feeds `recorder`.
    #[must_use]
    pub fn new(recorder: Recorder) -> Self {
        Self { parser: Parser::default(), counter: Counter::new(Some(recorder)) }
    }

    /// Says how large the output's frames are, in pixels. Without it no pixels are counted.
    #[must_use]
    pub fn video_size(mut self, width: u32, height: u32) -> Self {
        self.counter.video_size(width, height);
        self
    }

    /// Leaves dropped frames out: for an output that wants few frames by intention, a thumbnail or a
    /// lower frame rate.
    #[must_use]
    pub fn ignore_dropped(mut self) -> Self {
        self.counter.ignore_dropped();
        self
    }

    /// Counts media time from the first time that is seen: for an ffmpeg that runs with `-copyts`.
    #[must_use]
    pub fn relative(mut self) -> Self {
        self.counter.relative();
        self
    }

    /// Takes the next bytes of the stream; true once the block that ends it was seen.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        let mut ended = false;
        for progress in self.parser.feed(bytes) {
            self.counter.count(&progress);
            ended |= progress.end;
        }
        ended
    }

    /// Reads the stream to its end, and returns what was done in all.
    ///
    /// # Errors
    /// What the stream fails with; what was read before is counted.
    pub async fn read(mut self, stream: impl AsyncRead + Unpin) -> io::Result<Increment> {
        read(stream, |progress| {
            self.counter.count(&progress);
        })
        .await?;
        Ok(self.counter.total())
    }
}

impl Counter {
    pub(crate) fn new(recorder: Option<Recorder>) -> Self {
        Self { recorder, tracker: Tracker::default(), pixels_per_frame: 0, count_dropped: true }
    }

    pub(crate) fn video_size(&mut self, width: u32, height: u32) {
        self.pixels_per_frame = u64::from(width) * u64::from(height);
    }

    pub(crate) fn ignore_dropped(&mut self) {
        self.count_dropped = false;
    }

    pub(crate) fn relative(&mut self) {
        self.tracker = std::mem::take(&mut self.tracker).relative();
    }

    /// Records what a block adds.
    pub(crate) fn count(&mut self, progress: &Progress) -> Increment {
        let mut added = self.tracker.advance(progress);
        if !self.count_dropped {
            added.dropped = 0;
        }
        if let Some(recorder) = &self.recorder {
            recorder.frames(added.frames);
            recorder.dropped(added.dropped);
            recorder.duplicated(added.duplicated);
            recorder.media_time(added.media_time);
            recorder.pixels(added.frames.saturating_mul(self.pixels_per_frame));
        }
        added
    }

    pub(crate) fn total(&self) -> Increment {
        let mut total = self.tracker.total();
        if !self.count_dropped {
            total.dropped = 0;
        }
        total
    }
}
