//! What a scrape found, as Prometheus thinks of it: families of series.
//!
//! All encoders read this model, and nothing else. It is kept from one scrape to the next, because
//! most of a scrape is what was there before: labels stay, and only values are written anew. So a
//! series is looked for where it was, and recognised by its attributes.
//!
//! What makes other metrics out of these (renames, sums of series) belongs between
//! [`Families::update`] and the encoders.

mod exponential;
mod fingerprint;
mod labels;
mod part;
mod plan;
mod value;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::{
    Resource,
    metrics::data::{Metric, ResourceMetrics},
};

use super::{
    Options,
    translate::{MetricName, Naming},
};
use crate::exemplar::Exemplars;

pub(crate) use exponential::Exponential;
pub(crate) use labels::Labels;
pub(crate) use part::{Part, Series};
pub(crate) use value::{Histogram, Value};

use labels::Translator;
use plan::{Plan, Shape};

/// The metrics of one provider, under one naming.
pub(crate) struct Families {
    naming: Naming,
    labels: Translator,
    plan: Plan,
    /// One for each metric of the last collection, in its order.
    parts: Vec<Part>,
    families: Vec<Family>,
    target: Option<Labels>,
}

/// One metric family: a name, a type, and the series that bear it.
pub(crate) struct Family {
    pub(crate) name: MetricName,
    pub(crate) kind: Kind,
    pub(crate) help: String,
    /// The metrics of the SDK that it is made of: indices of `Families::parts`.
    parts: Vec<usize>,
}

/// The types of metric families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// What was left out of a scrape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Metrics whose name another one has, of another type, or that have no name left.
    pub(crate) metrics: usize,
    /// Series that are equal to another one under Prometheus' rules.
    pub(crate) series: usize,
}

impl Families {
    pub(crate) fn new(naming: Naming) -> Self {
        Self {
            naming,
            labels: Translator::new(naming),
            plan: Plan::new(naming),
            parts: Vec::new(),
            families: Vec::new(),
            target: None,
        }
    }

    pub(crate) fn naming(&self) -> Naming {
        self.naming
    }

    /// Takes over a collection. Exemplars are read only if the encoder has a place for them.
    pub(crate) fn update(&mut self, metrics: &ResourceMetrics, options: &Options, exemplars: Option<&Exemplars>) {
        if !self.is_planned(metrics) {
            self.replan(metrics, options);
        }
        let mut changed = false;
        for (part, (scope, metric)) in self.parts.iter_mut().zip(each(metrics)) {
            let scope = options.scope_labels.then_some(scope);
            changed |= part.update(metric, scope, &mut self.labels, exemplars);
        }
        if changed {
            for family in &self.families {
                part::hide_equal_series(&mut self.parts, &family.parts);
            }
        }
    }

    /// The families, in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Family> {
        self.families.iter().filter(|family| self.len(family) > 0)
    }

    /// The metrics of the SDK that a family is made of.
    pub(crate) fn parts<'a>(&'a self, family: &'a Family) -> impl Iterator<Item = &'a Part> {
        family.parts.iter().filter_map(|part| self.parts.get(*part))
    }

    /// The series of a family, each once.
    pub(crate) fn series<'a>(&'a self, family: &'a Family) -> impl Iterator<Item = &'a Series> {
        self.parts(family).flat_map(Part::series)
    }

    /// How many series a family has.
    pub(crate) fn len(&self, family: &Family) -> usize {
        self.parts(family).map(Part::len).sum()
    }

    /// What describes the program, for `target_info`.
    pub(crate) fn target(&self) -> Option<&Labels> {
        self.target.as_ref()
    }

    /// The name of the metric that describes the program, without `_info`.
    pub(crate) fn own_name(&self, name: &str) -> String {
        self.naming.own(name)
    }

    pub(crate) fn left_out(&self) -> LeftOut {
        LeftOut { metrics: self.plan.left_out(), series: self.parts.iter().map(Part::hidden).sum() }
    }

    /// Whether the metrics are those of the last collection.
    fn is_planned(&self, metrics: &ResourceMetrics) -> bool {
        let mut parts = self.parts.iter();
        each(metrics).all(|(scope, metric)| parts.next().is_some_and(|part| part.is_of(scope, metric)))
            && parts.next().is_none()
    }

    fn replan(&mut self, metrics: &ResourceMetrics, options: &Options) {
        let mut former: Vec<Option<Part>> = self.parts.drain(..).map(Some).collect();
        for (scope, metric) in each(metrics) {
            let known = former.iter_mut().find(|part| part.as_ref().is_some_and(|part| part.is_of(scope, metric)));
            self.parts.push(known.and_then(Option::take).unwrap_or_else(|| Part::new(scope, metric)));
        }
        self.target = options.target_info.then(|| self.describe(metrics.resource())).flatten();
        let target = self.target.as_ref().map(|_| self.naming.own("target_info"));
        self.families = self.plan.families(&mut self.parts, target.as_deref());
    }

    fn describe(&mut self, resource: &Resource) -> Option<Labels> {
        let attributes = resource.iter();
        let labels = self.labels.labels(attributes, None, false);
        (!labels.is_empty()).then_some(labels)
    }
}

fn each(metrics: &ResourceMetrics) -> impl Iterator<Item = (&InstrumentationScope, &Metric)> {
    metrics.scope_metrics().flat_map(|scope| scope.metrics().map(|metric| (scope.scope(), metric)))
}
