//! What a run writes for people: lines, and on a terminal one more line that changes.

use std::{
    fmt::Display,
    io::{IsTerminal, Write},
};

/// The widest line, in columns.
pub(crate) const WIDTH: usize = 100;

/// The widest line that changes: one that wraps cannot be taken away.
const STATUS_WIDTH: usize = 79;

/// Standard output.
pub(crate) struct Screen {
    is_terminal: bool,
    colours: bool,
    /// Whether the line that changes is shown now.
    has_status: bool,
}

/// How a piece of text stands out.
#[derive(Clone, Copy)]
pub(crate) enum Style {
    Plain,
    Heading,
    Faint,
    Good,
    Bad,
    Warning,
    Mark,
}

impl Screen {
    pub(crate) fn new() -> Self {
        let set = |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty());
        let is_terminal = std::io::stdout().is_terminal() && set("TERM").is_some_and(|term| term != "dumb");
        Self { is_terminal, colours: is_terminal && set("NO_COLOR").is_none(), has_status: false }
    }

    pub(crate) fn line(&mut self, text: impl Display) {
        self.clear();
        self.write(format_args!("{text}\n"));
    }

    pub(crate) fn heading(&mut self, text: &str) {
        let text = self.paint(Style::Heading, text);
        self.line(format_args!("\n{text}"));
    }

    /// Shows the line that changes, where there is a terminal.
    pub(crate) fn status(&mut self, text: &str) {
        if self.is_terminal {
            self.write(format_args!("\r\x1b[K{}", self.paint(Style::Faint, &cut(text, STATUS_WIDTH))));
            self.has_status = true;
        }
    }

    /// Takes away the line that changes.
    pub(crate) fn clear(&mut self) {
        if self.has_status {
            self.write(format_args!("\r\x1b[K"));
            self.has_status = false;
        }
    }

    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Heading => "1",
            Style::Faint => "2",
            Style::Good => "32",
            Style::Bad => "31",
            Style::Warning => "33",
            Style::Mark => "36",
            Style::Plain => return text.to_owned(),
        };
        if self.colours && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn write(&self, text: std::fmt::Arguments<'_>) {
        // A reader that went away, as in `make demo | head`, is no reason to leave the parts running.
        let mut out = std::io::stdout().lock();
        let _ = out.write_fmt(text).and_then(|()| out.flush());
    }
}

/// The text, or its beginning and an ellipsis where it is wider than `width`.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// `1.5 MB`.
pub(crate) fn bytes(count: f64) -> String {
    match count {
        count if count >= 1e9 => format!("{:.2} GB", count / 1e9),
        count if count >= 1e6 => format!("{:.1} MB", count / 1e6),
        count if count >= 1e3 => format!("{:.1} kB", count / 1e3),
        count => format!("{count:.0} B"),
    }
}

/// `1.50 s`, `12 ms`.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds if seconds >= 0.001 => format!("{:.0} ms", seconds * 1e3),
        seconds => format!("{:.0} µs", seconds * 1e6),
    }
}
