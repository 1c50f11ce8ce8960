//! What an answer looks like.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::known::{Labels, Never, Role, Series};

/// What an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::check) struct Shape {
    pub(in crate::check) labels: Labels,
    pub(in crate::check) role: Role,
    pub(in crate::check) life: Life,
    /// The finite upper bounds of buckets.
    pub(super) bounds: Option<Arc<[f64]>>,
    /// What no value is above.
    pub(in crate::check) highest: Option<f64>,
    /// One number, not series.
    pub(super) is_scalar: bool,
    /// The number, where it is written out.
    pub(super) number: Option<f64>,
    /// Quantiles, whose sums and averages mean nothing.
    pub(in crate::check) is_quantile: bool,
    /// It is there while something else is not.
    pub(in crate::check) is_absence: bool,
    /// Labels that every series has.
    pub(super) certain: BTreeSet<String>,
    /// The metric and the matchers that it comes from, if it is one.
    pub(super) source: Option<Source>,
}

/// Which series an expression is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) metric: String,
    /// Label, operator and value.
    pub(super) matchers: BTreeSet<(String, String)>,
}

/// Whether there can be an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::check) enum Life {
    /// Never.
    Dead,
    /// Only what is written in the query itself.
    Constant,
    Alive,
}

impl Shape {
    pub(super) fn of(labels: Labels, role: Role) -> Self {
        Self {
            labels,
            role,
            life: Life::Alive,
            bounds: None,
            highest: None,
            is_scalar: false,
            number: None,
            is_quantile: false,
            is_absence: false,
            certain: BTreeSet::new(),
            source: None,
        }
    }

    pub(super) fn scalar() -> Self {
        Self { is_scalar: true, life: Life::Constant, ..Self::of(Labels::default(), Role::Gauge) }
    }

    pub(super) fn number(number: f64) -> Self {
        Self { number: Some(number), ..Self::scalar() }
    }

    /// Something whose labels nobody knows.
    pub(super) fn anything() -> Self {
        Self::of(Labels::open(), Role::Unknown)
    }

    /// What is not there.
    pub(super) fn nothing() -> Self {
        Self { life: Life::Dead, ..Self::anything() }
    }

    pub(super) fn negated(mut self) -> Self {
        self.number = self.number.map(|number| -number);
        self.highest = None;
        self
    }

    /// The same series with other numbers.
    pub(super) fn changed(self) -> Self {
        let role =
            if matches!(self.role, Role::Bucket | Role::Native | Role::Unknown) { self.role } else { Role::Gauge };
        Self { role, highest: None, is_quantile: false, number: None, ..self }
    }

    /// Whether a series may have a label.
    pub(in crate::check) fn may_have(&self, label: &str) -> bool {
        self.labels.may_have(label)
    }

    /// What a rule records under a name.
    pub(in crate::check) fn recorded(&self) -> Series {
        let Self { labels, role, life, bounds, highest, .. } = self;
        let role = if *role == Role::Part { Role::Unknown } else { *role };
        let never = (*life == Life::Dead).then_some(Never::Recorded);
        let (labels, bounds, highest) = (labels.clone(), bounds.clone(), *highest);
        Series { role, labels, bounds, highest, never, is_scraped: false }
    }
}
