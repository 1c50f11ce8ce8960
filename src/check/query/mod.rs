//! Queries: what one asks for, what its answer looks like, and what is wrong with it.

mod aggregate;
mod binary;
mod call;
mod matching;
mod number;
mod range;
mod selector;
mod shape;

use std::time::Duration;

use promql_parser::parser::{self, Expr};

pub(super) use range::{INTERVAL, RANGE, RATE_INTERVAL};
pub(super) use shape::{Life, Shape};

use super::Code;
use super::known::Known;

/// Stands in a text for what a variable holds.
pub(super) const VARIABLE: char = '\u{f8ff}';
/// Stands in a name for what a variable holds.
pub(super) const VARIABLE_NAME: &str = "__telecine_variable";

/// How deep a query may nest. Reading one takes memory on the stack for each level.
const MAX_DEPTH: usize = 500;

/// Something wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: Code,
    pub(super) reason: String,
    /// The words of the query that it is about.
    pub(super) about: Option<String>,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    Dashboard,
    Rule,
}

/// What a query is read with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    pub(super) known: &'a Known,
    /// The time between two scrapes.
    pub(super) interval: Duration,
    pub(super) asker: Asker,
}

/// What a number is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// Its value.
    Value,
    /// How it changes.
    Change,
    /// Whether it is there.
    Presence,
}

struct Walk<'a> {
    reading: Reading<'a>,
    problems: Vec<Problem>,
}

/// What a query answers, and what is wrong with it.
///
/// # Errors
/// It does not parse.
pub(super) fn read(query: &str, reading: Reading<'_>) -> Result<(Shape, Vec<Problem>), Problem> {
    read_as(query, reading, Wanted::Value)
}

/// The same for what only has to be there.
///
/// # Errors
/// It does not parse.
pub(super) fn read_presence(query: &str, reading: Reading<'_>) -> Result<(Shape, Vec<Problem>), Problem> {
    read_as(query, reading, Wanted::Presence)
}

fn read_as(query: &str, reading: Reading<'_>, wanted: Wanted) -> Result<(Shape, Vec<Problem>), Problem> {
    if depth(query) > MAX_DEPTH {
        let reason = format!("the query nests deeper than {MAX_DEPTH} levels");
        return Err(Problem { code: Code::Syntax, reason, about: None });
    }
    let expression = parser::parse(&number::without_separators(query)).map_err(|reason| {
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        Problem { code: Code::Syntax, reason: format!("the query does not parse: {reason}"), about: None }
    })?;
    let mut walk = Walk { reading, problems: Vec::new() };
    let shape = walk.expression(&expression, wanted);
    Ok((shape, walk.problems))
}

/// How deep a query nests at most: by what it opens and does not close, and by signs.
fn depth(query: &str) -> usize {
    let (mut open, mut signs, mut deepest) = (0_usize, 0_usize, 0_usize);
    for byte in query.bytes() {
        match byte {
            b'(' => open += 1,
            b')' => open = open.saturating_sub(1),
            b'-' | b'+' => signs += 1,
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest + signs
}

impl Walk<'_> {
    fn problem(&mut self, code: Code, about: &str, reason: String) {
        let problem = Problem { code, reason, about: Some(about.to_owned()) };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn expression(&mut self, expression: &Expr, wanted: Wanted) -> Shape {
        match expression {
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, wanted),
            Expr::Unary(unary) => self.expression(&unary.expr, wanted).negated(),
            Expr::Binary(binary) => self.binary(binary, wanted),
            Expr::Paren(paren) => self.expression(&paren.expr, wanted),
            Expr::Subquery(subquery) => self.expression(&subquery.expr, wanted),
            Expr::NumberLiteral(number) => Shape::number(number.val),
            Expr::StringLiteral(_) | Expr::Extension(_) => Shape::scalar(),
            Expr::VectorSelector(selector) => self.selector(selector, wanted),
            Expr::MatrixSelector(matrix) => self.selector(&matrix.vs, wanted),
            Expr::Call(call) => self.call(call, wanted),
        }
    }

    /// Says that a label is not there.
    fn unknown_label(&mut self, label: &str, shape: &Shape, place: &str) {
        let known: Vec<_> = shape.labels.names().filter(|name| *name != "otel_metric_overflow").collect();
        let known = match known.as_slice() {
            [] => "there are no labels left".to_owned(),
            known => format!("the labels are {}", known.join(", ")),
        };
        self.problem(Code::UnknownLabel, label, format!("no label `{label}` is there for {place}: {known}"));
    }
}
