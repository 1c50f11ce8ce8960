//! A buffer: bytes that wait in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::catalog::{attribute, cache as definitions};
use crate::operation::{BoundUpDownCounter, Instruments, UpDownCounter};

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    usage: UpDownCounter,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self { usage: instruments.up_down_counter(&definitions::BUFFER_USAGE) }
    }
}

/// Counts the bytes that a buffer holds. A clone is the same; when the last one is dropped, so are the bytes.
///
/// ```
/// # let data = telecine::data::Data::new(&telecine::operation::Instruments::noop());
/// let buffer = data.buffer("frames");
/// let frame = vec![0_u8; 640 * 480];
/// let held = buffer.hold(frame.len() as u64);
/// // The frame waits to be encoded; what is held is let go with it.
/// drop((frame, held));
/// assert_eq!(buffer.usage(), 0);
///
/// // A buffer that knows how much it holds says so:
/// buffer.set(4096);
/// assert_eq!(buffer.usage(), 4096);
/// ```
#[derive(Clone, Debug)]
pub struct Buffer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    usage: BoundUpDownCounter,
    bytes: AtomicI64,
}

/// Bytes of a buffer, until this is dropped.
#[must_use = "the bytes are let go when this is dropped"]
#[derive(Debug)]
pub struct Held {
    buffer: Buffer,
    bytes: i64,
}

impl Buffer {
    pub(super) fn new(instruments: &Instruments, metrics: &Metrics, name: &str) -> Self {
        let labels = instruments.labels().set(&attribute::BUFFER_NAME, name);
        let shared = Shared { usage: metrics.usage.bind(&labels), bytes: AtomicI64::new(0) };
        Self { shared: Arc::new(shared) }
    }

    /// Holds bytes until what is given back is dropped.
    pub fn hold(&self, bytes: u64) -> Held {
        let bytes = clamp(bytes);
        self.shared.add(bytes);
        Held { buffer: self.clone(), bytes }
    }

    /// Says how many bytes are held now, for a buffer that knows. Not beside [`hold`](Self::hold), whose bytes
    /// it would count too.
    pub fn set(&self, bytes: u64) {
        let bytes = clamp(bytes);
        let before = self.shared.bytes.swap(bytes, Ordering::Relaxed);
        self.shared.usage.add(bytes.saturating_sub(before));
    }

    /// The bytes that are held now.
    pub fn usage(&self) -> u64 {
        u64::try_from(self.shared.bytes.load(Ordering::Relaxed)).unwrap_or(0)
    }
}

impl Shared {
    fn add(&self, bytes: i64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.usage.add(bytes);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.buffer.shared.add(-self.bytes);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.usage.add(-self.bytes.load(Ordering::Relaxed));
    }
}

fn clamp(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
