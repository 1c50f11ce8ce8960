//! What is found, and how it is told.

use std::fmt;

use super::Code;

/// Something that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The panel, variable, rule or definition: `panel "Errors" (4), query A`. Empty for the file itself.
    pub subject: String,
    /// What sort of thing it is.
    pub code: Code,
    /// What is wrong, and what would be right where that is known.
    pub reason: String,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, and may mislead.
    Warning,
    /// It cannot show or do what it is there for.
    Error,
}

/// What was found, and how much was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Everything that is wrong, in the order of files and lines.
    pub findings: Vec<Finding>,
    /// Queries of panels, variables, annotations and rules.
    pub queries: Tally,
    /// Panels that have queries.
    pub panels: Tally,
    /// Alert rules.
    pub alerts: Tally,
    /// The metrics of the program's own catalogue, where a scrape tells which of them are written.
    pub metrics: Tally,
}

/// How many there are of a thing, and how many of them can never show anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub all: usize,
    /// Those that can never show anything.
    pub dead: usize,
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, subject, code, reason } = self;
        write!(f, "{file}:{line}:{column}: ")?;
        if code.severity() == Severity::Warning {
            f.write_str("warning: ")?;
        }
        if !subject.is_empty() {
            write!(f, "{subject}: ")?;
        }
        write!(f, "{reason} [{code}]")
    }
}

impl Tally {
    pub(super) fn count(&mut self, is_dead: bool) {
        self.all += 1;
        self.dead += usize::from(is_dead);
    }
}

impl Report {
    /// How many findings there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity() == severity).count()
    }

    /// The last line: what was looked at, and what of it can never show anything.
    pub fn summary(&self) -> String {
        let Self { queries, panels, alerts, metrics, .. } = self;
        let of = |Tally { all, dead }: &Tally, what: &str| format!("{dead} of {all} {what}");
        let mut summary = format!(
            "{}, {} and {} can never show anything",
            of(queries, "queries"),
            of(panels, "panels"),
            of(alerts, "alerts")
        );
        if metrics.all > 0 {
            summary += &format!("; {} are never written", of(metrics, "metrics of the catalogue"));
        }
        let (errors, warnings) = (self.count(Severity::Error), self.count(Severity::Warning));
        summary + &format!("; {errors} errors, {warnings} warnings")
    }
}
