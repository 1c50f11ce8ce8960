use std::fmt;
use std::time::Duration;

use crate::push::Signal;

/// Takes spans or log records, and exports them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processor {
    /// When they are exported.
    pub kind: ProcessorKind,
    /// Where they go.
    pub exporter: Exporter,
}

/// When spans or log records are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessorKind {
    /// Many at once, on a thread of its own.
    Batch(Batch),
    /// Each at once, on the thread that ends it, which waits for it. For debugging.
    Simple,
}

/// Where something goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exporter {
    /// OTLP push.
    Otlp(Signal),
    /// Standard output, in a form for debugging.
    Console,
}

/// A queue and how it is emptied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The time between two exports.
    pub delay: Duration,
    /// How long one export may take; zero is without end. The exporter's own timeout holds too.
    pub timeout: Duration,
    /// How many items wait at most, up to [`LARGEST_QUEUE`](Self::LARGEST_QUEUE); more are dropped, and counted.
    pub queue: usize,
    /// How many items are sent at once. No more than `queue`.
    pub batch: usize,
}

/// The queue of a span processor when nothing else is said (`OTEL_BSP_*`).
pub const DEFAULT_SPAN_BATCH: Batch =
    Batch { delay: Duration::from_secs(5), timeout: Duration::from_secs(30), queue: 2048, batch: 512 };
/// The queue of a log record processor when nothing else is said (`OTEL_BLRP_*`).
pub const DEFAULT_RECORD_BATCH: Batch = Batch { delay: Duration::from_secs(1), ..DEFAULT_SPAN_BATCH };

impl Batch {
    /// The most items that may wait: the memory of the whole queue is taken at the start.
    pub const LARGEST_QUEUE: usize = 1 << 20;
}

/// What is shown of it: protocol and endpoint, without secrets.
impl fmt::Display for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Otlp(signal) => signal.fmt(f),
            Self::Console => f.write_str("standard output"),
        }
    }
}
