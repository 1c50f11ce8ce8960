//! What a driver did, held against what is read.

use std::collections::BTreeMap;

use telecine::catalog::Instrument;

use crate::support::{Bench, Series, Value};

/// What the driver did, by instrument: the labels of each series, and its value.
#[derive(Default)]
pub(crate) struct Expected(BTreeMap<&'static str, Vec<(Labels, Want)>>);

pub(crate) type Labels = &'static [(&'static str, &'static str)];

#[derive(Clone, Copy)]
pub(crate) enum Want {
    Is(f64),
    /// A histogram of so many values, all of the clock's making.
    Count(u64),
    /// A histogram of so many values with this sum.
    CountSum(u64, f64),
    /// A sum of the clock's making.
    Positive,
}

impl Expected {
    /// What is wanted of an instrument: its series that are not zero, and of those that are any.
    pub(crate) fn want(&mut self, instrument: &Instrument, series: Vec<(Labels, Want)>) {
        self.0.insert(instrument.name(), series);
    }

    /// Each of these instruments has the series that are wanted, and no other that is not zero.
    #[track_caller]
    pub(crate) fn check(&self, bench: &Bench, instruments: &[Instrument]) {
        for instrument in instruments {
            let wants = self.0.get(instrument.name());
            let wants = wants.unwrap_or_else(|| panic!("nothing drives {}", instrument.name()));
            let found = bench.series(instrument.name());
            for series in &found {
                let keys: Vec<_> = instrument.attribute_list().iter().map(|attribute| attribute.key()).collect();
                let is_allowed = series.labels.keys().all(|key| keys.contains(&key.as_str()));
                assert!(is_allowed, "{}: {series:?}", instrument.name());
            }
            for (labels, want) in wants {
                let labels: BTreeMap<_, _> = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
                let series = found.iter().find(|series| series.labels == labels);
                let series = series.unwrap_or_else(|| panic!("{} has no {labels:?}: {found:?}", instrument.name()));
                assert!(want.is_met(series), "{}: {series:?}", instrument.name());
            }
            let idle = found.iter().filter(|series| series.value == Value::Sum(0.0)).count();
            assert_eq!(found.len() - idle, wants.iter().filter(|(_, want)| !want.is_zero()).count(), "{found:?}");
        }
    }
}

impl Want {
    fn is_met(self, series: &Series) -> bool {
        match (self, &series.value) {
            (Self::Is(want), Value::Sum(sum)) => (sum - want).abs() < 1e-9,
            (Self::Positive, Value::Sum(sum)) => *sum > 0.0,
            (Self::Count(want), Value::Histogram { count, .. }) => *count == want,
            (Self::CountSum(want, total), Value::Histogram { count, sum }) => {
                *count == want && (sum - total).abs() < 1e-9
            }
            _ => false,
        }
    }

    fn is_zero(self) -> bool {
        matches!(self, Self::Is(0.0))
    }
}
