//! The rules for definitions.

use std::fmt;

use super::definition::{Attribute, Instrument, Kind, Values};
use super::{Catalog, OTHER};

/// Something wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The instrument's name.
    pub instrument: &'static str,
    /// The rule that it breaks.
    pub rule: Rule,
    /// What exactly is wrong.
    pub reason: String,
}

/// The rules, most of them OpenTelemetry's for names and units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Lower case, dots between namespaces, at least two of them, at most 255 characters.
    NameForm,
    /// No unit and no `total` in a name: the Prometheus name gets both from kind and unit.
    NameSuffix,
    /// A name stands once.
    NameUnique,
    /// A unit of UCUM's case-sensitive form: `s`, `By`, `1`, `{frame}`; never milliseconds.
    Unit,
    /// A description says what is measured.
    Description,
    /// A histogram has a family, and nothing else has one.
    Buckets,
    /// Bounds are finite and strictly increasing.
    Bounds,
    /// Attribute keys have the form of names and stand in order, each once.
    AttributeKeys,
    /// Attribute values are bounded and can be told from the value for what is not allowed.
    AttributeValues,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({:?})", self.instrument, self.reason, self.rule)
    }
}

/// Endings that the Prometheus name gets anyway, or that belong to another kind.
const SUFFIXES: &[&str] =
    &["total", "seconds", "second", "milliseconds", "ms", "bytes", "byte", "bucket", "sum", "info"];

/// Units that are allowed besides `{annotation}`.
const UNITS: &[&str] = &["s", "By", "1", "Cel", "W", "J", "Hz", "%"];

impl Catalog {
    /// What is wrong with the definitions; nothing, for telecine's own.
    pub fn lint(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for instrument in self.iter() {
            let mut report = |rule, reason| faults.push(Fault { instrument: instrument.name(), rule, reason });
            if !seen.insert(instrument.name()) {
                report(Rule::NameUnique, "is declared more than once".to_owned());
            }
            name(instrument, &mut report);
            unit(instrument, &mut report);
            buckets(instrument, &mut report);
            attributes(instrument, &mut report);
        }
        faults
    }
}

fn well_formed(name: &str) -> bool {
    name.len() <= 255
        && name.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && !part.contains("__")
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        })
}

fn name(instrument: &Instrument, report: &mut impl FnMut(Rule, String)) {
    let name = instrument.name();
    if !well_formed(name) || !name.contains('.') {
        report(Rule::NameForm, "the name is not lower case words in at least two dotted namespaces".to_owned());
    }
    if instrument.is_convention() {
        return;
    }
    if let Some(suffix) = name.split(['.', '_']).find(|word| SUFFIXES.contains(word)) {
        report(Rule::NameSuffix, format!("the name contains `{suffix}`, which belongs to its kind or unit"));
    }
    if name.ends_with(".count") {
        report(Rule::NameSuffix, "the name ends in `count`, which Prometheus keeps for histograms".to_owned());
    }
}

fn unit(instrument: &Instrument, report: &mut impl FnMut(Rule, String)) {
    let unit = instrument.unit();
    let annotation = unit.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let fits = match annotation {
        Some(word) => !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
        None => UNITS.contains(&unit),
    };
    if !fits {
        report(Rule::Unit, format!("the unit `{unit}` is not one of {UNITS:?} or {{annotation}}"));
    }
    let description = instrument.description();
    if description.len() < 10 || description.ends_with('.') || description.contains('\n') {
        report(Rule::Description, "the description is missing, ends in a full stop or has several lines".to_owned());
    }
}

fn buckets(instrument: &Instrument, report: &mut impl FnMut(Rule, String)) {
    match (instrument.kind(), instrument.family()) {
        (Kind::Histogram, None) => report(Rule::Buckets, "a histogram needs a bucket family".to_owned()),
        (Kind::Histogram, Some(family)) => {
            if let Some(reason) = bounds(family.bounds()) {
                report(Rule::Bounds, reason);
            }
        }
        (_, Some(_)) => report(Rule::Buckets, "only a histogram has buckets".to_owned()),
        (_, None) => {}
    }
}

/// What is wrong with a list of bounds.
pub(super) fn bounds(bounds: &[f64]) -> Option<String> {
    if let Some(bound) = bounds.iter().find(|bound| !bound.is_finite()) {
        return Some(format!("the bound {bound} is not finite"));
    }
    bounds
        .windows(2)
        .find(|pair| pair[0] >= pair[1])
        .map(|pair| format!("the bound {} does not lie above {}", pair[1], pair[0]))
}

fn attributes(instrument: &Instrument, report: &mut impl FnMut(Rule, String)) {
    let list = instrument.attribute_list();
    for pair in list.windows(2) {
        if pair[0].key() >= pair[1].key() {
            report(Rule::AttributeKeys, format!("`{}` does not come after `{}`", pair[1].key(), pair[0].key()));
        }
    }
    for attribute in list {
        if !well_formed(attribute.key()) {
            report(Rule::AttributeKeys, format!("`{}` is not lower case words with dots between", attribute.key()));
        }
        if let Some(reason) = values(attribute) {
            report(Rule::AttributeValues, format!("`{}` {reason}", attribute.key()));
        }
    }
}

fn values(attribute: &Attribute) -> Option<String> {
    match attribute.values() {
        Values::OneOf([]) => Some("has no values".to_owned()),
        Values::OneOf(values) => {
            let mut sorted = values.to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            (sorted.len() != values.len()).then(|| "has a value twice".to_owned())
        }
        Values::Budget(0) | Values::Templates(0) | Values::Numbers(0) => {
            Some(format!("has a budget of 0: everything would be `{OTHER}`"))
        }
        Values::Budget(budget) | Values::Templates(budget) | Values::Numbers(budget) => {
            (budget > 1000).then(|| format!("has a budget of {budget}, which is not bounded"))
        }
    }
}
