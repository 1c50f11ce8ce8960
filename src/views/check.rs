//! What can be wrong with rules, found before anything is made of them.

use std::fmt;
use std::ops::RangeInclusive;

use opentelemetry_sdk::metrics::InstrumentKind;

use super::rules::{CardinalityLimits, Rule, kind_name};
use super::{Aggregation, Catalog};
use crate::catalog;

/// The finest and the coarsest resolution of an exponential histogram.
const SCALES: RangeInclusive<i8> = -10..=20;

/// The rules cannot be made into views. Every fault is there.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What is wrong with the rules.
    #[error("{}", each(.0))]
    Faults(Vec<Fault>),
}

/// Something wrong with a rule, or with the limits of the provider.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: {flaw}", self.path())]
pub struct Fault {
    /// The place of the rule in the list, from 0; `None` for what belongs to the provider.
    pub rule: Option<usize>,
    /// The key inside of the rule, as the configuration file has it: `stream.name`.
    pub key: String,
    /// What is wrong with its value.
    pub flaw: Flaw,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// A name is empty.
    #[error("is empty")]
    Empty,
    /// Several streams would get one name.
    #[error(
        "needs a selector whose `instrument_name` is one instrument, without `*` and `?`: streams of one name would be one"
    )]
    NameOfMany,
    /// The bounds of a histogram are in no order.
    #[error("bounds must be finite and increase: {0} does not")]
    Bounds(f64),
    /// An exponential histogram needs two buckets.
    #[error("is {0}, and must be at least 2")]
    Size(u32),
    /// There is no such scale.
    #[error("is {0}, and must be from -10 to 20")]
    Scale(i8),
    /// A limit must allow one series.
    #[error("is {0}, and must be at least 1 and less than the largest integer")]
    Limit(usize),
    /// The aggregation is not for instruments of this kind.
    #[error("`{aggregation}` is not for a {kind}: it takes {}", Takes(.takes))]
    Incompatible {
        /// What the rule says.
        aggregation: &'static str,
        /// The kind of instrument.
        kind: &'static str,
        /// What would be possible.
        takes: &'static [&'static str],
    },
}

struct Takes<'a>(&'a [&'static str]);

impl Fault {
    /// The key from the top: `views[3].stream.name`.
    pub fn path(&self) -> String {
        match self.rule {
            Some(rule) => format!("views[{rule}].{}", self.key),
            None => self.key.clone(),
        }
    }
}

impl Aggregation {
    /// The name that the configuration file has for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Drop => "drop",
            Self::Sum => "sum",
            Self::LastValue => "last_value",
            Self::Explicit { .. } => "explicit_bucket_histogram",
            Self::Exponential { .. } => "base2_exponential_bucket_histogram",
        }
    }

    /// Why instruments of a kind cannot be aggregated so, if they cannot.
    pub(super) fn flaw(&self, kind: InstrumentKind) -> Option<Flaw> {
        let is_gauge = matches!(kind, InstrumentKind::Gauge | InstrumentKind::ObservableGauge);
        let takes = match self {
            Self::Sum if is_gauge => {
                &["last_value", "explicit_bucket_histogram", "base2_exponential_bucket_histogram", "drop"]
            }
            Self::LastValue if !is_gauge => {
                &["sum", "explicit_bucket_histogram", "base2_exponential_bucket_histogram", "drop"]
            }
            _ => return None,
        };
        Some(Flaw::Incompatible { aggregation: self.as_str(), kind: kind_name(kind), takes })
    }
}

/// Everything that is wrong with rules and limits, as far as it can be known before instruments are made.
pub(super) fn faults(rules: &[Rule], limits: &CardinalityLimits, catalog: &Catalog) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (place, rule) in rules.iter().enumerate() {
        let mut report = |key: &str, flaw| faults.push(Fault { rule: Some(place), key: key.to_owned(), flaw });
        check(rule, catalog, &mut report);
    }
    for (key, limit) in limits.each() {
        if let Some(flaw) = limit.and_then(limit_flaw) {
            faults.push(Fault { rule: None, key: format!("cardinality_limits.{key}"), flaw });
        }
    }
    faults
}

fn check(rule: &Rule, catalog: &Catalog, report: &mut impl FnMut(&str, Flaw)) {
    let Rule { selector, stream } = rule;
    if selector.instrument_name.as_deref() == Some("") {
        report("selector.instrument_name", Flaw::Empty);
    }
    match stream.name.as_deref() {
        Some("") => report("stream.name", Flaw::Empty),
        Some(_) if selector.exact_name().is_none() => report("stream.name", Flaw::NameOfMany),
        _ => {}
    }
    if let Some(flaw) = stream.cardinality_limit.and_then(limit_flaw) {
        report("stream.aggregation_cardinality_limit", flaw);
    }
    let Some(aggregation) = &stream.aggregation else { return };
    let key = |rest| format!("stream.aggregation.{}{rest}", aggregation.as_str());
    match aggregation {
        Aggregation::Explicit { boundaries, .. } => {
            let mut last = f64::NEG_INFINITY;
            let wrong = boundaries.iter().find(|bound| {
                let ordered = bound.is_finite() && **bound > last;
                last = **bound;
                !ordered
            });
            if let Some(bound) = wrong {
                report(&key(".boundaries"), Flaw::Bounds(*bound));
            }
        }
        Aggregation::Exponential { max_size, max_scale, .. } => {
            if *max_size < 2 {
                report(&key(".max_size"), Flaw::Size(*max_size));
            }
            if !SCALES.contains(max_scale) {
                report(&key(".max_scale"), Flaw::Scale(*max_scale));
            }
        }
        Aggregation::Default | Aggregation::Drop | Aggregation::Sum | Aggregation::LastValue => {}
    }
    let declared = selector.exact_name().and_then(|name| catalog.get(name)).map(|instrument| kind(instrument.kind()));
    let known = selector.instrument_type.or(declared);
    if let Some(flaw) = known.and_then(|kind| aggregation.flaw(kind)) {
        report(&key(""), flaw);
    }
}

/// The kind of an instrument of the catalogue, as the SDK names it if it is not observed.
pub(super) fn kind(kind: catalog::Kind) -> InstrumentKind {
    match kind {
        catalog::Kind::Counter => InstrumentKind::Counter,
        catalog::Kind::UpDownCounter => InstrumentKind::UpDownCounter,
        catalog::Kind::Histogram => InstrumentKind::Histogram,
        catalog::Kind::Gauge => InstrumentKind::Gauge,
    }
}

fn limit_flaw(limit: usize) -> Option<Flaw> {
    // The SDK makes a table of one more.
    (limit == 0 || limit == usize::MAX).then_some(Flaw::Limit(limit))
}

fn each(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; ")
}

impl fmt::Display for Takes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}
