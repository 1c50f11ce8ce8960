//! What the tests read of a dashboard.

use std::path::{Path, PathBuf};

use promql_parser::label::Matchers;
use promql_parser::parser::{Expr, VectorSelector};
use serde_json::Value;

pub(crate) struct Dashboard {
    /// Below `dashboards/`.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) json: Value,
}

/// A query of a panel.
pub(crate) struct Target<'a> {
    pub(crate) panel: &'a Value,
    pub(crate) json: &'a Value,
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards")
}

/// All dashboards, ours and those of the platforms.
pub(crate) fn all() -> Vec<Dashboard> {
    let mut found = Vec::new();
    for below in ["", "platforms"] {
        let Ok(entries) = std::fs::read_dir(folder().join(below)) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(&path).unwrap();
                let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                let path = path.strip_prefix(folder()).unwrap().display().to_string();
                found.push(Dashboard { path, text, json });
            }
        }
    }
    assert!(!found.is_empty());
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

impl Dashboard {
    pub(crate) fn uid(&self) -> &str {
        self.json["uid"].as_str().unwrap_or_default()
    }

    pub(crate) fn title(&self) -> &str {
        self.json["title"].as_str().unwrap_or_default()
    }

    /// Rows too.
    pub(crate) fn panels(&self) -> &[Value] {
        list(&self.json["panels"])
    }

    pub(crate) fn targets(&self) -> impl Iterator<Item = Target<'_>> {
        self.panels().iter().flat_map(|panel| list(&panel["targets"]).iter().map(move |json| Target { panel, json }))
    }

    pub(crate) fn variables(&self) -> &[Value] {
        list(&self.json["templating"]["list"])
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&Value> {
        self.variables().iter().find(|variable| variable["name"] == name)
    }

    /// What the dashboard asks of Prometheus beside its panels: the marks on them.
    pub(crate) fn annotations(&self) -> impl Iterator<Item = &str> {
        list(&self.json["annotations"]["list"]).iter().filter_map(|one| one["expr"].as_str())
    }
}

impl Target<'_> {
    pub(crate) fn expression(&self) -> &str {
        self.json["expr"].as_str().unwrap_or_default()
    }

    pub(crate) fn title(&self) -> &str {
        self.panel["title"].as_str().unwrap_or_default()
    }
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// An expression with Grafana's variables replaced, so that a parser of PromQL reads it. Ranges become lengths of time
/// that nothing else has: [`RATE_INTERVAL`] and [`RANGE`].
pub(crate) fn parse(expression: &str) -> Result<Expr, String> {
    promql_parser::parser::parse(&replaced(expression, |name| match name {
        "__rate_interval" => Some(format!("{RATE_INTERVAL}ms")),
        "__range" | "compare" => Some(format!("{RANGE}ms")),
        _ => None,
    }))
}

/// Milliseconds that stand for `$__rate_interval`.
pub(crate) const RATE_INTERVAL: u128 = 271_828;
/// Milliseconds that stand for `$__range`, and for what a time is compared with.
pub(crate) const RANGE: u128 = 314_159;

/// Replaces `$name` and `${name}` by what `value` says; what it does not know stays.
pub(crate) fn replaced(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let word = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let (name, length) = match after.strip_prefix('{') {
            Some(inner) => (&inner[..word(inner)], inner.find('}').map_or(0, |end| end + 2)),
            None => (&after[..word(after)], word(after)),
        };
        match value(name) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&rest[at..=at + length]),
        }
        rest = &after[length..];
    }
    out + rest
}

/// A selector of an expression, with what is around it.
pub(crate) struct Selector<'a> {
    pub(crate) vector: &'a VectorSelector,
    /// Of a range vector.
    pub(crate) range: Option<u128>,
    /// The function that it is the argument of.
    pub(crate) function: Option<&'static str>,
}

impl Selector<'_> {
    pub(crate) fn name(&self) -> &str {
        self.vector.name.as_deref().unwrap_or_default()
    }

    pub(crate) fn matchers(&self) -> &Matchers {
        &self.vector.matchers
    }
}

pub(crate) fn selectors(expression: &Expr) -> Vec<Selector<'_>> {
    let mut found = Vec::new();
    walk(expression, None, &mut found);
    found
}

fn walk<'a>(expression: &'a Expr, function: Option<&'static str>, found: &mut Vec<Selector<'a>>) {
    match expression {
        Expr::VectorSelector(vector) => found.push(Selector { vector, range: None, function }),
        Expr::MatrixSelector(matrix) => {
            found.push(Selector { vector: &matrix.vs, range: Some(matrix.range.as_millis()), function });
        }
        Expr::Call(call) => call.args.args.iter().for_each(|argument| walk(argument, Some(call.func.name), found)),
        Expr::Aggregate(aggregate) => walk(&aggregate.expr, None, found),
        Expr::Binary(binary) => {
            walk(&binary.lhs, None, found);
            walk(&binary.rhs, None, found);
        }
        Expr::Paren(inner) => walk(&inner.expr, function, found),
        Expr::Unary(inner) => walk(&inner.expr, None, found),
        Expr::Subquery(inner) => walk(&inner.expr, None, found),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}
