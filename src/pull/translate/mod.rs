//! Names as Prometheus has them: the specification's translation, then what the scraper can read.
//!
//! The rules are those of "Prometheus and OpenMetrics Compatibility" in the OpenTelemetry
//! specification. Where it is silent (leading digits, what is left of a name without a single valid
//! character) the rules of Prometheus' own OTLP endpoint are followed.

mod escape;
mod unit;

#[cfg(test)]
mod tests;

pub use escape::Escaping;
pub(crate) use escape::is_legacy;

use super::Translation;

/// How to name what is collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Naming {
    translation: Translation,
    escaping: Escaping,
}

/// The kinds of metric whose names differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suffix {
    /// `_total`.
    Counter,
    /// `_ratio`, where the unit is `1`.
    Gauge,
    /// Only the unit.
    Other,
}

/// The names of a metric family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MetricName {
    /// With `_total`, for counters: the family's name outside of OpenMetrics, and the samples' name.
    pub(crate) full: String,
    /// Without `_total`: the family's name in OpenMetrics.
    pub(crate) base: String,
    /// The unit, if `base` ends with it: what may be said as UNIT.
    pub(crate) unit: String,
}

impl Translation {
    fn escapes(self) -> bool {
        matches!(self, Self::UnderscoreEscapingWithSuffixes | Self::UnderscoreEscapingWithoutSuffixes)
    }

    fn suffixes(self) -> bool {
        matches!(self, Self::UnderscoreEscapingWithSuffixes | Self::NoUtf8EscapingWithSuffixes)
    }
}

impl Naming {
    pub(crate) fn new(translation: Translation, escaping: Escaping) -> Self {
        // Escaping leaves names that are valid as they are, except for `dots`.
        let escaping = match escaping {
            Escaping::Dots => Escaping::Dots,
            _ if translation.escapes() => Escaping::Underscores,
            other => other,
        };
        Self { translation, escaping }
    }

    /// The names of a metric. `None` if nothing of its name can be kept.
    pub(crate) fn metric(&self, name: &str, unit: &str, suffix: Suffix) -> Option<MetricName> {
        let mut base = if self.translation.escapes() { sanitized(name, |c| c == ':') } else { name.to_owned() };
        if base.is_empty() {
            return None;
        }
        let mut words = String::new();
        let mut total = "";
        if self.translation.suffixes() {
            words = unit::words(unit, suffix, self.translation.escapes());
            if suffix == Suffix::Counter {
                total = "_total";
                if let Some(stem) = before_word(&base, "total").map(str::len).filter(|stem| *stem > 0) {
                    base.truncate(stem);
                }
            }
            if !words.is_empty() && before_word(&base, &words).is_none() {
                base.push('_');
                base.push_str(&words);
            }
        }
        if self.translation.escapes() && base.starts_with(|c: char| c.is_ascii_digit()) {
            base.insert(0, '_');
        }
        let full = escape::escape(&format!("{base}{total}"), self.escaping);
        // Of the escaped name, since the scraper compares the two.
        let base = match suffix {
            Suffix::Counter => full.strip_suffix("_total").unwrap_or(&full).to_owned(),
            _ => full.clone(),
        };
        if !base.strip_suffix(&words).is_some_and(|rest| rest.ends_with('_')) {
            words.clear();
        }
        Some(MetricName { full, base, unit: words })
    }

    /// The names of a metric whose name is given as it is served.
    pub(crate) fn exact(&self, name: &str, unit: &str, suffix: Suffix) -> MetricName {
        let full = self.own(name);
        let base = match suffix {
            Suffix::Counter => full.strip_suffix("_total").filter(|base| !base.is_empty()).unwrap_or(&full).to_owned(),
            _ => full.clone(),
        };
        let mut words = unit::words(unit, suffix, true);
        if words.is_empty() || !base.strip_suffix(&words).is_some_and(|rest| rest.ends_with('_')) {
            words.clear();
        }
        MetricName { full, base, unit: words }
    }

    /// The name of a label. `__name__` never comes out of it, since that is where Prometheus keeps
    /// the metric's name.
    pub(crate) fn label(&self, key: &str) -> String {
        if !self.translation.escapes() {
            return match key {
                "" | "__name__" => "_name_".to_owned(),
                key => escape::escape(key, self.escaping),
            };
        }
        let mut label = String::with_capacity(key.len());
        for c in key.chars() {
            if c.is_ascii_alphanumeric() {
                label.push(c);
            } else if !label.ends_with('_') {
                label.push('_');
            }
        }
        if label.is_empty() {
            label.push('_');
        } else if label.starts_with(|c: char| c.is_ascii_digit()) {
            label.insert_str(0, "key_");
        }
        escape::escape(&label, self.escaping)
    }

    /// A name of ours that is valid anywhere, such as `target_info`.
    pub(crate) fn own(&self, name: &str) -> String {
        escape::escape(name, self.escaping)
    }
}

/// What comes before the last word or words of a name, if these are the last ones.
fn before_word<'a>(name: &'a str, word: &str) -> Option<&'a str> {
    let stem = name.strip_suffix(word)?;
    if stem.is_empty() { Some(stem) } else { stem.strip_suffix(['_', '.']) }
}

/// The words of a name, joined by single underscores. A word is made of ASCII letters, digits and
/// what is `also` allowed.
fn sanitized(name: &str, also: impl Fn(char) -> bool) -> String {
    name.split(|c: char| !(c.is_ascii_alphanumeric() || also(c)))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("_")
}
