//! What a catalogue declares, under the names by which an endpoint serves it.

use std::sync::Arc;

use opentelemetry_sdk::metrics::InstrumentKind;

use super::{Known, Labels, Role, Series, Values, mapped};
use crate::catalog::{self, Catalog, Instrument, OTHER};
use crate::pull::Translation;
use crate::pull::mapping::Take;
use crate::pull::translate::{Naming, Suffix};
use crate::pull::{Escaping, Mapping};
use crate::telemetry::Settings;
use crate::telemetry::settings::Reader;
use crate::views::{Aggregation, KeyFilter, Stream, Views};

/// How an endpoint serves what is measured.
pub(super) struct Serving {
    pub(super) naming: Naming,
    /// Labels of every series, as far as they are known.
    constant: Labels,
    mapping: Mapping,
}

/// What becomes of a metric at the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Counter,
    UpDown,
    Gauge,
    Histogram,
    Exponential,
}

impl Known {
    /// Adds what a catalogue declares, as an endpoint serves it with settings: views, mapping, translation of names.
    /// What is not in [`Catalog::own`] is the program's own.
    ///
    /// # Errors
    /// Views of the settings that cannot be.
    pub fn catalog(&mut self, catalog: &Catalog, settings: Option<&Settings>) -> Result<(), crate::views::Error> {
        let views = match settings {
            None => Views::new(catalog),
            Some(settings) => {
                let metrics = &settings.metrics;
                let (rules, aggregation) = (metrics.views.clone(), metrics.histogram_aggregation);
                Views::with_rules(catalog, rules, aggregation, metrics.cardinality)?
            }
        };
        let serving = Serving::new(settings);
        let own = Catalog::own();
        for instrument in catalog.iter() {
            let mut names = Vec::new();
            for (_, kind, stream) in views.declared(instrument) {
                if let Some(shape) = Shape::of(kind, &stream.aggregation) {
                    names.extend(self.declare(instrument, shape, &stream, &serving));
                }
            }
            if own.get(instrument.name()).is_none() && !names.is_empty() {
                self.declared.entry(instrument.name().to_owned()).or_default().extend(names);
            }
        }
        Ok(())
    }

    /// Adds a stream under the names that it has; these are returned.
    fn declare(&mut self, instrument: &Instrument, shape: Shape, stream: &Stream, serving: &Serving) -> Vec<String> {
        let labels = labels(instrument, stream, serving);
        let bounds = match &stream.aggregation {
            Aggregation::Explicit { boundaries, .. } => Some(Arc::from(boundaries.as_slice())),
            _ => None,
        };
        let naming = serving.naming;
        let mut names = Vec::new();
        for rule in serving.mapping.rules.iter().filter(|rule| rule.matches.is_for(&stream.name)) {
            let (shape, unit) = match rule.take {
                Some(_) if !shape.has_buckets() => continue,
                Some(Take::Count) => (Shape::Counter, ""),
                Some(Take::Sum) => (Shape::Counter, instrument.unit()),
                None => (shape, instrument.unit()),
            };
            let Some(labels) = mapped::labels(rule, labels.clone(), naming, &serving.constant) else { continue };
            let name = match &rule.name {
                Some(name) => Some(naming.exact(name, unit, shape.suffix())),
                None => naming.metric(&stream.name, unit, shape.suffix()),
            };
            names.extend(name.map(|name| self.serve(&name.full, shape, &labels, bounds.clone())));
        }
        if mapped::is_shown_as_it_is(&serving.mapping, &stream.name) {
            let name = naming.metric(&stream.name, instrument.unit(), shape.suffix());
            names.extend(name.map(|name| self.serve(&name.full, shape, &labels, bounds)));
        }
        names.into_iter().flatten().collect()
    }

    fn serve(&mut self, name: &str, shape: Shape, labels: &Labels, bounds: Option<Arc<[f64]>>) -> Vec<String> {
        match shape {
            Shape::Counter => self.add(name, Series::new(Role::Counter, labels.clone())),
            Shape::Gauge | Shape::UpDown => self.add(name, Series::new(Role::Gauge, labels.clone())),
            Shape::Histogram | Shape::Exponential => {
                self.add_histogram(name, labels, bounds);
                if shape == Shape::Exponential {
                    self.add_native(name, labels);
                }
                return ["bucket", "sum", "count"].map(|part| format!("{name}_{part}")).into();
            }
        }
        vec![name.to_owned()]
    }
}

impl Serving {
    fn new(settings: Option<&Settings>) -> Self {
        let mut constant = Labels::default();
        let mut translation = Translation::default();
        let prometheus =
            settings.iter().flat_map(|settings| &settings.metrics.readers).find_map(|reader| match reader {
                Reader::Prometheus(prometheus) => Some(prometheus),
                Reader::Periodic(_) => None,
            });
        if let Some(prometheus) = prometheus {
            translation = prometheus.translation;
            let scope = ["otel_scope_name", "otel_scope_version", "otel_scope_schema_url"];
            for label in scope.iter().filter(|_| prometheus.scope_labels) {
                constant.insert(label, Values::Any);
            }
        }
        let naming = Naming::new(translation, Escaping::AllowUtf8);
        if let Some(KeyFilter { included, .. }) = prometheus.and_then(|prometheus| prometheus.resource_labels.as_ref())
        {
            match included {
                Some(keys) if !keys.iter().any(|key| crate::views::pattern::is_wild(key)) => {
                    keys.iter().for_each(|key| constant.insert(&naming.label(key), Values::Any));
                }
                _ => constant.open = true,
            }
        }
        let mapping = settings.map(|settings| settings.distribution.prometheus.mapping.clone()).unwrap_or_default();
        Self { naming, constant, mapping }
    }
}

impl Shape {
    /// `None` is a stream that there is not.
    fn of(kind: InstrumentKind, aggregation: &Aggregation) -> Option<Self> {
        let is_monotonic =
            matches!(kind, InstrumentKind::Counter | InstrumentKind::ObservableCounter | InstrumentKind::Histogram);
        Some(match aggregation {
            Aggregation::Drop => return None,
            Aggregation::LastValue => Self::Gauge,
            Aggregation::Explicit { .. } => Self::Histogram,
            Aggregation::Exponential { .. } => Self::Exponential,
            Aggregation::Default if matches!(kind, InstrumentKind::Gauge | InstrumentKind::ObservableGauge) => {
                Self::Gauge
            }
            Aggregation::Sum | Aggregation::Default if is_monotonic => Self::Counter,
            Aggregation::Sum | Aggregation::Default => Self::UpDown,
        })
    }

    fn has_buckets(self) -> bool {
        matches!(self, Self::Histogram | Self::Exponential)
    }

    fn suffix(self) -> Suffix {
        match self {
            Self::Counter => Suffix::Counter,
            Self::Gauge => Suffix::Gauge,
            _ => Suffix::Other,
        }
    }
}

fn labels(instrument: &Instrument, stream: &Stream, serving: &Serving) -> Labels {
    let mut labels = serving.constant.clone();
    labels.insert(&serving.naming.label("otel.metric.overflow"), Values::these(["true"]));
    let is_kept = |key: &str| stream.filter.as_ref().is_none_or(|filter| filter.keeps(key));
    match &stream.keys {
        None => labels.open = true,
        Some(keys) => {
            for key in keys.iter().map(opentelemetry::Key::as_str).filter(|key| is_kept(key)) {
                let attribute = instrument.attribute_list().iter().find(|attribute| attribute.key() == key);
                let values = match attribute.map(catalog::Attribute::values) {
                    Some(catalog::Values::OneOf(values)) => Values::these(values.iter().copied().chain([OTHER])),
                    _ => Values::Any,
                };
                labels.insert(&serving.naming.label(key), values);
            }
        }
    }
    labels
}
