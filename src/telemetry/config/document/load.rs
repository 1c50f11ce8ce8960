//! From the parser's events to the tree.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};

use super::substitute::Flaw;
use super::{Entry, MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_TEXT, Node, Value, scalar, substitute};
use crate::telemetry::Environment;
use crate::telemetry::config::fault::{Position, Report};

const TOP: Position = Position { line: 1, column: 1 };

pub(super) fn load(text: &str, environment: &Environment, report: &mut Report) -> Option<Node> {
    if text.len() > MAX_BYTES {
        report.error(TOP, "", format!("the file has {} bytes: at most {MAX_BYTES} are read", text.len()));
        return None;
    }
    let mut loader =
        Loader { environment, report, open: Vec::new(), anchors: HashMap::new(), nodes: 0, text: 0, document: None };
    for event in Parser::new_from_str(text) {
        match event.map_err(Stop::from).and_then(|(event, span)| loader.take(event, span)) {
            Ok(()) => {}
            Err(Stop { at, reason }) => {
                let path = loader.path();
                loader.report.error(at, &path, reason);
                return None;
            }
        }
    }
    let document = loader.document;
    if document.is_none() {
        report.error(TOP, "", "the file is empty");
    }
    document
}

/// Why the rest of the file is not read.
struct Stop {
    at: Position,
    reason: String,
}

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        Self { at: position(error.marker()), reason: format!("this is not YAML: {}", error.info()) }
    }
}

fn position(marker: &Marker) -> Position {
    Position { line: marker.line().max(1), column: marker.col() + 1 }
}

/// A list or a mapping whose end has not come yet.
enum Open {
    List {
        items: Vec<Node>,
        at: Position,
        anchor: usize,
    },
    Object {
        entries: Vec<Entry>,
        /// The keys that there were, and on which line.
        lines: HashMap<String, usize>,
        /// The key whose value comes next, and whether it takes other mappings in.
        key: Option<(String, Position, bool)>,
        merged: Vec<Node>,
        at: Position,
        anchor: usize,
    },
}

struct Loader<'a> {
    environment: &'a Environment,
    report: &'a mut Report,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    /// Bytes of text.
    text: usize,
    document: Option<Node>,
}

impl Loader<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        let at = position(&span.start);
        match event {
            Event::DocumentStart(_) if self.document.is_some() => {
                return Err(Stop { at, reason: "a second document begins: a configuration is one".to_owned() });
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), at)?,
            Event::SequenceStart(anchor, tag) => {
                self.opens(at, tag.as_deref(), "seq")?;
                self.open.push(Open::List { items: Vec::new(), at, anchor });
            }
            Event::MappingStart(anchor, tag) => {
                self.opens(at, tag.as_deref(), "map")?;
                let (entries, lines, merged) = (Vec::new(), HashMap::new(), Vec::new());
                self.open.push(Open::Object { entries, lines, key: None, merged, at, anchor });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(Stop { at, reason: "an alias stands inside of what it names".to_owned() });
                };
                let (nodes, text) = size(node);
                self.count(nodes, text, at)?;
                if let Some(node) = self.anchors.get(&anchor).cloned() {
                    self.place(node, 0)?;
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, text: usize, at: Position) -> Result<(), Stop> {
        self.nodes += nodes;
        self.text += text;
        if self.text > MAX_TEXT {
            return Err(too_long(at));
        }
        if self.nodes > MAX_NODES {
            return Err(Stop {
                at,
                reason: format!("there are more than {MAX_NODES} nodes once aliases are followed"),
            });
        }
        Ok(())
    }

    fn opens(&mut self, at: Position, tag: Option<&Tag>, expected: &str) -> Result<(), Stop> {
        self.count(1, 0, at)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(Stop { at, reason: format!("it nests deeper than {MAX_DEPTH} levels") });
        }
        if self.awaits_key() {
            return Err(Stop { at, reason: "a key is a list or a mapping: keys are text".to_owned() });
        }
        match tag {
            Some(tag) if !is_non_specific(tag) && !is_core(tag, expected) => {
                Err(Stop { at, reason: format!("the tag `{tag}` is not one of YAML's core schema for this node") })
            }
            _ => Ok(()),
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Object { key: None, .. }))
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        at: Position,
    ) -> Result<(), Stop> {
        self.count(1, 0, at)?;
        if let Some(Open::Object { key: key @ None, lines, .. }) = self.open.last_mut() {
            if text.is_empty() && style == ScalarStyle::Plain {
                return Err(Stop { at, reason: "a key is missing before the colon".to_owned() });
            }
            let merge = text == "<<" && style == ScalarStyle::Plain;
            *key = Some((text.to_owned(), at, merge));
            if let Some(line) = lines.insert(text.to_owned(), at.line) {
                let path = self.path();
                self.report.error(at, &path, format!("this key is on line {line} already"));
            }
            if anchor != 0 {
                let node = Node { value: Value::Text(text.to_owned()), at, written: None };
                self.anchors.insert(anchor, node);
            }
            return Ok(());
        }
        let at = match self.open.last() {
            // A value that is not there begins wherever the next thing is: its key says more.
            Some(Open::Object { key: Some((_, key_at, _)), .. }) if text.is_empty() && style == ScalarStyle::Plain => {
                *key_at
            }
            _ => at,
        };
        let node = self.node(text, style, tag, at)?;
        self.place(node, anchor)
    }

    /// A scalar's node. One that is wrong is reported.
    fn node(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, at: Position) -> Result<Node, Stop> {
        let node = |value| Node { value, at, written: None };
        let room = MAX_TEXT - self.text;
        let text = match substitute::substitute(text, self.environment, &mut self.report.variables, room) {
            Ok(text) => text,
            Err(Flaw::TooLong) => return Err(too_long(at)),
            Err(Flaw::Wrong(references)) => {
                let path = self.path();
                for reference in references {
                    self.report.error(at, &path, reference.to_string());
                }
                return Ok(node(Value::Faulty));
            }
        };
        self.count(0, text.len(), at)?;
        Ok(match tag {
            Some(tag) if tag.is_yaml_core_schema() => node(scalar::tagged(&tag.suffix, &text).unwrap_or_else(|| {
                let path = self.path();
                // The text may be a secret.
                self.report.error(at, &path, format!("is no value of the tag `{tag}`"));
                Value::Faulty
            })),
            Some(tag) if is_non_specific(tag) => node(Value::Text(text)),
            Some(tag) => {
                let path = self.path();
                self.report.error(at, &path, format!("the tag `{tag}` is not one of YAML's core schema"));
                node(Value::Faulty)
            }
            None if style == ScalarStyle::Plain => match scalar::resolve(&text) {
                value @ (Value::Text(_) | Value::Null) => node(value),
                value => Node { value, at, written: Some(text) },
            },
            None => node(Value::Text(text)),
        })
    }

    fn close(&mut self) -> Result<(), Stop> {
        match self.open.pop() {
            Some(Open::List { items, at, anchor }) => {
                self.place(Node { value: Value::List(items), at, written: None }, anchor)
            }
            Some(Open::Object { mut entries, merged, at, anchor, .. }) => {
                merge(&mut entries, merged)
                    .map_err(|at| Stop { at, reason: "`<<` takes in a mapping, or a list of mappings".to_owned() })?;
                self.place(Node { value: Value::Object(entries), at, written: None }, anchor)
            }
            None => Ok(()),
        }
    }

    /// Puts a node where it belongs.
    fn place(&mut self, node: Node, anchor: usize) -> Result<(), Stop> {
        if anchor != 0 {
            let (nodes, text) = size(&node);
            // What an anchor keeps is memory too.
            self.count(nodes, text, node.at)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.document = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Object { entries, key, merged, .. }) => match key.take() {
                Some((_, _, true)) => merged.push(node),
                Some((key, key_at, false)) => entries.push(Entry { key, key_at, value: node }),
                None => {
                    return Err(Stop {
                        at: node.at,
                        reason: "an alias stands where a key is: keys are text".to_owned(),
                    });
                }
            },
        }
        Ok(())
    }

    /// Where in the document the next node stands.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match open {
                Open::List { items, .. } => path += &format!("[{}]", items.len()),
                Open::Object { key: Some((key, ..)), .. } => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path += key;
                }
                Open::Object { key: None, .. } => {}
            }
        }
        path
    }
}

fn is_core(tag: &Tag, name: &str) -> bool {
    tag.is_yaml_core_schema() && tag.suffix == name
}

/// `!`: what it stands on is taken by its kind, a scalar as text.
fn is_non_specific(tag: &Tag) -> bool {
    tag.handle.is_empty() && tag.suffix == "!" || tag.handle == "!" && tag.suffix.is_empty()
}

fn too_long(at: Position) -> Stop {
    let reason =
        format!("there are more than {MAX_TEXT} bytes of text once variables are put in and aliases are followed");
    Stop { at, reason }
}

/// How many nodes, and how many bytes of text.
fn size(node: &Node) -> (usize, usize) {
    let add = |sum: (usize, usize), (key, value): (usize, &Node)| {
        let (nodes, text) = size(value);
        (sum.0 + nodes, sum.1 + text + key)
    };
    match &node.value {
        Value::List(items) => items.iter().map(|item| (0, item)).fold((1, 0), add),
        Value::Object(entries) => entries.iter().map(|entry| (entry.key.len(), &entry.value)).fold((1, 0), add),
        Value::Text(text) => (1, text.len()),
        _ => (1, node.written.as_ref().map_or(0, String::len)),
    }
}

/// `<<`: keys of other mappings, where the mapping itself does not have them. Not in YAML 1.2's core
/// schema, but whoever writes anchors expects it.
fn merge(entries: &mut Vec<Entry>, merged: Vec<Node>) -> Result<(), Position> {
    if merged.is_empty() {
        return Ok(());
    }
    let mut own: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    for node in merged {
        let sources = match node.value {
            Value::List(items) => items,
            value => vec![Node { value, at: node.at, written: None }],
        };
        for source in sources {
            let Value::Object(other) = source.value else { return Err(source.at) };
            for entry in other {
                if own.insert(entry.key.clone()) {
                    entries.push(entry);
                }
            }
        }
    }
    Ok(())
}
