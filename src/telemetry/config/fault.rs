//! What is wrong in a configuration file, and where.

use std::collections::BTreeSet;
use std::fmt;

/// Something in a configuration file that is wrong, or that is not honoured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The path of keys and indexes from the top: `meter_provider.readers[0].periodic.interval`. Empty at the top.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, path, reason } = self;
        write!(f, "{file}:{line}:{column}: ")?;
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(reason)
    }
}

/// A place in the file and its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: Position,
    pub(super) path: String,
}

/// A place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Gathers what is wrong with one file, so that all of it is told at once.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) file: String,
    pub(super) errors: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
    /// The variables that the file refers to.
    pub(super) variables: BTreeSet<String>,
    /// Where the views are.
    pub(super) views: Vec<Place>,
    /// Where the rules are by which the endpoint maps metrics.
    pub(super) rules: Vec<Place>,
}

impl Report {
    pub(super) fn new(file: impl Into<String>) -> Self {
        let (errors, warnings) = (Vec::new(), Vec::new());
        let (variables, views, rules) = (BTreeSet::new(), Vec::new(), Vec::new());
        Self { file: file.into(), errors, warnings, variables, views, rules }
    }

    /// Something that the file may not say.
    pub(super) fn error(&mut self, at: Position, path: &str, reason: impl Into<String>) {
        let fault = self.fault(at, path, reason);
        self.errors.push(fault);
    }

    /// Something that is not honoured, or not as it is written.
    pub(super) fn warning(&mut self, at: Position, path: &str, reason: impl Into<String>) {
        let fault = self.fault(at, path, reason);
        self.warnings.push(fault);
    }

    fn fault(&self, at: Position, path: &str, reason: impl Into<String>) -> Fault {
        Fault {
            file: self.file.clone(),
            line: at.line,
            column: at.column,
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}
