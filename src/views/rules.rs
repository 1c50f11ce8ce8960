//! What an operator says about streams: the `views` of the configuration file, as plain data.

use opentelemetry_sdk::metrics::InstrumentKind;

use super::Aggregation;
use super::pattern::{is_wild, matches};

/// A view: which instruments are meant, and what is to become of their streams.
///
/// The catalogue's definition of an instrument is its advice. A rule overrides what it says and nothing
/// else: without an aggregation the catalogue's buckets stay, without attribute keys its keys. Several
/// rules that match one instrument make several streams of it; if none does, the catalogue's stream is
/// there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// Which instruments are meant.
    pub selector: Selector,
    /// What is to become of their streams.
    pub stream: StreamRule,
}

/// Which instruments a rule is for. All that is given must hold; nothing given means every instrument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector {
    /// The instrument's name, with `*` for any characters and `?` for one.
    pub instrument_name: Option<String>,
    /// The kind of instrument.
    pub instrument_type: Option<InstrumentKind>,
    /// The unit, exactly.
    pub unit: Option<String>,
    /// The name of the meter, exactly.
    pub meter_name: Option<String>,
    /// The version of the meter, exactly.
    pub meter_version: Option<String>,
    /// The schema URL of the meter, exactly.
    pub meter_schema_url: Option<String>,
}

/// What a rule says about a stream. What is not given stays as it is without the rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamRule {
    /// Another name. Only for a selector that names one instrument: several streams of one name would
    /// be one.
    pub name: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// How measurements are aggregated. [`Aggregation::Default`] is what is there without the rule.
    pub aggregation: Option<Aggregation>,
    /// The number of series at which new ones go into the overflow series, at least 1.
    pub cardinality_limit: Option<usize>,
    /// Which attributes are kept. On an instrument of the catalogue, patterns choose among the keys that
    /// its definition has; on another one among those that it measures with, as long as its other streams
    /// keep no more.
    pub attribute_keys: Option<KeyFilter>,
}

/// Which keys are kept: those that are included and not excluded. Patterns have `*` for any characters
/// and `?` for one, and tell upper case from lower.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFilter {
    /// Keys or patterns; `None` includes all.
    pub included: Option<Vec<String>>,
    /// Keys or patterns that are left out, whatever is included.
    pub excluded: Vec<String>,
}

/// What histograms are that no rule gives an aggregation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistogramAggregation {
    /// Buckets: those of the catalogue's family, else those that the instrument was built with, else some
    /// that suit its unit.
    #[default]
    Explicit,
    /// Buckets that follow the values (`base2_exponential_bucket_histogram` with the specification's
    /// defaults), whatever the catalogue or the instrument advises.
    Exponential,
}

/// The number of series at which new ones go into the overflow series, for instruments that no rule
/// gives a limit. An instrument of the catalogue that can have fewer gets the smaller table that it needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CardinalityLimits {
    /// For kinds that have none of their own; [`DEFAULT_CARDINALITY_LIMIT`](super::DEFAULT_CARDINALITY_LIMIT)
    /// if not given.
    pub default: Option<usize>,
    /// Counters.
    pub counter: Option<usize>,
    /// Gauges.
    pub gauge: Option<usize>,
    /// Histograms.
    pub histogram: Option<usize>,
    /// Counters that are observed.
    pub observable_counter: Option<usize>,
    /// Gauges that are observed.
    pub observable_gauge: Option<usize>,
    /// Up-down counters that are observed.
    pub observable_up_down_counter: Option<usize>,
    /// Up-down counters.
    pub up_down_counter: Option<usize>,
}

impl Selector {
    /// Whether the criteria that the instrument's own definition answers hold.
    pub(super) fn selects(&self, name: &str, kind: InstrumentKind, unit: &str) -> bool {
        self.instrument_name.as_deref().is_none_or(|pattern| matches(pattern, name))
            && self.instrument_type.is_none_or(|wanted| wanted == kind)
            && self.unit.as_deref().is_none_or(|wanted| wanted == unit)
    }

    /// The name of the only instrument that can be meant.
    pub(super) fn exact_name(&self) -> Option<&str> {
        self.instrument_name.as_deref().filter(|name| !is_wild(name))
    }
}

impl KeyFilter {
    /// Whether a key is kept.
    pub fn keeps(&self, key: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, key));
        self.included.as_deref().is_none_or(any) && !any(&self.excluded)
    }
}

impl HistogramAggregation {
    /// The aggregation that it stands for.
    pub fn aggregation(self) -> Aggregation {
        match self {
            Self::Explicit => Aggregation::Default,
            Self::Exponential => Aggregation::Exponential { max_size: 160, max_scale: 20, record_min_max: true },
        }
    }
}

impl CardinalityLimits {
    /// The limit for a kind, if one is given.
    pub(super) fn of(&self, kind: InstrumentKind) -> Option<usize> {
        let own = match kind {
            InstrumentKind::Counter => self.counter,
            InstrumentKind::UpDownCounter => self.up_down_counter,
            InstrumentKind::Histogram => self.histogram,
            InstrumentKind::Gauge => self.gauge,
            InstrumentKind::ObservableCounter => self.observable_counter,
            InstrumentKind::ObservableUpDownCounter => self.observable_up_down_counter,
            InstrumentKind::ObservableGauge => self.observable_gauge,
        };
        own.or(self.default)
    }

    /// Every limit, by the key of the configuration file; the default first.
    pub(crate) fn each(&self) -> [(&'static str, Option<usize>); 8] {
        let Self {
            default,
            counter,
            gauge,
            histogram,
            observable_counter,
            observable_gauge,
            observable_up_down_counter,
            up_down_counter,
        } = *self;
        [
            ("default", default),
            ("counter", counter),
            ("gauge", gauge),
            ("histogram", histogram),
            ("observable_counter", observable_counter),
            ("observable_gauge", observable_gauge),
            ("observable_up_down_counter", observable_up_down_counter),
            ("up_down_counter", up_down_counter),
        ]
    }
}

/// The name of a kind of instrument, as the configuration file has it.
pub(crate) fn kind_name(kind: InstrumentKind) -> &'static str {
    match kind {
        InstrumentKind::Counter => "counter",
        InstrumentKind::UpDownCounter => "up_down_counter",
        InstrumentKind::Histogram => "histogram",
        InstrumentKind::Gauge => "gauge",
        InstrumentKind::ObservableCounter => "observable_counter",
        InstrumentKind::ObservableUpDownCounter => "observable_up_down_counter",
        InstrumentKind::ObservableGauge => "observable_gauge",
    }
}
