//! The labels of a series.

use std::{
    borrow::Cow,
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use opentelemetry::{Array, InstrumentationScope, Key, StringValue, Value};

use opentelemetry_sdk::Resource;

use crate::{
    pull::translate::{Naming, is_legacy},
    views::KeyFilter,
};

/// The labels of a series, in the order of their names.
#[derive(Debug)]
pub(crate) struct Labels {
    /// As both text formats write them, with braces, if there are labels, and a space after them:
    /// `{a="b",c="d"} `. The only form that is kept, since it is read at nearly every scrape.
    text: Box<str>,
    identity: u64,
}

/// Makes labels from attributes.
#[derive(Debug)]
pub(super) struct Translator {
    naming: Naming,
    /// Keys are few and series many.
    names: HashMap<Key, Arc<str>>,
    /// Labels that every series has, unless it has another value for one.
    constant: Vec<(Arc<str>, String)>,
    constant_names: Vec<String>,
}

impl Labels {
    /// `pairs` are in the order of their names.
    pub(super) fn new<N: AsRef<str>>(pairs: &[(N, Cow<'_, str>)]) -> Self {
        let length = pairs.iter().map(|(name, value)| name.as_ref().len() + value.len() + 4).sum::<usize>();
        let mut text = String::with_capacity(length + 2);
        let mut hasher = DefaultHasher::new();
        for (name, value) in pairs {
            let name = name.as_ref();
            text.push(if text.is_empty() { '{' } else { ',' });
            if is_legacy(name) {
                text.push_str(name);
            } else {
                text.push('"');
                escape(&mut text, name);
                text.push('"');
            }
            text.push_str("=\"");
            escape(&mut text, value);
            text.push('"');
            // To Prometheus, a label without a value is no label.
            if !value.is_empty() {
                (name, value).hash(&mut hasher);
            }
        }
        text.push_str(if text.is_empty() { " " } else { "} " });
        Self { text: text.into(), identity: hasher.finish() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// All that comes between the name of a sample and its value.
    pub(crate) fn before_value(&self) -> &str {
        &self.text
    }

    /// Without braces: `a="b",c="d"`.
    pub(crate) fn text(&self) -> &str {
        self.text.strip_prefix('{').and_then(|text| text.strip_suffix("} ")).unwrap_or("")
    }

    /// Names and values.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let mut rest = self.text();
        std::iter::from_fn(move || {
            let name = match rest.strip_prefix('"') {
                Some(quoted) => {
                    let (name, after) = unescape(quoted);
                    rest = after.strip_prefix('=')?;
                    name
                }
                None => {
                    let (name, after) = rest.split_once('=')?;
                    rest = after;
                    name.into()
                }
            };
            let (value, after) = unescape(rest.strip_prefix('"')?);
            rest = after.strip_prefix(',').unwrap_or(after);
            Some((name, value))
        })
    }

    /// A hash that is equal for labels that Prometheus takes to be equal.
    pub(super) fn identity(&self) -> u64 {
        self.identity
    }
}

impl Translator {
    pub(super) fn new(naming: Naming) -> Self {
        Self { naming, names: HashMap::new(), constant: Vec::new(), constant_names: Vec::new() }
    }

    /// Makes attributes of the resource labels of every series that is made from now on.
    pub(super) fn set_constant(&mut self, resource: &Resource, filter: &KeyFilter) {
        let mut kept: Vec<_> = resource.iter().filter(|(key, _)| filter.keeps(key.as_str())).collect();
        kept.sort_by(|a, b| a.0.cmp(b.0));
        self.constant.clear();
        for (key, value) in kept {
            let name = match self.name(key) {
                name if &*name == "le" => "exported_le".into(),
                name => name,
            };
            match self.constant.iter_mut().find(|(known, _)| *known == name) {
                Some((_, joined)) => *joined = format!("{joined};{}", text(value)),
                None => self.constant.push((name, text(value).into_owned())),
            }
        }
        self.constant_names = self.constant.iter().map(|(name, _)| name.to_string()).collect();
    }

    /// The names of the labels that every series has.
    pub(super) fn constant(&self) -> &[String] {
        &self.constant_names
    }

    /// The labels for attributes, and for a scope if it is to be shown. Where two have the same
    /// name their values are joined by `;`, in the order of the attributes' keys. `le` belongs to the
    /// buckets of a histogram, so an attribute of that name becomes `exported_le` there.
    pub(super) fn labels<'a>(
        &mut self,
        attributes: impl Iterator<Item = (&'a Key, &'a Value)>,
        scope: Option<&'a InstrumentationScope>,
        histogram: bool,
    ) -> Labels {
        let mut found: Vec<(Arc<str>, Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        if let Some(scope) = scope {
            self.scope(scope, &mut found);
        }
        for (key, value) in attributes {
            let name = match self.name(key) {
                name if histogram && &*name == "le" => "exported_le".into(),
                name => name,
            };
            found.push((name, key.as_str().into(), text(value)));
        }
        found.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        // The SDK too takes the first of two attributes with the same key.
        found.dedup_by(|later, former| (&later.0, &later.1) == (&former.0, &former.1));
        let mut pairs: Vec<(Arc<str>, Cow<'_, str>)> = Vec::with_capacity(found.len());
        for (name, _, value) in found {
            match pairs.last_mut() {
                Some((last, joined)) if *last == name => *joined = format!("{joined};{value}").into(),
                _ => pairs.push((name, value)),
            }
        }
        if !self.constant.is_empty() {
            let own = pairs.len();
            for (name, value) in &self.constant {
                if !pairs[..own].iter().any(|(known, _)| known == name) {
                    pairs.push((name.clone(), value.clone().into()));
                }
            }
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
        }
        Labels::new(&pairs)
    }

    /// The labels of a series, and those of its scope.
    pub(super) fn with_scope(&self, labels: &Labels, scope: &InstrumentationScope) -> Labels {
        let mut found = Vec::new();
        self.scope(scope, &mut found);
        found.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        let mut pairs: Vec<_> = labels.pairs().collect();
        for (name, _, value) in &found {
            match pairs.iter_mut().find(|(known, _)| **known == **name) {
                Some((_, joined)) => *joined = format!("{joined};{value}").into(),
                None => pairs.push(((&**name).into(), value.clone())),
            }
        }
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        Labels::new(&pairs)
    }

    fn scope<'a>(&self, scope: &'a InstrumentationScope, found: &mut Vec<(Arc<str>, Cow<'a, str>, Cow<'a, str>)>) {
        const OWN: [&str; 3] = ["name", "version", "schema_url"];

        let own = [Some(scope.name()), scope.version(), scope.schema_url()];
        for (key, value) in OWN.into_iter().zip(own) {
            if let Some(value) = value {
                let key = format!("otel_scope_{key}");
                found.push((self.naming.own(&key).into(), key.into(), value.into()));
            }
        }
        for attribute in scope.attributes().filter(|attribute| !OWN.contains(&attribute.key.as_str())) {
            let key = format!("otel_scope_{}", attribute.key);
            found.push((self.naming.label(&key).into(), key.into(), text(&attribute.value)));
        }
    }

    fn name(&mut self, key: &Key) -> Arc<str> {
        if let Some(name) = self.names.get(key) {
            return name.clone();
        }
        let name: Arc<str> = self.naming.label(key.as_str()).into();
        self.names.insert(key.clone(), name.clone());
        name
    }
}

/// A value as a label has it. Arrays are JSON, as the specification says of attributes.
fn text(value: &Value) -> Cow<'_, str> {
    let array = match value {
        Value::Array(array) => array,
        value => return value.as_str(),
    };
    let json = match array {
        Array::Bool(values) => serde_json::to_string(values),
        Array::I64(values) => serde_json::to_string(values),
        Array::F64(values) => serde_json::to_string(values),
        Array::String(values) => serde_json::to_string(&values.iter().map(StringValue::as_str).collect::<Vec<_>>()),
        other => return other.to_string().into(),
    };
    json.unwrap_or_else(|_| array.to_string()).into()
}

/// What both text formats ask of a string in quotes.
fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '"', '\n']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'\\' => "\\\\",
            b'"' => "\\\"",
            _ => "\\n",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Reads an escaped string up to the quote that ends it. Gives what comes after that, too.
fn unescape(text: &str) -> (Cow<'_, str>, &str) {
    let mut whole = String::new();
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte == b'\\' || byte == b'"') {
        let (before, special) = rest.split_at(at);
        if let Some(after) = special.strip_prefix('"') {
            return if whole.is_empty() { (before.into(), after) } else { ((whole + before).into(), after) };
        }
        whole.push_str(before);
        let mut escaped = special[1..].chars();
        match escaped.next() {
            Some('n') => whole.push('\n'),
            Some(other) => whole.push(other),
            None => {}
        }
        rest = escaped.as_str();
    }
    (whole.into(), rest)
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, sync::Arc};

    use super::Labels;

    #[test]
    fn labels_are_read_back_from_their_text() {
        for pairs in [
            vec![],
            vec![("a", "b")],
            vec![("a", ""), ("b", "")],
            vec![("a", "\\"), ("b", "\""), ("c", "\n"), ("d", "\\n"), ("e", "\\\"\n,=}")],
            vec![("with.dots", "字"), ("with \"quotes\"=", "x"), ("z", "é\\é")],
        ] {
            let made: Vec<(Arc<str>, Cow<'_, str>)> =
                pairs.iter().map(|(name, value)| (Arc::from(*name), Cow::from(*value))).collect();
            let labels = Labels::new(&made);
            let read: Vec<_> = labels.pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
            let expected: Vec<_> =
                pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(read, expected, "{}", labels.text());
            assert_eq!(labels.is_empty(), pairs.is_empty());
        }
    }
}
