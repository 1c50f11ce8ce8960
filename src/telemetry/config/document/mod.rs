//! A YAML document as a tree, after the environment was put in.
//!
//! It is made from the parser's events, since substitution depends on how a scalar was written: a
//! quoted one stays text whatever is put into it, a plain one gets its type afterwards, and a key is
//! left alone. What is put in is never parsed as YAML.

mod load;
mod scalar;
mod substitute;

#[cfg(test)]
mod tests;

use super::fault::{Position, Report};
use crate::telemetry::Environment;

/// How large a file may be, in bytes.
pub(super) const MAX_BYTES: usize = 4 << 20;
/// How many nodes a document may have once its aliases are followed.
pub(super) const MAX_NODES: usize = 100_000;
/// How many bytes of text a document may have once variables are put in and its aliases are followed.
pub(super) const MAX_TEXT: usize = 16 << 20;
/// How deep a document may nest.
pub(super) const MAX_DEPTH: usize = 64;

/// A node of the document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: Position,
    /// How a plain boolean or number is written, once variables are put in.
    pub(super) written: Option<String>,
}

/// A node's value, by YAML's core schema.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Entry>),
    /// A scalar that was found wrong, and is in the report.
    Faulty,
}

/// A key of a mapping and what it holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: Position,
    pub(super) value: Node,
}

impl Value {
    /// What the value is, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "a mapping",
            Self::Faulty => "faulty",
        }
    }
}

/// What a plain scalar of this text is.
pub(super) use scalar::resolve;

/// Whether a plain scalar of this text is text.
pub(super) fn is_plain(text: &str) -> bool {
    matches!(resolve(text), Value::Text(_))
}

/// The document that `text` holds. `None` says that it cannot be read; the report says why. What is
/// wrong with single nodes is in the report too, and the tree goes on without them.
pub(super) fn read(text: &str, environment: &Environment, report: &mut Report) -> Option<Node> {
    load::load(text, environment, report)
}
