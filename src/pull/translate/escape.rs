//! What is done to a name that the scraper cannot read (Prometheus, "Escaping schemes").

use std::fmt::Write;

/// How names with characters outside of `[a-zA-Z0-9_:]` are written, by the `escaping` parameter of
/// the `Accept` header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Escaping {
    /// Each such character is an underscore: `a.b` is `a_b`.
    #[default]
    Underscores,
    /// Names stay as they are and are written in quotes.
    AllowUtf8,
    /// `a.b_c` is `a_dot_b__c`.
    Dots,
    /// `a.b` is `U__a_2e_b`.
    Values,
}

impl Escaping {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Underscores, "underscores"),
        (Self::AllowUtf8, "allow-utf-8"),
        (Self::AllowUtf8, "allow-utf8"),
        (Self::Dots, "dots"),
        (Self::Values, "values"),
    ];

    /// The value of the `escaping` parameter.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(escaping, _)| *escaping == self).map_or("", |(_, name)| name)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(escaping, _)| *escaping)
    }
}

/// Whether every version of Prometheus can read the name as it is.
pub(crate) fn is_legacy(name: &str) -> bool {
    !name.is_empty() && name.chars().enumerate().all(|(index, c)| is_legacy_at(c, index))
}

fn is_legacy_at(c: char, index: usize) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == ':' || (index > 0 && c.is_ascii_digit())
}

pub(super) fn escape(name: &str, escaping: Escaping) -> String {
    let mut escaped = String::with_capacity(name.len());
    match escaping {
        Escaping::AllowUtf8 => escaped.push_str(name),
        Escaping::Underscores => {
            escaped.extend(name.chars().enumerate().map(|(index, c)| if is_legacy_at(c, index) { c } else { '_' }));
        }
        Escaping::Dots => {
            for (index, c) in name.chars().enumerate() {
                match c {
                    '.' => escaped.push_str("_dot_"),
                    c if c != '_' && is_legacy_at(c, index) => escaped.push(c),
                    _ => escaped.push_str("__"),
                }
            }
        }
        Escaping::Values if is_legacy(name) => escaped.push_str(name),
        Escaping::Values => {
            escaped.push_str("U__");
            for (index, c) in name.chars().enumerate() {
                match c {
                    '_' => escaped.push_str("__"),
                    c if is_legacy_at(c, index) => escaped.push(c),
                    // Writing to a string cannot fail.
                    c => drop(write!(escaped, "_{:x}_", u32::from(c))),
                }
            }
        }
    }
    escaped
}
