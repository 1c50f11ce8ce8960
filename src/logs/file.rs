//! A log file that never holds up the program.

use super::Error;
use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// The side that lines are pushed to. The last one to be dropped ends the thread, once all is written.
#[derive(Debug)]
pub(super) struct File {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    /// How many bytes may wait.
    limit: usize,
    queue: Mutex<Queue>,
    /// There are lines, or the end has come.
    pushed: Condvar,
    /// Lines were written, or given up.
    settled: Condvar,
    lost: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Queue {
    bytes: Vec<u8>,
    lines: u64,
    /// Lines ever taken in, and those of them that were written or given up.
    taken: u64,
    settled: u64,
    /// The thread sleeps.
    idle: bool,
    closed: bool,
}

/// The thread's side.
#[derive(Debug)]
struct Disk {
    path: PathBuf,
    file: fs::File,
    /// The last write ended inside a line.
    torn: bool,
}

/// Buffers that a burst made larger than this are given back.
const KEPT_BUFFER: usize = 1 << 20;

impl File {
    pub(super) fn open(path: &Path, limit: usize) -> Result<Self, Error> {
        let file = append(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;
        let disk = Disk { path: path.to_owned(), file, torn: false };
        let shared = Arc::new(Shared {
            path: path.to_owned(),
            limit,
            queue: Mutex::default(),
            pushed: Condvar::new(),
            settled: Condvar::new(),
            lost: Arc::default(),
        });
        let theirs = Arc::clone(&shared);
        thread::Builder::new()
            .name("telecine-logs".into())
            .spawn(move || theirs.write_all(disk))
            .map_err(|source| Error::Thread { path: path.to_owned(), source })?;
        Ok(Self { shared })
    }

    /// Takes a line in, or counts it as lost if too much waits already.
    pub(super) fn push(&self, line: &[u8]) {
        let mut queue = self.shared.lock();
        if queue.bytes.len() + line.len() > self.shared.limit {
            drop(queue);
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        queue.bytes.extend_from_slice(line);
        queue.lines += 1;
        queue.taken += 1;
        if queue.idle {
            self.shared.pushed.notify_one();
        }
    }

    pub(super) fn flush(&self, deadline: Duration) -> Result<(), Error> {
        let queue = self.shared.lock();
        let taken = queue.taken;
        let (queue, _) = self
            .shared
            .settled
            .wait_timeout_while(queue, deadline, |queue| queue.settled < taken)
            .unwrap_or_else(PoisonError::into_inner);
        match taken.saturating_sub(queue.settled) {
            0 => Ok(()),
            lines => Err(Error::Flush { path: self.shared.path.clone(), lines }),
        }
    }

    /// Counts the lines that did not reach the file.
    pub(super) fn losses(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.shared.lost)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.pushed.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: writes what waits, until nobody is left who could push.
    fn write_all(&self, mut disk: Disk) {
        let mut bytes = Vec::new();
        loop {
            let mut queue = self.lock();
            while queue.bytes.is_empty() {
                if queue.closed {
                    return;
                }
                queue.idle = true;
                queue = self.pushed.wait(queue).unwrap_or_else(PoisonError::into_inner);
                queue.idle = false;
            }
            std::mem::swap(&mut bytes, &mut queue.bytes);
            let lines = std::mem::take(&mut queue.lines);
            drop(queue);

            let lost = disk.write(&bytes);
            self.lost.fetch_add(lost, Ordering::Relaxed);
            bytes.clear();
            bytes.shrink_to(KEPT_BUFFER);

            self.lock().settled += lines;
            self.settled.notify_all();
        }
    }
}

impl Disk {
    /// Writes whole lines, and says how many of them are not in the file, or not as a whole.
    fn write(&mut self, lines: &[u8]) -> u64 {
        self.reopen_if_moved();
        if self.torn && self.file.write_all(b"\n").is_ok() {
            self.torn = false;
        }
        let mut rest = lines;
        while !rest.is_empty() {
            match self.file.write(rest) {
                Ok(0) => break,
                Ok(written) => {
                    self.torn = rest[written - 1] != b'\n';
                    rest = &rest[written..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        rest.iter().filter(|byte| **byte == b'\n').count() as u64
    }

    /// Somebody renamed or removed the file: the next lines belong into a new one of its name. Where that
    /// cannot be had they follow the old one.
    #[cfg(unix)]
    fn reopen_if_moved(&mut self) {
        use std::os::unix::fs::MetadataExt as _;
        let same = match (fs::metadata(&self.path), self.file.metadata()) {
            (Ok(named), Ok(open)) => (named.dev(), named.ino()) == (open.dev(), open.ino()),
            (named, _) => named.is_ok(),
        };
        if same {
            return;
        }
        if let Ok(file) = append(&self.path) {
            self.file = file;
            self.torn = false;
        }
    }

    #[cfg(not(unix))]
    fn reopen_if_moved(&mut self) {}
}

fn append(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().append(true).create(true).open(path)
}
