//! The series that there can be: names, labels and their values, bounds.

mod bounds;
mod catalog;
mod exposition;
mod mapped;
mod nearest;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use bounds::{read as bound, spelled};
pub use exposition::{Malformed, outline};

use super::Tally;

/// What can be asked for: the series that catalogues declare, that scrapes show, that rules record, and those that
/// Prometheus writes itself.
#[derive(Clone, Debug)]
pub struct Known {
    series: BTreeMap<String, Series>,
    /// Metrics that have series of other names.
    families: BTreeMap<String, BTreeSet<String>>,
    /// Labels that the scrape configuration gives every series.
    target: BTreeSet<String>,
    /// Whether Prometheus stores histograms as native ones.
    native: bool,
    /// The metrics of the program's own catalogue, and the series of each.
    declared: BTreeMap<String, Vec<String>>,
    /// The names that scrapes showed.
    shown: BTreeSet<String>,
}

/// Series of one name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) role: Role,
    pub(super) labels: Labels,
    /// The finite upper bounds of a histogram.
    pub(super) bounds: Option<Arc<[f64]>>,
    /// What no value is above.
    pub(super) highest: Option<f64>,
    /// Whether it has the labels of a target; what is recorded has those that are left.
    pub(super) is_scraped: bool,
    /// Why there never is one.
    pub(super) never: Option<Never>,
}

/// Why there never is a series that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Never {
    /// It is declared and not written.
    Written,
    /// It is recorded from what is never there.
    Recorded,
}

/// What the numbers of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Counter,
    Gauge,
    /// How many values are at most so large.
    Bucket,
    /// The sum or the number of a histogram's or a summary's values.
    Part,
    /// A native histogram.
    Native,
    /// A quantile of a summary.
    Quantile,
    /// Nobody says.
    Unknown,
}

/// The labels that series may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels {
    names: BTreeMap<String, Values>,
    /// There may be others.
    pub(super) open: bool,
}

/// The values of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Values {
    Any,
    /// These only, and none.
    These(BTreeSet<String>),
}

/// The labels of every scraped series.
const TARGET: [&str; 2] = ["instance", "job"];

/// What Prometheus writes for each target.
const OF_TARGETS: [&str; 9] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "scrape_timeout_seconds",
    "scrape_sample_limit",
    "scrape_body_size_bytes",
    "target_info",
];

impl Default for Known {
    fn default() -> Self {
        Self::new()
    }
}

impl Known {
    /// What Prometheus writes itself: `up`, `ALERTS` and what scrapes cost.
    pub fn new() -> Self {
        let mut known = Self {
            series: BTreeMap::new(),
            families: BTreeMap::new(),
            target: TARGET.map(str::to_owned).into(),
            native: false,
            declared: BTreeMap::new(),
            shown: BTreeSet::new(),
        };
        for name in OF_TARGETS {
            let labels = Labels { open: name == "target_info", ..Labels::default() };
            known.add(name, Series::new(Role::Gauge, labels));
        }
        for name in ["ALERTS", "ALERTS_FOR_STATE"] {
            let mut labels = Labels { open: true, ..Labels::default() };
            labels.insert("alertname", Values::Any);
            if name == "ALERTS" {
                labels.insert("alertstate", Values::these(["firing", "pending"]));
            }
            known.add(name, Series { is_scraped: false, ..Series::new(Role::Gauge, labels) });
        }
        known
    }

    /// Labels that every series has by the scrape configuration, beside `job` and `instance`.
    #[must_use]
    pub fn target_labels(mut self, labels: impl IntoIterator<Item = String>) -> Self {
        self.target.extend(labels);
        self
    }

    /// Says that Prometheus stores histograms as native ones too, so that they are asked for by their names.
    #[must_use]
    pub fn native_histograms(mut self, native: bool) -> Self {
        self.native = native;
        self
    }

    pub(super) fn get(&self, name: &str) -> Option<&Series> {
        self.series.get(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.series.keys().map(String::as_str)
    }

    /// The series that a metric has under other names.
    pub(super) fn family(&self, name: &str) -> Option<&BTreeSet<String>> {
        self.families.get(name)
    }

    /// The known name that is most like another one.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        nearest::nearest(name, self.names())
    }

    /// Whether any series has a label.
    pub(super) fn has_label(&self, label: &str) -> bool {
        self.target.contains(label) || self.series.values().any(|series| series.labels.get(label).is_some())
    }

    pub(super) fn target(&self) -> impl Iterator<Item = &str> {
        self.target.iter().map(String::as_str)
    }

    /// Adds series, or their labels to those that there are.
    pub(super) fn add(&mut self, name: &str, series: Series) {
        match self.series.get_mut(name) {
            None => {
                self.series.insert(name.to_owned(), series);
            }
            Some(known) => known.merge(series),
        }
    }

    /// Puts in what a rule records; returns whether that is new. Two rules may record under one name.
    pub(super) fn record(&mut self, name: &str, series: Series) -> bool {
        match self.series.get(name) {
            Some(known) => {
                let mut merged = known.clone();
                merged.merge(series);
                if merged == *known {
                    return false;
                }
                self.series.insert(name.to_owned(), merged);
            }
            None => {
                self.series.insert(name.to_owned(), series);
            }
        }
        true
    }

    /// Adds a histogram under the names of its series.
    fn add_histogram(&mut self, name: &str, labels: &Labels, bounds: Option<Arc<[f64]>>) {
        let mut buckets = labels.clone();
        let le = bounds.as_ref().map_or(Values::Any, |bounds| Values::These(bounds::spellings(bounds)));
        buckets.insert("le", le);
        let series = Series { bounds: bounds.clone(), ..Series::new(Role::Bucket, buckets) };
        self.add(&format!("{name}_bucket"), series);
        for part in ["sum", "count"] {
            self.add(&format!("{name}_{part}"), Series::new(Role::Part, labels.clone()));
        }
        let family = self.families.entry(name.to_owned()).or_default();
        family.extend(["bucket", "sum", "count"].map(|part| format!("{name}_{part}")));
        if self.native {
            self.add_native(name, labels);
        }
    }

    fn add_native(&mut self, name: &str, labels: &Labels) {
        self.add(name, Series::new(Role::Native, labels.clone()));
    }

    /// Once every scrape was read: what the program's own catalogue declares and none of them has. Scrapes that
    /// have nothing of that catalogue are of other programs, and say nothing about it.
    pub(super) fn settle(&mut self) -> Vec<String> {
        let is_shown = |series: &Vec<String>| series.iter().any(|name| self.shown.contains(name));
        if !self.declared.values().any(is_shown) {
            return Vec::new();
        }
        let unwritten: Vec<_> = self.declared.iter().filter(|(_, series)| !is_shown(series)).collect();
        for name in unwritten.iter().flat_map(|(_, series)| *series) {
            if let Some(series) = self.series.get_mut(name) {
                series.never = Some(Never::Written);
            }
        }
        unwritten.into_iter().map(|(name, _)| name.clone()).collect()
    }

    /// How many metrics the program's own catalogue has, and how many of them no scrape shows.
    pub(super) fn tally(&self, unwritten: usize) -> Tally {
        let is_shown = |series: &Vec<String>| series.iter().any(|name| self.shown.contains(name));
        match self.declared.values().any(is_shown) {
            true => Tally { all: self.declared.len(), dead: unwritten },
            false => Tally::default(),
        }
    }
}

impl Series {
    pub(super) fn new(role: Role, labels: Labels) -> Self {
        Self { role, labels, bounds: None, highest: None, is_scraped: true, never: None }
    }

    fn merge(&mut self, other: Self) {
        let Self { role, labels, bounds, highest, is_scraped, never } = other;
        self.is_scraped |= is_scraped;
        self.labels.merge(labels);
        if self.role == Role::Unknown {
            self.role = role;
        }
        // Of several, the threshold has to be below one.
        if let Some(bounds) = bounds {
            let is_higher = |own: &Arc<[f64]>| own.last() < bounds.last();
            if self.bounds.as_ref().is_none_or(is_higher) {
                self.bounds = Some(bounds);
            }
        }
        self.highest = self.highest.and(highest);
        self.never = self.never.take().and(never);
    }
}

impl Labels {
    pub(super) fn open() -> Self {
        Self { names: BTreeMap::new(), open: true }
    }

    pub(super) fn insert(&mut self, name: &str, values: Values) {
        self.names.insert(name.to_owned(), values);
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Values> {
        self.names.remove(name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Values> {
        self.names.get(name)
    }

    /// Whether a series may have it.
    pub(super) fn may_have(&self, name: &str) -> bool {
        self.open || self.names.contains_key(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.names.retain(|name, _| keep(name));
    }

    /// Takes in the labels of others.
    pub(super) fn merge(&mut self, other: Self) {
        self.open |= other.open;
        for (name, values) in other.names {
            match self.names.get_mut(&name) {
                None => {
                    self.names.insert(name, values);
                }
                Some(own) => own.merge(values),
            }
        }
    }
}

impl Values {
    pub(super) fn these<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::These(values.into_iter().map(Into::into).collect())
    }

    fn merge(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::These(own), Self::These(values)) => own.extend(values),
            (_, _) => *self = Self::Any,
        }
    }
}
