//! What a file holds.

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _, Result};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::document::MAX_BYTES;

/// How long somebody has to write into a pipe.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a file holds, as far as it is read at all: one byte more than is taken. A pipe is read until its end, as
/// long as that comes within [`PATIENCE`].
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    if !is_pipe(path)? {
        return whole(path);
    }
    let (done, result) = mpsc::channel();
    let named = path.to_owned();
    // Where nobody writes, the thread waits for ever: nothing else opens a pipe without waiting.
    thread::Builder::new().name("telecine-config".to_owned()).spawn(move || {
        // Nobody listens any more where the time is over.
        let _ = done.send(whole(&named));
    })?;
    result.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::TimedOut, format!("it is a pipe, and did not come to its end within {PATIENCE:?}")))
    })
}

fn whole(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES + 1).unwrap_or(u64::MAX);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> Result<bool> {
    use std::os::unix::fs::FileTypeExt as _;
    Ok(std::fs::metadata(path)?.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_: &Path) -> Result<bool> {
    Ok(false)
}
