//! Memory for answers, which are large and alike.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;

/// How many buffers wait for the next answer. One scrape is at work at a time, with a plain buffer and
/// a compressed one.
const KEPT: usize = 2;

/// Buffers that were given back. Freeing a megabyte after each scrape would make the allocator sort
/// all that is free, which takes longer than to encode.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

/// A buffer that is given back when its last reader is done with it.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    home: Buffers,
}

impl Buffers {
    /// An empty one.
    pub(super) fn take(&self) -> Buffer {
        Buffer { bytes: self.kept().pop().unwrap_or_default(), home: self.clone() }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buffer {
    pub(super) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<Buffer> for Bytes {
    fn from(buffer: Buffer) -> Self {
        Bytes::from_owner(buffer)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut kept = self.home.kept();
        if kept.len() < KEPT {
            self.bytes.clear();
            kept.push(std::mem::take(&mut self.bytes));
        }
    }
}
