//! What the tests read of a dashboard.

use std::path::{Path, PathBuf};

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

/// An expression with Grafana's lengths of time replaced, so that a parser of PromQL reads it.
pub(crate) fn parse(expression: &str) -> Result<Expr, String> {
    promql_parser::parser::parse(&replaced(expression, |name| {
        matches!(name, "__rate_interval" | "__range" | "compare").then(|| "5m".to_owned())
    }))
}

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

/// The selectors of an expression.
pub(crate) fn selectors(expression: &Expr) -> Vec<&VectorSelector> {
    match expression {
        Expr::VectorSelector(vector) => vec![vector],
        Expr::MatrixSelector(matrix) => vec![&matrix.vs],
        Expr::Call(call) => call.args.args.iter().flat_map(|argument| selectors(argument)).collect(),
        Expr::Aggregate(aggregate) => selectors(&aggregate.expr),
        Expr::Binary(binary) => [selectors(&binary.lhs), selectors(&binary.rhs)].concat(),
        Expr::Paren(inner) => selectors(&inner.expr),
        Expr::Unary(inner) => selectors(&inner.expr),
        Expr::Subquery(inner) => selectors(&inner.expr),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => Vec::new(),
    }
}
