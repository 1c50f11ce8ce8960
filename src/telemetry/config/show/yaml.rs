//! YAML as this room reads it: block style, with references escaped.

use crate::telemetry::config::document::is_plain;

/// A document to be written.
#[derive(Clone, Debug)]
pub(super) enum Yaml {
    /// A component without settings.
    Nothing,
    Boolean(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Yaml>),
    Object(Vec<(String, Yaml)>),
}

impl Yaml {
    /// A mapping of one key.
    pub(super) fn component(name: &str, settings: Yaml) -> Self {
        Self::Object(vec![(name.to_owned(), settings)])
    }

    pub(super) fn texts<'a>(texts: impl IntoIterator<Item = &'a String>) -> Self {
        Self::List(texts.into_iter().map(|text| Self::Text(text.clone())).collect())
    }

    /// The document as text, which ends in a line break.
    pub(super) fn write(&self) -> String {
        let mut text = String::new();
        self.block(0, &mut text);
        text
    }

    fn block(&self, indent: usize, text: &mut String) {
        match self {
            Self::List(items) => {
                for item in items {
                    indentation(indent, text);
                    text.push('-');
                    item.after_dash(indent + 2, text);
                }
            }
            Self::Object(entries) => {
                for entry in entries {
                    indentation(indent, text);
                    entry_of(entry, indent, text);
                }
            }
            scalar => {
                scalar.inline(text);
                text.push('\n');
            }
        }
    }

    /// An item of a list: its first line stands beside the dash.
    fn after_dash(&self, indent: usize, text: &mut String) {
        text.push(' ');
        match self {
            Self::Object(entries) if !entries.is_empty() => {
                for (index, entry) in entries.iter().enumerate() {
                    if index > 0 {
                        indentation(indent, text);
                    }
                    entry_of(entry, indent, text);
                }
            }
            other => {
                other.inline(text);
                text.push('\n');
            }
        }
    }

    /// On one line: scalars, and lists of them.
    fn inline(&self, text: &mut String) {
        match self {
            Self::Nothing => {}
            Self::Boolean(value) => text.push_str(if *value { "true" } else { "false" }),
            Self::Integer(number) => text.push_str(&number.to_string()),
            Self::Float(number) if number.is_nan() => text.push_str(".nan"),
            Self::Float(number) if number.is_infinite() => {
                text.push_str(if *number > 0.0 { ".inf" } else { "-.inf" });
            }
            // With a point or an exponent, so that it is read as a number with a fraction.
            Self::Float(number) => text.push_str(&format!("{number:?}")),
            Self::Text(value) => scalar(value, text),
            Self::List(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    item.inline(text);
                }
                text.push(']');
            }
            Self::Object(_) => text.push_str("{}"),
        }
    }

    fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Object(_))
    }
}

fn entry_of((key, value): &(String, Yaml), indent: usize, text: &mut String) {
    scalar_key(key, text);
    text.push(':');
    match value {
        Yaml::Nothing => text.push('\n'),
        Yaml::List(items) if !items.is_empty() && items.iter().all(|item| item.is_scalar()) => {
            text.push(' ');
            value.inline(text);
            text.push('\n');
        }
        Yaml::List(items) if !items.is_empty() => {
            text.push('\n');
            value.block(indent + 2, text);
        }
        Yaml::Object(entries) if !entries.is_empty() => {
            text.push('\n');
            value.block(indent + 2, text);
        }
        _ => {
            text.push(' ');
            value.inline(text);
            text.push('\n');
        }
    }
}

fn indentation(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', indent));
}

/// A scalar that is read back as this text: plain where nothing else could be meant, else in double quotes.
fn scalar(value: &str, text: &mut String) {
    if is_word(value) { text.push_str(value) } else { quoted(&value.replace('$', "$$"), text) }
}

/// Keys are no place for references, so a dollar is itself there.
fn scalar_key(key: &str, text: &mut String) {
    if is_word(key) { text.push_str(key) } else { quoted(key, text) }
}

fn is_word(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | ':');
    value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && !value.ends_with(':')
        && value.chars().all(plain)
        && is_plain(value)
        // Booleans of YAML 1.1, which some read it as.
        && !["yes", "no", "on", "off", "y", "n"].iter().any(|word| word.eq_ignore_ascii_case(value))
}

fn quoted(value: &str, text: &mut String) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            // What YAML would fold, strip or refuse.
            c if c.is_control() || matches!(c, '\u{85}' | '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let code = u32::from(c);
                text.push_str(&if code > 0xffff { format!("\\U{code:08x}") } else { format!("\\u{code:04x}") });
            }
            c => text.push(c),
        }
    }
    text.push('"');
}
