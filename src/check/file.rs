//! One file that is looked at.

use super::document::{Node, Place};
use super::query::{self, Life, Problem, Reading, Shape};
use super::{Code, Finding, Report};

/// A file, what is read with it, and where what is found goes.
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) lines: Vec<&'a str>,
    pub(super) reading: Reading<'a>,
    pub(super) report: &'a mut Report,
}

/// What came of a query.
pub(super) struct Answer {
    /// What it gives; `None` where it does not parse.
    pub(super) shape: Option<Shape>,
    pub(super) is_dead: bool,
}

/// How a query is read.
type Read = fn(&str, Reading<'_>) -> Result<(Shape, Vec<Problem>), Problem>;

/// The forms of a query that a dashboard's variables make of it.
pub(super) type Forms = Vec<String>;

impl File<'_> {
    pub(super) fn find(&mut self, place: Place, subject: &str, code: Code, reason: impl Into<String>) {
        let finding = Finding {
            file: self.name.to_owned(),
            line: place.line,
            column: place.column,
            subject: subject.to_owned(),
            code,
            reason: reason.into(),
        };
        if !self.report.findings.contains(&finding) {
            self.report.findings.push(finding);
        }
    }

    /// Reads a query that stands in a node.
    pub(super) fn ask(&mut self, node: &Node, forms: &Forms, subject: &str) -> Answer {
        self.ask_by(node, forms, subject, query::read)
    }

    /// The same for series that only have to be there.
    pub(super) fn ask_presence(&mut self, node: &Node, forms: &Forms, subject: &str) -> Answer {
        self.ask_by(node, forms, subject, query::read_presence)
    }

    /// A query is dead if each of its forms is.
    fn ask_by(&mut self, node: &Node, forms: &Forms, subject: &str, read: Read) -> Answer {
        let mut answer = Answer { shape: None, is_dead: true };
        for form in forms {
            let problems = match read(form, self.reading) {
                Ok((shape, problems)) => {
                    let is_broken = problems.iter().any(|problem| problem.code.severity() == super::Severity::Error);
                    answer.is_dead &= shape.life == Life::Dead || shape.life == Life::Constant && is_broken;
                    answer.shape.get_or_insert(shape);
                    problems
                }
                Err(problem) => vec![problem],
            };
            for Problem { code, reason, about } in problems {
                let place = self.place(node, about.as_deref());
                self.find(place, subject, code, reason);
            }
        }
        self.report.queries.count(answer.is_dead);
        answer
    }

    /// Where some words of a node's text stand.
    fn place(&self, node: &Node, about: Option<&str>) -> Place {
        let (Some(about), Some(text)) = (about, node.text()) else { return node.place };
        let lines = text.lines().count().max(1);
        for (index, line) in self.lines.iter().enumerate().skip(node.place.line - 1).take(lines) {
            let start = if index + 1 == node.place.line { node.place.column - 1 } else { 0 };
            let Some((start, _)) = line.char_indices().nth(start) else { continue };
            if let Some(found) = line.get(start..).and_then(|rest| find_word(rest, about)) {
                return Place { line: index + 1, column: line[..start + found].chars().count() + 1 };
            }
        }
        node.place
    }
}

/// Where a word stands that is no part of a longer one.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let stands_alone = |at: usize| {
        let before = text[..at].chars().next_back().filter(|c| is_part(*c) && word.starts_with(is_part));
        let after = text[at + word.len()..].chars().next().filter(|c| is_part(*c) && word.ends_with(is_part));
        before.is_none() && after.is_none()
    };
    text.match_indices(word).map(|(at, _)| at).find(|at| stands_alone(*at))
}
