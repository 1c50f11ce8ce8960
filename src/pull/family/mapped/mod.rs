//! Metrics that rules make of others: which series goes into which, planned once, and the values, written
//! at each scrape.

mod exemplars;
mod group;

use std::collections::HashSet;

use super::{
    Kind, Part,
    plan::{Conflict, Plan},
};
use crate::pull::{
    mapping::{Compiled, Mapping, Take, Unmatched},
    translate::{Naming, Suffix},
};

pub(super) use group::Group;

use group::Flow;

/// What rules make of the metrics of the SDK.
pub(super) struct Mapped {
    rules: Vec<Compiled>,
    unmatched: Unmatched,
    /// They stay for as long as the program runs, since each has its name for as long.
    groups: Vec<Group>,
    /// Metrics that a rule cannot show.
    refused: usize,
    reported: Reported,
}

/// What was complained about: rules, and the scopes and names of metrics.
type Reported = HashSet<(usize, String, String)>;

impl Mapped {
    /// `None` if everything stays as it is.
    pub(super) fn new(mapping: &Mapping, naming: Naming) -> Option<Self> {
        if *mapping == Mapping::default() {
            return None;
        }
        Some(Self {
            rules: mapping.rules.iter().map(|rule| Compiled::new(rule, naming)).collect(),
            unmatched: mapping.unmatched,
            groups: Vec::new(),
            refused: 0,
            reported: HashSet::new(),
        })
    }

    /// The names that rules give, which other metrics do not get.
    pub(super) fn names(&self, naming: Naming) -> impl Iterator<Item = String> {
        self.rules.iter().filter_map(move |rule| Some(naming.own(rule.name.as_ref()?)))
    }

    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// How many times a metric is not shown by a rule that matches it.
    pub(super) fn left_out(&self) -> usize {
        let flows = self.groups.iter().flat_map(|group| &group.flows);
        self.refused + flows.filter(|flow| flow.is_refused).count()
    }

    /// Says which rules the metrics go through. Returns of each metric whether it is shown by rules alone,
    /// or not at all. `order` is the order in which metrics come to their names.
    pub(super) fn replan(&mut self, parts: &mut [Part], order: &[usize], plan: &mut Plan) -> Vec<bool> {
        for group in &mut self.groups {
            group.flows.clear();
        }
        self.refused = 0;
        let mut taken = vec![false; parts.len()];
        for index in order.iter().copied() {
            let part = &mut parts[index];
            let mut is_shown = false;
            for rule in 0..self.rules.len() {
                if !self.rules[rule].is_for(part.name()) {
                    continue;
                }
                taken[index] = true;
                match self.group(rule, part, plan) {
                    Ok(group) => {
                        is_shown = true;
                        self.groups[group].flows.push(Flow::new(rule, index));
                    }
                    Err(conflict) => {
                        self.refused += 1;
                        report(&mut self.reported, rule, part, &conflict);
                    }
                }
            }
            taken[index] |= self.unmatched == Unmatched::Drop;
            if taken[index] {
                part.show(is_shown);
            }
        }
        let mut seen = HashSet::new();
        for flow in self.groups.iter_mut().rev().flat_map(|group| group.flows.iter_mut().rev()) {
            flow.is_last = seen.insert(flow.part);
        }
        taken
    }

    /// The group that a rule leads a metric into.
    fn group(&mut self, rule: usize, part: &Part, plan: &mut Plan) -> Result<usize, Conflict> {
        let Compiled { name, help, take, .. } = &self.rules[rule];
        let shape = part.shape();
        let (kind, suffix) = match take {
            Some(_) if !shape.has_buckets() => return Err(Conflict::Take),
            Some(_) => (Kind::Counter, Suffix::Counter),
            None => (shape.kind(), shape.suffix()),
        };
        let unit = if *take == Some(Take::Count) { "" } else { part.unit() };
        let name = match name {
            Some(name) => plan.naming().exact(name, unit, suffix),
            None => plan.naming().metric(part.name(), unit, suffix).ok_or(Conflict::Nameless)?,
        };
        if let Some(place) = self.groups.iter().position(|group| group.name.full == name.full) {
            let group = &self.groups[place];
            return if group.kind == kind { Ok(place) } else { Err(Conflict::Type) };
        }
        let help = help.clone().unwrap_or_else(|| part.description().to_owned());
        let name = plan.claim_for_rule(name, kind)?;
        self.groups.push(Group::new(name, kind, help));
        Ok(self.groups.len() - 1)
    }

    /// Writes the values of a collection, and the exemplars if they were read. `constant` are labels that
    /// every series has.
    pub(super) fn update(&mut self, parts: &mut [Part], constant: &[String], exemplars: bool) {
        for group in &mut self.groups {
            if group.flows.iter().any(|flow| parts[flow.part].is_changed()) || group.is_without_flows() {
                group.plan(parts, &self.rules, constant, &mut self.reported);
            }
        }
        for group in &mut self.groups {
            group.write(parts, &self.rules);
            if exemplars && group.kind != Kind::Gauge {
                group.write_exemplars(parts);
            }
        }
        let flows = self.groups.iter().flat_map(|group| &group.flows);
        flows.for_each(|flow| parts[flow.part].settle());
    }
}

fn report(reported: &mut Reported, rule: usize, part: &Part, conflict: &Conflict) {
    let (scope, metric) = (part.scope().name(), part.name());
    if !reported.insert((rule, scope.to_owned(), metric.to_owned())) {
        return;
    }
    let rule = format!("rules[{rule}]");
    let why = match conflict {
        Conflict::Take => "it is no histogram, and has no count or sum to take",
        Conflict::Form => "its buckets are not those of the metric that came first to the rule's name",
        Conflict::Nameless => "Prometheus can keep nothing of its name",
        _ => "another metric of another type has the rule's name in Prometheus",
    };
    tracing::warn!(target: "telecine", rule, scope, metric, "a metric is not mapped by a rule that matches it: {why}");
}
