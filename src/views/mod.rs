//! Views: what becomes of an instrument's stream: its name, aggregation, attribute keys and limit.
//!
//! The catalogue gives each of its instruments a view: the buckets of its family, its attribute keys
//! and a cardinality limit that fits them. An operator's [rules](Rule) override what they name. The SDK
//! and the [exemplar](crate::exemplar) room ask the same [`Views`], so that both know a stream under the
//! same key.

mod check;
mod explain;
pub(crate) mod pattern;
mod resolve;
mod rules;
mod sdk;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use opentelemetry::Key;

use crate::catalog::{Catalog, Family, Instrument};

pub use check::{Error, Fault, Flaw};
pub use explain::explain;
pub use rules::{CardinalityLimits, HistogramAggregation, KeyFilter, Rule, Selector, StreamRule};

/// How many series an instrument may have that no view says anything about: the SDK's default.
pub const DEFAULT_CARDINALITY_LIMIT: usize = 2000;

/// A stream, as the views leave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Name of the metric.
    pub name: Cow<'static, str>,
    /// Description of the metric; `None` is the instrument's own.
    pub description: Option<Cow<'static, str>>,
    /// How measurements are aggregated.
    pub aggregation: Aggregation,
    /// The attribute keys that are kept; `None` keeps all.
    pub keys: Option<Arc<[Key]>>,
    /// Which attributes are kept, where that cannot be written out as keys. The SDK cannot be told: what
    /// measures leaves the others out, and so does the provider of
    /// [`Exemplars::wrap`](crate::exemplar::Exemplars::wrap).
    pub filter: Option<Arc<KeyFilter>>,
    /// The number of series at which new ones go into the overflow series.
    pub cardinality_limit: usize,
}

/// How measurements are aggregated, as the specification names it.
#[derive(Clone, Debug, PartialEq)]
pub enum Aggregation {
    /// What the specification gives the kind of instrument.
    Default,
    /// Not at all: there is no stream.
    Drop,
    /// The sum.
    Sum,
    /// The last value.
    LastValue,
    /// A histogram with the bounds that are given.
    Explicit {
        /// Upper bounds, finite and strictly increasing.
        boundaries: Vec<f64>,
        /// Whether the smallest and largest value are recorded.
        record_min_max: bool,
    },
    /// A histogram whose bounds follow the values.
    Exponential {
        /// The largest number of buckets on each side of zero.
        max_size: u32,
        /// The finest resolution, -10 to 20.
        max_scale: i8,
        /// Whether the smallest and largest value are recorded.
        record_min_max: bool,
    },
}

/// The views of one meter provider.
#[derive(Debug, Default)]
pub struct Views {
    advice: HashMap<&'static str, Advice>,
    rules: Vec<Rule>,
    histograms: HistogramAggregation,
    limits: CardinalityLimits,
    said: Mutex<Said>,
}

/// What was found wrong with rules when they met instruments.
#[derive(Debug, Default)]
struct Said {
    known: HashSet<(Option<usize>, String)>,
    /// What waits for somebody who logs; none where there is one.
    kept: Option<Vec<Finding>>,
}

#[derive(Debug)]
struct Finding {
    rule: Option<usize>,
    instrument: String,
    text: String,
}

/// What the catalogue says of an instrument.
#[derive(Debug)]
struct Advice {
    stream: Stream,
    /// How many values each key may have, in the order of the stream's keys.
    values: Vec<usize>,
}

impl Views {
    /// The views that a catalogue gives its instruments.
    pub fn new(catalog: &Catalog) -> Self {
        let advice = catalog.iter().map(|instrument| (instrument.name(), Advice::of(instrument)));
        Self { advice: advice.collect(), ..Self::default() }
    }

    /// The views that a catalogue gives its instruments, changed by what an operator says.
    ///
    /// A rule whose aggregation is not for the kind of an instrument is refused where the kind is known,
    /// by the selector or from the catalogue. Where it turns out later, the rule is as if it were not there
    /// for that instrument, and a warning says so.
    ///
    /// # Errors
    /// [`Error::Faults`], with everything that is wrong.
    pub fn with_rules(
        catalog: &Catalog,
        rules: Vec<Rule>,
        histograms: HistogramAggregation,
        limits: CardinalityLimits,
    ) -> Result<Self, Error> {
        let faults = check::faults(&rules, &limits, catalog);
        if !faults.is_empty() {
            return Err(Error::Faults(faults));
        }
        Ok(Self { rules, histograms, limits, ..Self::new(catalog) })
    }

    /// Views made by a test.
    #[cfg(test)]
    pub(crate) fn of(streams: impl IntoIterator<Item = (&'static str, Stream)>) -> Self {
        let advice = streams.into_iter().map(|(name, stream)| (name, Advice { stream, values: Vec::new() }));
        Self { advice: advice.collect(), ..Self::default() }
    }
}

impl Advice {
    fn of(instrument: &'static Instrument) -> Self {
        let attributes = instrument.attribute_list();
        let stream = Stream {
            name: Cow::Borrowed(instrument.name()),
            description: None,
            aggregation: match instrument.family() {
                Some(family) => Aggregation::Explicit { boundaries: family.bounds().to_vec(), record_min_max: true },
                None => Aggregation::Default,
            },
            keys: Some(attributes.iter().map(|attribute| Key::from_static_str(attribute.key())).collect()),
            filter: None,
            // The SDK walks a table of this size at each collection: no larger than the need. One is for the
            // overflow.
            cardinality_limit: instrument.series().saturating_add(1),
        };
        Self { stream, values: attributes.iter().map(|attribute| attribute.values().count()).collect() }
    }
}

impl Stream {
    /// The stream of an instrument that nothing is said about.
    fn plain(name: &str) -> Self {
        Self {
            name: Cow::Owned(name.to_owned()),
            description: None,
            aggregation: Aggregation::Default,
            keys: None,
            filter: None,
            cardinality_limit: DEFAULT_CARDINALITY_LIMIT,
        }
    }
}

/// Seconds of anything: from a fast request to a long job.
const SECONDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 28800.0];

/// The bounds that the specification gives histograms whose unit is not known.
const UNITLESS: &[f64] =
    &[0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0, 10000.0];

/// The bounds of a histogram that neither a view nor its builder gives any.
pub(crate) fn default_boundaries(unit: &str) -> &'static [f64] {
    match unit {
        "s" => SECONDS,
        "By" => Family::Size.bounds(),
        _ => UNITLESS,
    }
}
