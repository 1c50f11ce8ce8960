//! Mapping: the metrics of a scrape under names, labels and values that an operator chooses, so that
//! dashboards which are there stay as they are.
//!
//! A [`Mapping`] is plain data, the `distribution: telecine: prometheus: mapping:` of the configuration
//! file. A [`Mapper`] is one that was checked; [`Options`](super::Options) has it.
//!
//! Rules are for metrics as the views leave them, and change nothing of what is measured: OTLP carries the
//! same measurements under OpenTelemetry's names.
//!
//! - A metric that a rule matches by its name is shown by the rules alone, also where a rule's labels leave
//!   some of its series out. A rule that says nothing but the name keeps the metric as it is, beside others.
//! - A metric may match several rules; each gives a metric.
//! - Series that become equal are added up: numbers, and histograms bucket by bucket; exponential ones at
//!   the lower of their scales. So are series of several metrics with one name, if types and bounds agree. If
//!   they do not, the one that came first has the name, and the later one is left out, counted and logged once.
//! - A series goes into another one once, even if several rules lead there.
//! - A name that a rule gives is served as it is. A metric that no rule matches does not get it.
//! - OpenMetrics knows no counter whose name does not end in `_total`: there it is of type `unknown` and
//!   has no exemplars.

mod check;
#[cfg(feature = "prometheus")]
mod compiled;
mod explain;
mod rules;

#[cfg(test)]
mod tests;

#[cfg(feature = "prometheus")]
pub(crate) use compiled::Compiled;

pub use check::{Error, Fault, Flaw, Mapper};
pub use explain::{Clash, Explanation, Note, explain};
pub use rules::{LabelRule, Mapping, Match, Rule, Take, Unmatched};
