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
    /// Names that mapping rules give.
    reserved: HashSet<String>,
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
    /// Whether a mapping rule gives it.
    is_mapped: bool,
}

/// Why a metric is not shown as it is.
pub(super) enum Conflict {
    Nameless,
    Type,
    Description,
    Unit,
    /// A mapping rule has the name.
    Mapped,
    /// A mapping rule takes of a histogram what this metric does not have.
    Take,
    /// Its values cannot be added to those of another metric.
    Form,
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

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Counter => Kind::Counter,
            Self::Gauge | Self::UpDown => Kind::Gauge,
            Self::Histogram | Self::Exponential => Kind::Histogram,
        }
    }

    pub(super) fn suffix(self) -> Suffix {
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
    /// `reserved` are names that only mapping rules give.
    pub(super) fn new(naming: Naming, reserved: HashSet<String>) -> Self {
        let (owners, claimed, reported) = (HashMap::new(), HashSet::new(), HashSet::new());
        Self { naming, owners, claimed, reserved, left_out: 0, reported }
    }

    pub(super) fn naming(&self) -> Naming {
        self.naming
    }

    /// How many metrics of the last plan are not shown.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }

    /// The order in which metrics come to their names. The SDK has scopes in no order: of those seen for
    /// the first time together, the first is the one whose name is.
    pub(super) fn order(parts: &[Part]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by(|a, b| parts[*a].scope().name().cmp(parts[*b].scope().name()));
        order
    }

    /// Says that a name is no metric's.
    pub(super) fn take(&mut self, name: Option<&str>) {
        self.claimed.extend(name.map(str::to_owned));
    }

    /// Sorts the metrics that come in `order` into families.
    pub(super) fn families(&mut self, parts: &mut [Part], order: &[usize]) -> Vec<Family> {
        self.left_out = 0;
        let mut families: HashMap<String, Vec<usize>> = HashMap::new();
        for index in order.iter().copied() {
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

        families
            .into_iter()
            .filter_map(|(key, parts)| {
                let Owner { name, kind, help, .. } = self.owners.get(&key)?;
                Some(Family { name: name.clone(), kind: *kind, help: help.clone(), parts, group: None })
            })
            .collect()
    }

    /// The family of a metric, and what of the metric is not shown there.
    fn owner(&mut self, part: &Part) -> Result<(String, Option<Conflict>), Conflict> {
        let kind = part.shape().kind();
        let name = self.naming.metric(part.name(), part.unit(), part.shape().suffix()).ok_or(Conflict::Nameless)?;
        let key = name.base.clone();
        if let Some(owner) = self.owners.get(&key) {
            if owner.is_mapped {
                return Err(Conflict::Mapped);
            }
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
        if self.reserved.contains(&name.full) {
            return Err(Conflict::Mapped);
        }
        let (help, unit) = (part.description().to_owned(), part.unit().to_owned());
        self.claim(Owner { name, kind, help, unit, is_mapped: false })?;
        Ok((key, None))
    }

    /// Gives a name to what mapping rules make. A counter whose name without `_total`, or with an ending that
    /// OpenMetrics knows, is another's keeps its whole name: OpenMetrics then has it as `unknown`.
    pub(super) fn claim_for_rule(&mut self, name: MetricName, kind: Kind) -> Result<MetricName, Conflict> {
        let whole = MetricName { base: name.full.clone(), ..name.clone() };
        let names = if kind == Kind::Counter { vec![name, whole] } else { vec![name] };
        for name in names {
            let owner = Owner { name: name.clone(), kind, help: String::new(), unit: String::new(), is_mapped: true };
            if !self.owners.contains_key(&name.base) && self.claim(owner).is_ok() {
                return Ok(name);
            }
        }
        Err(Conflict::Type)
    }

    fn claim(&mut self, owner: Owner) -> Result<(), Conflict> {
        let Owner { name, kind, .. } = &owner;
        // A counter that is called by its whole name is none in OpenMetrics, and has no endings.
        let endings = if *kind == Kind::Counter && name.base == name.full { &[""] } else { kind.endings() };
        let claims: HashSet<String> =
            endings.iter().map(|ending| format!("{}{ending}", name.base)).chain([name.full.clone()]).collect();
        if claims.iter().any(|claim| self.claimed.contains(claim)) {
            return Err(Conflict::Type);
        }
        self.claimed.extend(claims);
        self.owners.insert(owner.name.base.clone(), owner);
        Ok(())
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
            Conflict::Mapped => {
                tracing::warn!(
                    scope,
                    metric,
                    "a metric is left out of the scrape: a mapping rule gives its name in Prometheus to another one"
                );
            }
            Conflict::Type | Conflict::Take | Conflict::Form => {
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
