//! Progress bars on a terminal, and the table at the end. Without a terminal there are none.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use telecine::ffmpeg::progress::Increment;
use telecine::logs::Writer;
use telecine::operation::Outcome;

use crate::queue::Task;

/// The bars of the jobs that run.
#[derive(Clone, Default)]
pub struct Bars(MultiProgress);

/// The bar of one job. It disappears with the job.
pub struct Bar {
    bar: ProgressBar,
    /// Steps that have begun.
    begun: AtomicU64,
}

/// The length of a step.
const STEP: u64 = 1000;

const TEMPLATE: &str = "{spinner} {prefix:24!} {bar:24} {msg:12} {elapsed}";

impl Bars {
    /// Writes log lines so that they do not tear the bars.
    pub fn log_writer(&self) -> Writer {
        let bars = self.0.clone();
        Writer::new(move |line| bars.suspend(|| std::io::stderr().write_all(line)))
    }

    pub fn job(&self, name: &str) -> Bar {
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = self.0.add(ProgressBar::new(STEP).with_style(style).with_prefix(name.to_owned()));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Bar { bar, begun: AtomicU64::new(0) }
    }
}

impl Bar {
    /// How many steps there are.
    pub fn steps(&self, steps: u64) {
        self.bar.set_length(steps * STEP);
    }

    /// The next step begins.
    pub fn step(&self, name: &str) {
        self.bar.set_message(name.to_owned());
        self.bar.set_position(self.begun.fetch_add(1, Ordering::Relaxed) * STEP);
    }

    /// Moves on within the step that has begun, of so much media.
    pub fn within_step(&self, duration: Option<Duration>) -> impl Fn(&Increment) + Send + Sync + 'static {
        let (bar, start) = (self.bar.clone(), self.bar.position());
        move |done| {
            if let Some(duration) = duration.filter(|duration| !duration.is_zero()) {
                let part = (done.media_time.as_secs_f64() / duration.as_secs_f64()).min(1.0);
                bar.set_position(start + (part * STEP as f64) as u64);
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Prints what became of the jobs, where a person looks.
pub fn print_table(tasks: &[Arc<Task>]) {
    let mut out = std::io::stdout();
    if !out.is_terminal() {
        return;
    }
    // Nobody reads a terminal that is gone.
    let _ = writeln!(out, "\n{:32} {:10} {:>9} {:>12}", "input", "outcome", "seconds", "bytes");
    for task in tasks {
        let outcome = task.outcome().map_or("", Outcome::as_str);
        let seconds = task.duration().unwrap_or_default().as_secs_f64();
        let _ = writeln!(out, "{:32} {outcome:10} {seconds:9.1} {:12}", task.name(), task.bytes());
    }
}
