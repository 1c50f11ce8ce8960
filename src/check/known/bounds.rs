//! How bounds are spelled as values of `le`.

use std::collections::BTreeSet;

/// Every spelling of some bounds. A scrape writes them as OpenMetrics does (`3600.0`, `1.048576e+06`), OTLP in
/// plain digits (`3600`).
pub(super) fn spellings(bounds: &[f64]) -> BTreeSet<String> {
    let spelled = bounds.iter().flat_map(|bound| spelled(*bound));
    spelled.chain(["+Inf".to_owned()]).collect()
}

/// As OTLP and as a scrape have it.
pub(in crate::check) fn spelled(bound: f64) -> [String; 2] {
    [bound.to_string(), scraped(bound)]
}

/// The shortest form, with an exponent where Go writes one, and with a point anyway.
fn scraped(bound: f64) -> String {
    let scientific = format!("{bound:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        let plain = bound.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// The bound that a value of `le` stands for.
pub(in crate::check) fn read(le: &str) -> Option<f64> {
    let bound = if le == "+Inf" { f64::INFINITY } else { le.parse().ok()? };
    Some(bound)
}
