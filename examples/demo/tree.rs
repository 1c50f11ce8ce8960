//! The spans of a trace as a tree, each with its place in time.

use crate::{
    otlp::Span,
    screen::{Screen, Style, bytes, cut, seconds},
};

/// Columns of the names with their branches, of the durations, and of the bars.
const NAMES: usize = 24;
const TIMES: usize = 9;
const BARS: usize = 24;
const NOTES: usize = 34;

/// Of more siblings of one name than this, only the first are shown.
const SIBLINGS: usize = 3;

struct Tree<'a> {
    spans: &'a [&'a Span],
    start: u64,
    end: u64,
    /// The span to point at.
    mark: &'a str,
}

/// Writes the spans, ordered by start; `mark` is the id of the one to point at.
pub(crate) fn show(screen: &mut Screen, spans: &[&Span], mark: &str) {
    let start = spans.iter().map(|span| span.start).min().unwrap_or_default();
    let end = spans.iter().map(|span| span.end).max().unwrap_or_default();
    let tree = Tree { spans, start, end, mark };
    let roots = spans.iter().copied().filter(|span| spans.iter().all(|other| other.span_id != span.parent_id));
    for root in roots {
        tree.branch(screen, root, "", "");
    }
}

impl Tree<'_> {
    /// `first` stands before the span itself, `rest` before what is below it.
    fn branch(&self, screen: &mut Screen, span: &Span, first: &str, rest: &str) {
        let marked = span.span_id == self.mark;
        let name = cut(&format!("{first}{}", span.name), NAMES);
        let name = screen.paint(if marked { Style::Mark } else { Style::Plain }, &format!("{name:NAMES$}"));
        let bar = screen.paint(if marked { Style::Mark } else { Style::Faint }, &self.bar(span));
        let mut note = note(span);
        if marked {
            note.push_str(" ◀ the exemplar");
        }
        let line = format!("  {name}{:>TIMES$}  {bar}  {}", seconds(span.seconds()), cut(&note, NOTES));
        screen.line(line.trim_end());

        let below: Vec<_> = self.spans.iter().copied().filter(|other| other.parent_id == span.span_id).collect();
        let alike = |span: &Span| below.iter().filter(|other| other.name == span.name).count();
        let shown = |at: usize| {
            let before = below[..at].iter().filter(|other| other.name == below[at].name).count();
            alike(below[at]) <= SIBLINGS + 1 || before < SIBLINGS || below[at].span_id == self.mark
        };
        let visible: Vec<_> = (0..below.len()).filter(|at| shown(*at)).collect();
        let hidden = below.len() - visible.len();
        for (place, at) in visible.iter().enumerate() {
            let is_last = place + 1 == visible.len() && hidden == 0;
            let (branch, line) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            self.branch(screen, below[*at], &format!("{rest}{branch}"), &format!("{rest}{line}"));
        }
        if hidden > 0 {
            let more = screen.paint(Style::Faint, &format!("… {hidden} more"));
            screen.line(format_args!("  {rest}└─ {more}"));
        }
    }

    /// When the span was, within the time of the whole trace.
    fn bar(&self, span: &Span) -> String {
        let all = self.end.saturating_sub(self.start).max(1) as f64;
        let column = |time: u64| (time.saturating_sub(self.start) as f64 / all * BARS as f64) as usize;
        let from = column(span.start).min(BARS - 1);
        let to = column(span.end).clamp(from + 1, BARS);
        format!("{}{}{}", "·".repeat(from), "█".repeat(to - from), "·".repeat(BARS - to))
    }
}

/// What its attributes say of a span, in a few words.
fn note(span: &Span) -> String {
    let words = [
        "media.job.type",
        "media.stage",
        "media.rendition",
        "media.encoder",
        "media.package.format",
        "media.file.type",
        "media.storage.operation",
        "error.type",
    ];
    let mut note: Vec<String> = words.iter().filter_map(|key| span.attribute(key)).map(str::to_owned).collect();
    if let Some(size) = span.attribute("media.upload.size").and_then(|size| size.parse().ok()) {
        note.push(bytes(size));
    }
    if let Some(attempt) = span.attribute("media.job.attempt") {
        note.push(format!("attempt {attempt}"));
    }
    if let Some(outcome) = span.attribute("media.outcome").filter(|outcome| *outcome != "success") {
        note.push(outcome.to_owned());
    }
    note.join(" ")
}
