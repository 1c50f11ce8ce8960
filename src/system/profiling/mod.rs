//! Profiles of CPU time and of the heap, in the format of [pprof](https://github.com/google/pprof).
//!
//! The endpoint that Prometheus scrapes serves them, once the program has switched them on by
//! [`Builder::profiling`](crate::telemetry::Builder::profiling), to those who show the endpoint's bearer
//! token, or ask from the machine that it runs on:
//!
//! | path | answer |
//! |---|---|
//! | `/debug/pprof/profile?seconds=30` | where the program's threads spend CPU time from now on; 409 while another one is taken, 400 past [`Profiling::limit`] |
//! | `/debug/pprof/heap` | who holds memory, where the allocator knows: 501 without [`Profiling::heap`] |
//!
//! ```sh
//! go tool pprof -http=: 'http://127.0.0.1:9464/debug/pprof/profile?seconds=10'
//! ```
//!
//! # CPU
//! A hundred times in each second of CPU time the kernel interrupts a thread that runs, and its stack is
//! noted. That costs the program below one percent while a profile is taken, and nothing otherwise. The
//! stack is unwound by tables that were read beforehand: no lock is taken and no memory allocated in the
//! interrupted thread, and what cannot be read ends the stack, not the program. Libraries that are loaded
//! after the first profile end a stack too. Release builds need `debug = "line-tables-only"` for names
//! of inlined functions, files and lines.
//!
//! It uses the signal `SIGPROF` and the timer `ITIMER_PROF`, and works on Linux and macOS on x86-64 and
//! aarch64; elsewhere the answer is 501. On aarch64 the innermost function may be told as its caller.
//!
//! # Heap
//! Only an allocator knows who holds memory. With jemalloc as the program's (`tikv-jemallocator` with the
//! feature `profiling`), its dump is given to [`Profiling::heap`] (`jemalloc_pprof` with the feature
//! `symbolize`, so that the profile has names). telecine leaves the allocator, and its version, to the
//! program: there can be one jemalloc in it.
//!
//! ```standalone_crate
//! # #[cfg(target_os = "linux")]
//! # mod main {
//! use telecine::system::profiling::Profiling;
//!
//! #[global_allocator]
//! static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
//!
//! // A sample for each 512 KiB that are allocated. The program is started with this, or with the variable
//! // `_RJEM_MALLOC_CONF` of the same content.
//! #[unsafe(export_name = "_rjem_malloc_conf")]
//! pub static MALLOC_CONF: &[u8] = b"prof:true,prof_active:true,lg_prof_sample:19\0";
//!
//! pub fn profiling() -> Profiling {
//!     Profiling::new().heap(|| {
//!         let heap = jemalloc_pprof::PROF_CTL.as_ref().ok_or("jemalloc was started without prof:true")?;
//!         Ok(heap.blocking_lock().dump_pprof()?)
//!     })
//! }
//! # }
//! # #[cfg(target_os = "linux")]
//! # main::profiling();
//! ```

mod cpu;
mod encode;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use cpu::CpuProfile;

/// The longest profile, unless [`Profiling::limit`] says otherwise.
pub const DEFAULT_LIMIT: Duration = Duration::from_secs(300);

/// How long a profile is when nobody says: what `go tool pprof` takes for granted.
pub const DEFAULT_DURATION: Duration = Duration::from_secs(30);

/// What profiles may be taken.
#[derive(Clone)]
pub struct Profiling {
    limit: Duration,
    heap: Option<Heap>,
}

/// Gives a profile of the heap, compressed by gzip.
type Heap = Arc<dyn Fn() -> Result<Vec<u8>, BoxError> + Send + Sync>;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// One is taken already: there is one timer in a process.
    #[error("a profile is being taken already")]
    Busy,
    /// Not on this system.
    #[error("profiles of CPU time cannot be taken on this system")]
    Unsupported,
    /// Nothing was given to [`Profiling::heap`].
    #[error("the program's allocator gives no profile of the heap")]
    NoHeap,
    /// The profiler failed.
    #[error("the profile could not be taken")]
    Failed(#[source] BoxError),
}

impl Profiling {
    /// Profiles of CPU time, for five minutes at most, and none of the heap.
    pub fn new() -> Self {
        Self { limit: DEFAULT_LIMIT, heap: None }
    }

    /// The longest profile that may be asked for. Default: [`DEFAULT_LIMIT`].
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Where a profile of the heap comes from: pprof's format, compressed by gzip. It is called on a thread
    /// where it may block.
    #[must_use]
    pub fn heap(mut self, profile: impl Fn() -> Result<Vec<u8>, BoxError> + Send + Sync + 'static) -> Self {
        self.heap = Some(Arc::new(profile));
        self
    }

    /// The longest profile that may be asked for.
    pub fn longest(&self) -> Duration {
        self.limit
    }

    /// A profile of the heap. It blocks.
    ///
    /// # Errors
    /// [`Error::NoHeap`], or [`Error::Failed`] with the allocator's reason.
    pub fn take_heap(&self) -> Result<Vec<u8>, Error> {
        self.heap.as_ref().ok_or(Error::NoHeap)?().map_err(Error::Failed)
    }
}

impl Default for Profiling {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Profiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiling").field("limit", &self.limit).field("heap", &self.heap.is_some()).finish()
    }
}
