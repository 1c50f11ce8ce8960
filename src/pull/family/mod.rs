//! What a scrape found, as Prometheus thinks of it: families of series.
//!
//! All encoders read this model, and nothing else. It is kept from one scrape to the next, because
//! most of a scrape is what was there before: labels stay, and only values are written anew. So a
//! series is looked for where it was, and recognised by its attributes.
//!
//! What mapping rules make of metrics is in it too, as families whose series are written from those of
//! the SDK's metrics after these.

mod exponential;
mod fingerprint;
mod labels;
mod mapped;
mod part;
mod plan;
mod value;

use std::time::SystemTime;

use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::{
    Resource,
    metrics::data::{Metric, ResourceMetrics},
};

use super::{
    Mapping, Options,
    translate::{MetricName, Naming},
};
use crate::exemplar::Exemplars;

pub(crate) use exponential::Exponential;
pub(crate) use labels::Labels;
pub(crate) use part::Series;
pub(crate) use value::{Histogram, Value};

use labels::Translator;
use mapped::Mapped;
use part::Part;
use plan::{Plan, Shape};

/// The metrics of one provider, under one naming.
pub(crate) struct Families {
    naming: Naming,
    labels: Translator,
    plan: Plan,
    /// One for each metric of the last collection, in its order.
    parts: Vec<Part>,
    mapped: Option<Mapped>,
    families: Vec<Family>,
    target: Option<Labels>,
    live: Arc<[Live]>,
}

/// How many series a metric of the SDK has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Live {
    /// The metric's name, as OpenTelemetry has it.
    pub metric: String,
    /// How many series it has.
    pub series: usize,
    /// Whether it has come to its cardinality limit: one of the series stands for all that are new since.
    pub has_overflowed: bool,
}

/// One metric family: a name, a type, and the series that bear it.
pub(crate) struct Family {
    pub(crate) name: MetricName,
    pub(crate) kind: Kind,
    pub(crate) help: String,
    /// The metrics of the SDK that it is made of: indices of `Families::parts`.
    parts: Vec<usize>,
    /// Or the series that mapping rules make: an index of the groups of `Families::mapped`.
    group: Option<usize>,
}

/// Series of a family that count since one time.
#[derive(Clone, Copy)]
pub(crate) struct Since<'a> {
    pub(crate) started: SystemTime,
    series: &'a [Series],
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
    /// Metrics whose name another one has, of another type, or that have no name left; and those that a
    /// mapping rule matches and cannot show.
    pub(crate) metrics: usize,
    /// Series that are equal to another one under Prometheus' rules.
    pub(crate) series: usize,
}

impl Families {
    pub(crate) fn new(naming: Naming, mapping: &Mapping) -> Self {
        let mapped = Mapped::new(mapping, naming);
        let reserved = mapped.iter().flat_map(|mapped| mapped.names(naming)).collect();
        Self {
            naming,
            labels: Translator::new(naming),
            plan: Plan::new(naming, reserved),
            parts: Vec::new(),
            mapped,
            families: Vec::new(),
            target: None,
            live: Arc::default(),
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
        if let Some(mapped) = &mut self.mapped {
            mapped.update(&mut self.parts, self.labels.constant(), exemplars.is_some());
        }
        if changed {
            for family in &self.families {
                part::tell_apart(&mut self.parts, &family.parts, &mut self.labels);
            }
            self.live = self.parts.iter().map(Part::live).collect();
        }
    }

    /// The families, in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Family> {
        self.families.iter().filter(|family| self.len(family) > 0)
    }

    /// The series of a family, by the time since when they count.
    pub(crate) fn since<'a>(&'a self, family: &'a Family) -> impl Iterator<Item = Since<'a>> {
        let group = family.group.and_then(|group| self.mapped.as_ref()?.groups().get(group));
        let group = group.map(|group| Since { started: group.started, series: &group.series });
        let parts = family.parts.iter().filter_map(|part| self.parts.get(*part));
        parts.map(|part| Since { started: part.started(), series: part.all() }).chain(group)
    }

    /// The series of a family, each once.
    pub(crate) fn series<'a>(&'a self, family: &'a Family) -> impl Iterator<Item = &'a Series> {
        self.since(family).flat_map(Since::series)
    }

    /// How many series a family has.
    pub(crate) fn len(&self, family: &Family) -> usize {
        let group = family.group.and_then(|group| self.mapped.as_ref()?.groups().get(group));
        let parts = family.parts.iter().filter_map(|part| self.parts.get(*part));
        parts.map(Part::len).sum::<usize>() + group.map_or(0, |group| group.series.len())
    }

    /// How many series each metric of the SDK has.
    pub(crate) fn live(&self) -> Arc<[Live]> {
        Arc::clone(&self.live)
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
        let unmapped = self.mapped.as_ref().map_or(0, Mapped::left_out);
        LeftOut { metrics: self.plan.left_out() + unmapped, series: self.parts.iter().map(Part::hidden).sum() }
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
        if let Some(filter) = &options.resource_labels {
            self.labels.set_constant(metrics.resource(), filter);
        }
        self.target = options.target_info.then(|| self.describe(metrics.resource())).flatten();
        let target = self.target.as_ref().map(|_| self.naming.own("target_info"));
        self.plan.take(target.as_deref());
        let mut order = Plan::order(&self.parts);
        if let Some(mapped) = &mut self.mapped {
            let taken = mapped.replan(&mut self.parts, &order, &mut self.plan);
            order.retain(|part| !taken[*part]);
        }
        self.families = self.plan.families(&mut self.parts, &order);
        let groups = self.mapped.iter().flat_map(Mapped::groups).enumerate();
        self.families.extend(groups.map(|(place, group)| Family {
            name: group.name.clone(),
            kind: group.kind,
            help: group.help.clone(),
            parts: Vec::new(),
            group: Some(place),
        }));
        self.families.sort_by(|a, b| a.name.full.cmp(&b.name.full));
    }

    fn describe(&mut self, resource: &Resource) -> Option<Labels> {
        let attributes = resource.iter();
        let labels = self.labels.labels(attributes, None, false);
        (!labels.is_empty()).then_some(labels)
    }
}

impl<'a> Since<'a> {
    pub(crate) fn series(self) -> impl Iterator<Item = &'a Series> {
        self.series.iter().filter(|series| series.is_shown())
    }
}

fn each(metrics: &ResourceMetrics) -> impl Iterator<Item = (&InstrumentationScope, &Metric)> {
    metrics.scope_metrics().flat_map(|scope| scope.metrics().map(|metric| (scope.scope(), metric)))
}
