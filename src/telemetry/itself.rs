//! Telemetry, measured: what is lost, refused or late shows on whichever exit still works.

use crate::catalog::telemetry as definitions;
use crate::exemplar::{Counts, Exemplars};
use crate::operation::{Instruments, Observed};

/// What belongs to no exit. It is asked for until what is given back is dropped.
pub(super) fn observe(instruments: &Instruments, exemplars: &Exemplars) -> Vec<Observed> {
    let counts = |definition, count: fn(Counts) -> u64| {
        let (exemplars, labels) = (exemplars.clone(), instruments.labels());
        instruments.observe(definition, move |observer| observer.observe(count(exemplars.counts()) as f64, &labels))
    };
    let refused = {
        let own = instruments.clone();
        instruments.observe(&definitions::LABELS_REFUSED, move |observer| {
            for (key, count) in own.refused_labels() {
                observer.observe(count as f64, &own.labels().set(&definitions::LABEL, key));
            }
        })
    };
    vec![
        counts(&definitions::EXEMPLARS_OFFERED, |counts| counts.offered),
        counts(&definitions::EXEMPLARS_KEPT, |counts| counts.kept),
        refused,
    ]
}
