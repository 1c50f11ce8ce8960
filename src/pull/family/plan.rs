//! Which metric of the SDK goes into which family.

use std::collections::{HashMap, HashSet};

use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};

use super::{Family, Kind, part::Part};
use crate::pull::translate::{MetricName, Naming, Suffix};

/// What the SDK's data says about a metric's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Counter,
    Gauge,
    UpDown,
    Histogram,
    Exponential,
}

/// Who has which name. A name belongs to the metric that had it first, for as long as the program
/// runs, so that a dashboard does not change its meaning.
#[derive(Debug)]
pub(super) struct Plan {
    naming: Naming,
    /// By the name that OpenMetrics knows the family by.
    owners: HashMap<String, Owner>,
    /// Names of samples, which no other family may have.
    claimed: HashSet<String>,
    left_out: usize,
    /// Metrics that were complained about.
    reported: HashSet<(String, String)>,
}

#[derive(Debug)]
struct Owner {
    name: MetricName,
    kind: Kind,
    help: String,
    unit: String,
}

/// Why a metric is not shown as it is.
enum Conflict {
    Nameless,
    Type,
    Description,
    Unit,
}

impl Shape {
    pub(super) fn of(data: &AggregatedMetrics) -> Self {
        match data {
            AggregatedMetrics::F64(data) => Self::of_typed(data),
            AggregatedMetrics::U64(data) => Self::of_typed(data),
            AggregatedMetrics::I64(data) => Self::of_typed(data),
        }
    }

    pub(super) fn has_buckets(self) -> bool {
        matches!(self, Self::Histogram | Self::Exponential)
    }

    fn of_typed<T>(data: &MetricData<T>) -> Self {
        match data {
            MetricData::Gauge(_) => Self::Gauge,
            MetricData::Sum(sum) if sum.is_monotonic() => Self::Counter,
            MetricData::Sum(_) => Self::UpDown,
            MetricData::Histogram(_) => Self::Histogram,
            MetricData::ExponentialHistogram(_) => Self::Exponential,
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Counter => Kind::Counter,
            Self::Gauge | Self::UpDown => Kind::Gauge,
            Self::Histogram | Self::Exponential => Kind::Histogram,
        }
    }

    fn suffix(self) -> Suffix {
        match self {
            Self::Counter => Suffix::Counter,
            Self::Gauge => Suffix::Gauge,
            _ => Suffix::Other,
        }
    }
}

impl Kind {
    /// The endings of names that samples of this kind have in some format.
    fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["", "_total", "_created"],
            Self::Gauge => &[""],
            Self::Histogram => &["", "_bucket", "_count", "_sum", "_created"],
        }
    }
}

impl Plan {
    pub(super) fn new(naming: Naming) -> Self {
        Self { naming, owners: HashMap::new(), claimed: HashSet::new(), left_out: 0, reported: HashSet::new() }
    }

    /// How many metrics of the last plan are not shown.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }

    /// Sorts metrics into families, which come in the order of their names. `taken` is a name that no
    /// metric may have.
    pub(super) fn families(&mut self, parts: &mut [Part], taken: Option<&str>) -> Vec<Family> {
        self.claimed.extend(taken.map(str::to_owned));
        self.left_out = 0;
        // The SDK has scopes in no order. Of those seen for the first time together, the first is the
        // one whose name is.
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by(|a, b| parts[*a].scope().name().cmp(parts[*b].scope().name()));

        let mut families: HashMap<String, Vec<usize>> = HashMap::new();
        for index in order {
            let part = &parts[index];
            let (key, conflict) = match self.owner(part) {
                Ok((key, conflict)) => (Some(key), conflict),
                Err(conflict) => (None, Some(conflict)),
            };
            if let Some(conflict) = conflict {
                self.report(part, &conflict);
            }
            parts[index].show(key.is_some());
            match key {
                Some(key) => families.entry(key).or_default().push(index),
                None => self.left_out += 1,
            }
        }

        let mut families: Vec<Family> = families
            .into_iter()
            .filter_map(|(key, parts)| {
                let Owner { name, kind, help, .. } = self.owners.get(&key)?;
                Some(Family { name: name.clone(), kind: *kind, help: help.clone(), parts })
            })
            .collect();
        families.sort_by(|a, b| a.name.full.cmp(&b.name.full));
        families
    }

    /// The family of a metric, and what of the metric is not shown there.
    fn owner(&mut self, part: &Part) -> Result<(String, Option<Conflict>), Conflict> {
        let kind = part.shape().kind();
        let name = self.naming.metric(part.name(), part.unit(), part.shape().suffix()).ok_or(Conflict::Nameless)?;
        let key = name.base.clone();
        if let Some(owner) = self.owners.get(&key) {
            if owner.kind != kind || owner.name.full != name.full {
                return Err(Conflict::Type);
            }
            let conflict = if owner.help != part.description() {
                Some(Conflict::Description)
            } else if owner.unit != part.unit() {
                Some(Conflict::Unit)
            } else {
                None
            };
            return Ok((key, conflict));
        }
        let claims: HashSet<String> =
            kind.endings().iter().map(|ending| format!("{}{ending}", name.base)).chain([name.full.clone()]).collect();
        if claims.iter().any(|claim| self.claimed.contains(claim)) {
            return Err(Conflict::Type);
        }
        self.claimed.extend(claims);
        let owner = Owner { name, kind, help: part.description().to_owned(), unit: part.unit().to_owned() };
        self.owners.insert(key.clone(), owner);
        Ok((key, None))
    }

    fn report(&mut self, part: &Part, conflict: &Conflict) {
        let scope = part.scope().name();
        if !self.reported.insert((scope.to_owned(), part.name().to_owned())) {
            return;
        }
        let metric = part.name();
        match conflict {
            Conflict::Nameless => {
                tracing::warn!(
                    scope,
                    metric,
                    "a metric is left out of the scrape: Prometheus can keep nothing of its name"
                );
            }
            Conflict::Type => {
                tracing::warn!(
                    scope,
                    metric,
                    "a metric is left out of the scrape: another one of another type has its name in Prometheus"
                );
            }
            Conflict::Description => {
                tracing::warn!(
                    scope,
                    metric,
                    "the description of a metric is not shown: another one with the same name came first"
                );
            }
            Conflict::Unit => {
                tracing::warn!(scope, metric, "two metrics of different units have the same name in Prometheus");
            }
        }
    }
}
