//! What an instrument is, as data.

use super::buckets::Family;

/// An instrument: one entry of the catalogue.
///
/// Definitions are constants, made by the constructors below, one for each kind:
///
/// ```
/// use telecine::catalog::{Attribute, Family, Instrument};
///
/// const CLIP_FORMAT: Attribute = Attribute::one_of("clip.format", "Container of the clip", &["gif", "mp4", "webm"]);
/// const CLIP_DURATION: Instrument =
///     Instrument::histogram("clip.render.duration", "s", "Time to render one clip, from request to file")
///         .buckets(Family::Work)
///         .attributes(&[CLIP_FORMAT]);
///
/// assert_eq!(CLIP_DURATION.name(), "clip.render.duration");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instrument {
    name: &'static str,
    kind: Kind,
    unit: &'static str,
    description: &'static str,
    attributes: &'static [Attribute],
    buckets: Option<Family>,
    convention: bool,
}

/// The kinds of instrument, as the OpenTelemetry specification names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only goes up.
    Counter,
    /// Goes up and down, by what is added to it.
    UpDownCounter,
    /// A distribution of values.
    Histogram,
    /// The last value that was set or observed.
    Gauge,
}

/// The type of an instrument's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// Unsigned integers: counters of things and of bytes.
    U64,
    /// Signed integers: up-down counters.
    I64,
    /// Floating point: seconds, ratios, histograms and gauges.
    F64,
}

/// An attribute of an instrument, with a bound on its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    key: &'static str,
    description: &'static str,
    values: Values,
}

/// What values an attribute may take. There is no unbounded form: identity belongs to spans and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// These only. Anything else is recorded as [`OTHER`].
    OneOf(&'static [&'static str]),
    /// Free text, cleaned, of at most so many different values. What comes past them is recorded as [`OTHER`].
    Budget(usize),
    /// Templates of paths, such as `/videos/{id}`, of at most so many different values. What comes past them,
    /// and a path that names one thing by a long id, is recorded as [`OTHER`].
    Templates(usize),
    /// Whole numbers, of at most so many different values. What comes past them is recorded as [`OTHER`].
    Numbers(usize),
}

/// The value recorded in the place of one that is not allowed, or that came past the budget.
pub const OTHER: &str = "other";

impl Instrument {
    /// A counter. Values are [`Number::F64`] if the unit is `s`, else [`Number::U64`].
    pub const fn counter(name: &'static str, unit: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Counter, unit, description)
    }

    /// An up-down counter of [`Number::I64`].
    pub const fn up_down_counter(name: &'static str, unit: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::UpDownCounter, unit, description)
    }

    /// A histogram of [`Number::F64`]. It needs a bucket family: [`Instrument::buckets`].
    pub const fn histogram(name: &'static str, unit: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Histogram, unit, description)
    }

    /// A gauge of [`Number::F64`].
    pub const fn gauge(name: &'static str, unit: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Gauge, unit, description)
    }

    const fn new(name: &'static str, kind: Kind, unit: &'static str, description: &'static str) -> Self {
        Self { name, kind, unit, description, attributes: &[], buckets: None, convention: false }
    }

    /// The attributes, ordered by key. Others are dropped by the views.
    #[must_use]
    pub const fn attributes(mut self, attributes: &'static [Attribute]) -> Self {
        self.attributes = attributes;
        self
    }

    /// The family that the buckets of a histogram come from.
    #[must_use]
    pub const fn buckets(mut self, family: Family) -> Self {
        self.buckets = Some(family);
        self
    }

    /// Says that name and unit come from OpenTelemetry's semantic conventions: they are kept as they
    /// are, also where they differ from the rules for our own names.
    #[must_use]
    pub const fn from_convention(mut self) -> Self {
        self.convention = true;
        self
    }

    /// Name, by OpenTelemetry's rules: lower case, dots between namespaces, no unit and no `total`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Kind.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Unit, as UCUM writes it: `s`, `By`, `{frame}`, `1`.
    pub const fn unit(&self) -> &'static str {
        self.unit
    }

    /// One or two sentences: what is counted, or from when to when time is measured.
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// The attributes, ordered by key.
    pub const fn attribute_list(&self) -> &'static [Attribute] {
        self.attributes
    }

    /// The bucket family of a histogram.
    pub const fn family(&self) -> Option<Family> {
        self.buckets
    }

    /// Whether the definition comes from OpenTelemetry's semantic conventions.
    pub const fn is_convention(&self) -> bool {
        self.convention
    }

    /// The type of the values.
    pub fn number(&self) -> Number {
        match self.kind {
            Kind::Counter if self.unit == "s" => Number::F64,
            Kind::Counter => Number::U64,
            Kind::UpDownCounter => Number::I64,
            Kind::Histogram | Kind::Gauge => Number::F64,
        }
    }

    /// How many series there can be at most: the product of what the attributes allow.
    pub fn series(&self) -> usize {
        self.attributes.iter().fold(1, |product, attribute| product.saturating_mul(attribute.values.count()))
    }
}

impl Attribute {
    /// An attribute with a fixed list of values.
    pub const fn one_of(key: &'static str, description: &'static str, values: &'static [&'static str]) -> Self {
        Self { key, description, values: Values::OneOf(values) }
    }

    /// An attribute of free text with a budget of different values.
    pub const fn budget(key: &'static str, description: &'static str, values: usize) -> Self {
        Self { key, description, values: Values::Budget(values) }
    }

    /// An attribute of path templates with a budget of different values.
    pub const fn templates(key: &'static str, description: &'static str, values: usize) -> Self {
        Self { key, description, values: Values::Templates(values) }
    }

    /// An attribute of whole numbers with a budget of different values.
    pub const fn numbers(key: &'static str, description: &'static str, values: usize) -> Self {
        Self { key, description, values: Values::Numbers(values) }
    }

    /// The key, as OpenTelemetry writes it.
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// What the value says.
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// What values are allowed.
    pub const fn values(&self) -> Values {
        self.values
    }
}

impl Values {
    /// How many values there can be, with [`OTHER`] and the absent attribute.
    pub const fn count(&self) -> usize {
        match self {
            Self::OneOf(values) => values.len() + 2,
            Self::Budget(values) | Self::Templates(values) | Self::Numbers(values) => *values + 2,
        }
    }
}

impl Kind {
    /// The specification's name, in the form that configuration files use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::UpDownCounter => "up_down_counter",
            Self::Histogram => "histogram",
            Self::Gauge => "gauge",
        }
    }
}
