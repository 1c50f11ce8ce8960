//! YAML, from the parser's events.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::{MAX_DEPTH, Malformed, Node, Place, Value};

/// How many nodes a file may have once its aliases are followed.
const MAX_NODES: usize = 200_000;

/// Reads the documents of a file.
pub(in crate::check) fn parse(text: &str) -> Result<Vec<Node>, Malformed> {
    let mut loader =
        Loader { lines: text.lines().collect(), open: Vec::new(), anchors: HashMap::new(), nodes: 0, done: Vec::new() };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Malformed {
            place: place(error.marker()),
            reason: format!("this is not YAML: {}", error.info()),
        })?;
        loader.take(event, span)?;
    }
    Ok(loader.done)
}

fn place(marker: &Marker) -> Place {
    Place { line: marker.line().max(1), column: marker.col() + 1 }
}

/// A list or an object whose end has not come yet.
enum Open {
    List { items: Vec<Node>, place: Place, anchor: usize },
    Object { entries: Vec<(String, Node)>, key: Option<String>, place: Place, anchor: usize },
}

struct Loader<'a> {
    lines: Vec<&'a str>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    done: Vec<Node>,
}

impl Loader<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Malformed> {
        let at = place(&span.start);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
            Event::Scalar(text, style, anchor, _) => {
                let place = self.begins(at, style);
                let value = if style == ScalarStyle::Plain { plain(&text) } else { Value::Text(text.into_owned()) };
                self.place(Node { value, place }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.opens(Open::List { items: Vec::new(), place: at, anchor }),
            Event::MappingStart(anchor, _) => {
                self.opens(Open::Object { entries: Vec::new(), key: None, place: at, anchor })
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { items, place, anchor }) => {
                    self.place(Node { value: Value::List(items), place }, anchor)
                }
                Some(Open::Object { entries, place, anchor, .. }) => {
                    self.place(Node { value: Value::Object(entries), place }, anchor)
                }
                None => Ok(()),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => {
                    self.nodes += size(&node);
                    self.place(node, 0)
                }
                None => Err(Malformed { place: at, reason: "an alias stands inside of what it names".to_owned() }),
            },
        }
    }

    /// Where the text of a scalar begins: that of a block on the line behind its `|` or `>`.
    fn begins(&self, at: Place, style: ScalarStyle) -> Place {
        if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return at;
        }
        let is_header = |line: &&str| line.trim_end().ends_with(['|', '>', '-', '+']) || line.contains(['|', '>']);
        let line = match self.lines.get(at.line - 1) {
            Some(line) if is_header(line) && line.chars().skip(at.column - 1).any(|c| c == '|' || c == '>') => {
                at.line + 1
            }
            _ => at.line,
        };
        let indent = self.lines.get(line - 1).map_or(0, |line| line.chars().take_while(|c| *c == ' ').count());
        Place { line, column: indent + 1 }
    }

    fn opens(&mut self, open: Open) -> Result<(), Malformed> {
        let (Open::List { place, .. } | Open::Object { place, .. }) = open;
        if self.open.len() >= MAX_DEPTH {
            return Err(Malformed { place, reason: format!("it nests deeper than {MAX_DEPTH} levels") });
        }
        if matches!(self.open.last(), Some(Open::Object { key: None, .. })) {
            return Err(Malformed { place, reason: "a key is a list or a mapping: keys are text".to_owned() });
        }
        self.open.push(open);
        Ok(())
    }

    fn place(&mut self, node: Node, anchor: usize) -> Result<(), Malformed> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let reason = format!("there are more than {MAX_NODES} nodes once aliases are followed");
            return Err(Malformed { place: node.place, reason });
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.done.push(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Object { entries, key, .. }) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => *key = Some(key_of(&node)),
            },
        }
        Ok(())
    }
}

fn key_of(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => text.clone(),
        Value::Boolean(boolean) => boolean.to_string(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(entries) => 1 + entries.iter().map(|(_, node)| size(node)).sum::<usize>(),
        _ => 1,
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Boolean(true),
        "false" | "False" | "FALSE" => Value::Boolean(false),
        _ => {
            let is_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
            match text.parse() {
                Ok(number) if is_number => Value::Number(number),
                _ => Value::Text(text.to_owned()),
            }
        }
    }
}
