//! Which instruments a rule is for.

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::metrics::InstrumentKind;

use super::rules::Rule;
use super::{Stream, Views};
use crate::catalog::{Catalog, Instrument, Kind};

/// Which instruments of the catalogue each rule matches, in the order of the rules; none is often a
/// mistake in a name.
///
/// The catalogue does not say which meter makes an instrument, nor whether it is observed: what a
/// selector says of the meter is taken to hold, and either form of a kind matches.
pub fn explain(rules: &[Rule], catalog: &Catalog) -> Vec<Vec<&'static str>> {
    let matching = |rule: &Rule| {
        let instruments = catalog.iter().filter(|instrument| {
            let kinds = kinds(instrument.kind());
            kinds.iter().any(|kind| rule.selector.selects(instrument.name(), *kind, instrument.unit()))
        });
        instruments.map(|instrument| instrument.name()).collect()
    };
    rules.iter().map(matching).collect()
}

impl Views {
    /// The streams of an instrument of the catalogue, as telecine's own meter makes them, whether it is
    /// observed or not.
    pub(crate) fn declared(
        &self,
        instrument: &'static Instrument,
    ) -> Vec<(&'static Instrument, InstrumentKind, Stream)> {
        let scope = InstrumentationScope::builder("telecine").build();
        let mut declared = Vec::new();
        for kind in kinds(instrument.kind()) {
            for stream in self.resolve(&scope, instrument.name(), *kind, instrument.unit(), None) {
                if !declared.iter().any(|(_, _, other)| *other == stream) {
                    declared.push((instrument, *kind, stream));
                }
            }
        }
        declared
    }
}

fn kinds(kind: Kind) -> &'static [InstrumentKind] {
    match kind {
        Kind::Counter => &[InstrumentKind::Counter, InstrumentKind::ObservableCounter],
        Kind::UpDownCounter => &[InstrumentKind::UpDownCounter, InstrumentKind::ObservableUpDownCounter],
        Kind::Histogram => &[InstrumentKind::Histogram],
        Kind::Gauge => &[InstrumentKind::Gauge, InstrumentKind::ObservableGauge],
    }
}
