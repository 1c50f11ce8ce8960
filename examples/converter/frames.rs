//! The frames of one camera: read ahead of whoever writes them, one behind the other, into one file for ffmpeg.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use telecine::data::{Buffer, Data};
use telecine::operation::{Classified, ErrorType};
use tokio::io::AsyncWriteExt as _;

use crate::source::Source;

pub struct Frames {
    source: Arc<Source>,
    /// What was read and is not yet written.
    buffer: Buffer,
}

/// How many frames of a camera are read ahead.
const READ_AHEAD: usize = 8;

impl Frames {
    pub fn new(source: &Arc<Source>, data: &Data) -> Self {
        Self { source: Arc::clone(source), buffer: data.buffer("frames") }
    }

    /// Writes frames into one file: motion JPEG is no more than that.
    pub async fn collect(&self, frames: Vec<String>, to: &Path) -> anyhow::Result<()> {
        let mut read = stream::iter(frames).map(|frame| self.read(frame)).buffered(READ_AHEAD);
        let mut file = tokio::fs::File::create(to).await?;
        while let Some((frame, held)) = read.try_next().await? {
            file.write_all(&frame).await?;
            drop(held);
        }
        file.flush().await.with_context(|| to.display().to_string())
    }

    async fn read(&self, file: String) -> anyhow::Result<(bytes::Bytes, telecine::data::buffer::Held)> {
        let frame = self.source.get(&file).await?.bytes().await?;
        let held = self.buffer.hold(frame.len() as u64);
        if !is_whole(&frame) {
            let error = Classified::new(ErrorType::InputInvalid, "it is no whole JPEG");
            return Err(anyhow::Error::from(error).context(file));
        }
        Ok((frame, held))
    }
}

/// From the marker that begins a JPEG (SOI) to the one that ends it (EOI).
fn is_whole(frame: &[u8]) -> bool {
    frame.starts_with(&[0xff, 0xd8]) && frame.ends_with(&[0xff, 0xd9])
}
