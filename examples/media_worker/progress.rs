//! Progress bars on a terminal, and the table at the end. Without a terminal there are none.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use telecine::logs::Writer;
use telecine::operation::Outcome;

use crate::queue::Task;

/// The bars of the jobs that run.
#[derive(Clone, Default)]
pub struct Bars(MultiProgress);

/// The bar of one job. It disappears with the job.
pub struct Bar(ProgressBar);

const TEMPLATE: &str = "{spinner} {prefix:24!} {bar:24} {msg:12} {elapsed}";

impl Bars {
    /// Writes log lines so that they do not tear the bars.
    pub fn log_writer(&self) -> Writer {
        let bars = self.0.clone();
        Writer::new(move |line| bars.suspend(|| std::io::stderr().write_all(line)))
    }

    pub fn job(&self, name: &str) -> Bar {
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = self.0.add(ProgressBar::new(1).with_style(style).with_prefix(name.to_owned()));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Bar(bar)
    }
}

impl Bar {
    /// How many steps there are.
    pub fn steps(&self, steps: u64) {
        self.0.set_length(steps);
    }

    /// The next step begins.
    pub fn step(&self, name: &str) {
        self.0.set_message(name.to_owned());
        self.0.inc(1);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
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
