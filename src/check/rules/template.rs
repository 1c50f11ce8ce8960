//! Go templates in the labels and annotations of alerts.

use std::sync::LazyLock;

use regex::Regex;

/// `$labels.x`, `.Labels.x` and `index $labels "x"`.
static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:\$labels|\.Labels)\.([A-Za-z_]\w*)|index\s+(?:\$labels|\.Labels)\s+"([^"]+)""#).ok()
});
/// `query "…"`, and the same in backticks.
static QUERY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\{\{[^}]*?\bquery\s+(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)"#).ok());

/// The labels that a template names.
pub(super) fn labels(text: &str) -> Vec<String> {
    groups(&LABEL, text).collect()
}

/// The queries in a template.
pub(super) fn queries(text: &str) -> Vec<String> {
    groups(&QUERY, text).map(|query| query.replace("\\\"", "\"").replace("\\\\", "\\")).collect()
}

/// Whether a template has the value of the alert in it.
pub(super) fn has_value(text: &str) -> bool {
    text.contains("{{") && (text.contains("$value") || text.contains(".Value"))
}

fn groups<'a>(pattern: &'static LazyLock<Option<Regex>>, text: &'a str) -> impl Iterator<Item = String> + 'a {
    let found = pattern.iter().flat_map(move |pattern| pattern.captures_iter(text));
    found.filter_map(|found| found.iter().skip(1).flatten().next().map(|group| group.as_str().to_owned()))
}
