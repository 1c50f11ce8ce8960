//! Where lines go: the console, a file, or both.

use super::{Config, Error, Format, file::File, human::Human, json::Json, layer::Emit, record::Record};
use std::{
    cell::Cell,
    fmt,
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tracing::Metadata;

/// Takes the console's lines, one whole line a call, its end included.
///
/// A program with progress bars passes a closure that hides them meanwhile, so that lines do not tear them:
///
/// ```
/// use std::io::Write as _;
/// let bars = indicatif::MultiProgress::new();
/// let writer = telecine::logs::Writer::new(move |line| bars.suspend(|| std::io::stderr().write_all(line)));
/// # drop(writer);
/// ```
///
/// Lines may come from several threads at once.
#[derive(Clone)]
pub struct Writer(Arc<WriteLine>);

type WriteLine = dyn Fn(&[u8]) -> io::Result<()> + Send + Sync;

/// Flushes the log file when dropped, within a second.
#[must_use = "dropped at once, it does not flush what is logged later"]
#[derive(Debug)]
pub struct Guard {
    file: Option<Arc<File>>,
    counts: Arc<Totals>,
}

/// What became of the lines so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Events that were logged.
    pub records: u64,
    /// Lines that the console did not take, because writing to it failed.
    pub console_lost: u64,
    /// Lines that did not reach the file: it was too slow for [`Config::buffer`], or writing to it failed.
    pub file_lost: u64,
}

/// The console's and the file's lines.
#[derive(Debug)]
pub(super) struct Output {
    console: Option<Console>,
    file: Option<Arc<File>>,
    json: Json,
    counts: Arc<Totals>,
}

#[derive(Debug)]
struct Console {
    /// None writes the same JSON as the file.
    human: Option<Human>,
    writer: Writer,
}

#[derive(Debug, Default)]
struct Totals {
    records: AtomicU64,
    console_lost: AtomicU64,
}

/// How long a dropped guard waits for the file.
const DROP_DEADLINE: Duration = Duration::from_secs(1);

/// A line's buffer is kept by its thread for the next one, unless it has grown beyond this.
const KEPT_BUFFER: usize = 64 << 10;

thread_local! {
    static LINE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Writer {
    /// Lines go to `write`. Lines of which it says that they failed are counted.
    ///
    /// `write` may be called from any thread. An event that it logs itself is written within the call.
    pub fn new(write: impl Fn(&[u8]) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(write))
    }

    /// Lines go to standard error.
    #[must_use]
    pub fn stderr() -> Self {
        Self::new(|line| io::stderr().lock().write_all(line))
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Guard {
    /// Waits until the lines logged so far are in the file. Without a file there is nothing to wait for.
    ///
    /// # Errors
    /// [`Error::Flush`] after `deadline`, with the number of lines that still wait.
    pub fn flush(&self, deadline: Duration) -> Result<(), Error> {
        self.file.as_ref().map_or(Ok(()), |file| file.flush(deadline))
    }

    /// What became of the lines so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counter()()
    }

    /// The same, for whoever outlives the guard.
    pub fn counter(&self) -> impl Fn() -> Counts + Send + Sync + 'static + use<> {
        let totals = Arc::clone(&self.counts);
        let file = self.file.as_ref().map(|file| file.losses());
        move || Counts {
            records: totals.records.load(Ordering::Relaxed),
            console_lost: totals.console_lost.load(Ordering::Relaxed),
            file_lost: file.as_ref().map_or(0, |lost| lost.load(Ordering::Relaxed)),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // What is not written by then is lost, as the deadline says; there is nobody left to tell.
        let _ = self.flush(DROP_DEADLINE);
    }
}

impl Output {
    pub(super) fn open(config: &Config) -> Result<(Self, Guard), Error> {
        let human = match config.format.resolved() {
            Format::Off => None,
            Format::Human => {
                let colour = config.colour.unwrap_or_else(|| io::stderr().is_terminal());
                Some(Some(Human::new(colour)))
            }
            Format::Json | Format::Auto => Some(None),
        };
        let writer = || config.writer.clone().unwrap_or_else(Writer::stderr);
        let console = human.map(|human| Console { human, writer: writer() });
        let file = match &config.file {
            Some(path) => Some(Arc::new(File::open(path, config.buffer)?)),
            None => None,
        };
        let counts = Arc::new(Totals::default());
        let guard = Guard { file: file.clone(), counts: Arc::clone(&counts) };
        Ok((Self { console, file, json: Json::new(&config.resource), counts }, guard))
    }

    fn write(&self, record: &Record<'_>, buffer: &mut Vec<u8>) {
        let console_json = self.console.as_ref().is_some_and(|console| console.human.is_none());
        if self.file.is_some() || console_json {
            self.json.line(record, buffer);
        }
        if let Some(file) = &self.file {
            file.push(buffer);
        }
        let Some(console) = &self.console else { return };
        if let Some(human) = &console.human {
            buffer.clear();
            human.line(record, buffer);
        }
        if (console.writer.0)(buffer).is_err() {
            self.counts.console_lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Emit for Output {
    fn wants(&self, _: &Metadata<'static>) -> bool {
        self.console.is_some() || self.file.is_some()
    }

    fn emit(&self, record: &Record<'_>) {
        self.counts.records.fetch_add(1, Ordering::Relaxed);
        // A writer that logs finds the place empty and brings its own buffer.
        let mut buffer = LINE.try_with(Cell::take).unwrap_or_default();
        buffer.clear();
        self.write(record, &mut buffer);
        if buffer.capacity() <= KEPT_BUFFER {
            let _ = LINE.try_with(|line| line.set(buffer));
        }
    }
}
