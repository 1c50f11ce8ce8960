//! The series under one name, and the ways on which others come to them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::SystemTime,
};

use super::{
    super::{Kind, Labels, Part, Series, Value, plan::Conflict, value::Bounds},
    Reported, report,
};
use crate::pull::{
    mapping::{Compiled, Take},
    number::{Number, Sum},
    translate::MetricName,
};

/// The series that rules make, under one name.
pub(in crate::pull::family) struct Group {
    pub(in crate::pull::family) name: MetricName,
    pub(in crate::pull::family) kind: Kind,
    pub(in crate::pull::family) help: String,
    pub(in crate::pull::family) started: SystemTime,
    pub(in crate::pull::family) series: Vec<Series>,
    /// Of each series, what its value or the sum of its histogram is made of.
    sums: Vec<Sum>,
    /// What its first series was like.
    pub(super) form: Option<Form>,
    pub(super) flows: Vec<Flow>,
}

/// A metric of the SDK on its way through a rule.
pub(super) struct Flow {
    rule: usize,
    /// The index of the metric.
    pub(super) part: usize,
    /// Whether no other flow reads the metric after this one, so that its values can be taken away.
    pub(super) is_last: bool,
    /// Whether its series are not like those of the group.
    pub(super) is_refused: bool,
    /// Of each series that was seen, by its fingerprint, the identity of the one it goes into.
    known: HashMap<u64, Option<u64>>,
    /// Of each series of the metric, in their order.
    pub(super) targets: Vec<Option<Target>>,
}

/// The series that another one goes into.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) place: u32,
    /// Whether what comes from there is the first that goes into it.
    pub(super) is_first: bool,
}

/// What series must have in common to be added up.
#[derive(Clone)]
pub(super) enum Form {
    Number,
    Explicit(Arc<Bounds>),
    Exponential,
}

impl Flow {
    pub(super) fn new(rule: usize, part: usize) -> Self {
        Self { rule, part, is_last: false, is_refused: false, known: HashMap::new(), targets: Vec::new() }
    }

    /// Forgets series that are gone, once they are the more.
    fn forget(&mut self, part: &Part) {
        if self.known.len() > 2 * part.all().len() + 16 {
            let there: HashSet<u64> = part.all().iter().map(Series::fingerprint).collect();
            self.known.retain(|fingerprint, _| there.contains(fingerprint));
        }
    }
}

impl Group {
    pub(super) fn new(name: MetricName, kind: Kind, help: String) -> Self {
        Self {
            name,
            kind,
            help,
            started: SystemTime::UNIX_EPOCH,
            series: Vec::new(),
            sums: Vec::new(),
            form: None,
            flows: Vec::new(),
        }
    }

    /// Whether it has series of metrics that are no more.
    pub(super) fn is_without_flows(&self) -> bool {
        self.flows.is_empty() && !self.series.is_empty()
    }

    /// Says which series go into which. Labels that were made before are used again.
    pub(super) fn plan(&mut self, parts: &[Part], rules: &[Compiled], constant: &[String], reported: &mut Reported) {
        let mut former: HashMap<u64, Series> =
            self.series.drain(..).map(|series| (series.labels.identity(), series)).collect();
        let mut places: HashMap<u64, u32> = HashMap::new();
        let mut planned: Vec<Flow> = Vec::with_capacity(self.flows.len());
        for mut flow in self.flows.drain(..) {
            let part = &parts[flow.part];
            let rule = &rules[flow.rule];
            flow.targets.clear();
            flow.is_refused = false;
            if let Some(first) = part.all().first() {
                let form = Form::of(&first.value, rule.take);
                if !self.form.get_or_insert_with(|| form.clone()).agrees(&form) {
                    flow.is_refused = true;
                    report(reported, flow.rule, part, &Conflict::Form);
                    planned.push(flow);
                    continue;
                }
            }
            for (at, source) in part.all().iter().enumerate() {
                let mut made = None;
                let identity = *flow.known.entry(source.fingerprint()).or_insert_with(|| {
                    made = labels(rule, source, constant);
                    made.as_ref().map(Labels::identity)
                });
                let Some(identity) = identity else {
                    flow.targets.push(None);
                    continue;
                };
                if let Some(place) = places.get(&identity).copied() {
                    // By another rule it is there already.
                    let mut others = planned.iter().filter(|other| other.part == flow.part);
                    let is_there = |other: &Flow| {
                        other.targets.get(at).copied().flatten().is_some_and(|target| target.place == place)
                    };
                    flow.targets.push((!others.any(is_there)).then_some(Target { place, is_first: false }));
                    continue;
                }
                let known = former.remove(&identity);
                let new = || made.or_else(|| labels(rule, source, constant)).map(Series::of_rule);
                let Some(series) = known.or_else(new) else {
                    flow.targets.push(None);
                    continue;
                };
                let place = self.series.len() as u32;
                places.insert(identity, place);
                self.series.push(series);
                flow.targets.push(Some(Target { place, is_first: true }));
            }
            flow.forget(part);
            planned.push(flow);
        }
        self.flows = planned;
        self.sums.clear();
        self.sums.resize(self.series.len(), Sum::default());
    }

    pub(super) fn write(&mut self, parts: &mut [Part], rules: &[Compiled]) {
        let mut started: Option<SystemTime> = None;
        for flow in &self.flows {
            let part = &mut parts[flow.part];
            if !flow.is_refused {
                started = Some(started.map_or(part.started(), |other| other.min(part.started())));
            }
            let take = rules[flow.rule].take;
            for (source, target) in part.all_mut().iter_mut().zip(&flow.targets) {
                let Some(Target { place, is_first }) = *target else { continue };
                let place = place as usize;
                let (series, sum) = (&mut self.series[place], &mut self.sums[place]);
                let added = taken(&source.value, take);
                if is_first {
                    *sum = Sum::of(added);
                } else {
                    sum.add(added);
                }
                match (&mut series.value, &mut source.value) {
                    (value, Value::Number(_)) => *value = Value::Number(sum.value()),
                    (value, _) if take.is_some() => *value = Value::Number(sum.value()),
                    (value, source) if is_first && flow.is_last => std::mem::swap(value, source),
                    (value, source) if is_first => value.copy(source),
                    (value, source) => value.add(source, sum.value()),
                }
            }
        }
        self.started = started.unwrap_or(SystemTime::UNIX_EPOCH);
    }
}

impl Form {
    fn of(value: &Value, take: Option<Take>) -> Self {
        match value {
            _ if take.is_some() => Self::Number,
            Value::Number(_) => Self::Number,
            Value::Histogram(histogram) => Self::Explicit(histogram.bounds.clone()),
            Value::Exponential(_) => Self::Exponential,
        }
    }

    fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number, Self::Number) | (Self::Exponential, Self::Exponential) => true,
            (Self::Explicit(one), Self::Explicit(two)) => Arc::ptr_eq(one, two) || one.values == two.values,
            _ => false,
        }
    }
}

/// What of a value is a number: all of it, the part of a histogram that a rule takes, or its sum.
fn taken(value: &Value, take: Option<Take>) -> Number {
    let is_count = take == Some(Take::Count);
    match value {
        Value::Number(number) => *number,
        Value::Histogram(histogram) if is_count => histogram.count.into(),
        Value::Histogram(histogram) => histogram.sum,
        Value::Exponential(histogram) if is_count => histogram.count.into(),
        Value::Exponential(histogram) => histogram.sum,
    }
}

/// The labels that a rule gives a series, if it is meant.
fn labels(rule: &Compiled, source: &Series, constant: &[String]) -> Option<Labels> {
    Some(Labels::new(&rule.labels(source.labels.pairs().collect(), constant)?))
}
