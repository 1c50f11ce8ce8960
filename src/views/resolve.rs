//! The streams of an instrument.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError};

use opentelemetry::{InstrumentationScope, Key};
use opentelemetry_sdk::metrics::InstrumentKind;

use super::pattern::is_wild;
use super::rules::{KeyFilter, Selector, StreamRule};
use super::{Advice, Aggregation, DEFAULT_CARDINALITY_LIMIT, Finding, Stream, Views, default_boundaries};

impl Views {
    /// The streams of an instrument, each under a name of its own.
    ///
    /// `boundaries` are those that the instrument was built with; a view's own come before them. A
    /// histogram with neither gets bounds that suit its unit, where the SDK would give seconds the
    /// bounds of milliseconds.
    pub fn resolve(
        &self,
        scope: &InstrumentationScope,
        name: &str,
        kind: InstrumentKind,
        unit: &str,
        boundaries: Option<&[f64]>,
    ) -> Vec<Stream> {
        let mut streams = self.streams(scope, name, kind, unit);
        for stream in &mut streams {
            if kind == InstrumentKind::Histogram && stream.aggregation == Aggregation::Default {
                let boundaries = boundaries.unwrap_or_else(|| default_boundaries(unit)).to_vec();
                stream.aggregation = Aggregation::Explicit { boundaries, record_min_max: true };
            }
        }
        streams
    }

    /// The streams of an instrument. A histogram whose aggregation is the default has the bounds that it
    /// was built with.
    pub(super) fn streams(
        &self,
        scope: &InstrumentationScope,
        name: &str,
        kind: InstrumentKind,
        unit: &str,
    ) -> Vec<Stream> {
        let advice = self.advice.get(name);
        let mut streams: Vec<Stream> = Vec::new();
        for (place, rule) in self.rules.iter().enumerate() {
            if !rule.selector.selects(name, kind, unit) || !rule.selector.selects_scope(scope) {
                continue;
            }
            if let Some(flaw) = rule.stream.aggregation.as_ref().and_then(|aggregation| aggregation.flaw(kind)) {
                self.say(Some(place), name, format!("a view is left out for an instrument: its aggregation {flaw}"));
                continue;
            }
            let stream = self.stream(name, kind, advice, Some(&rule.stream));
            // The SDK makes one stream of two that have one name, and would measure twice into it if they
            // differ in case.
            if streams.iter().any(|other| other.name.eq_ignore_ascii_case(&stream.name)) {
                self.say(
                    Some(place),
                    name,
                    "a view is left out for an instrument: an earlier one makes a stream of the same name; give one of \
                     them another `stream.name`, or make them one"
                        .to_owned(),
                );
                continue;
            }
            streams.push(stream);
        }
        if streams.is_empty() {
            streams.push(self.stream(name, kind, advice, None));
        }
        self.settle_filters(name, &mut streams);
        streams
    }

    fn stream(&self, name: &str, kind: InstrumentKind, advice: Option<&Advice>, said: Option<&StreamRule>) -> Stream {
        let mut stream = advice.map_or_else(|| Stream::plain(name), |advice| advice.stream.clone());
        if kind == InstrumentKind::Histogram && self.histograms.aggregation() != Aggregation::Default {
            stream.aggregation = self.histograms.aggregation();
        }
        if let Some(filter) = said.and_then(|said| said.attribute_keys.as_ref()) {
            match kept(filter, advice) {
                Some(keys) => stream.keys = keys,
                None => stream.filter = Some(Arc::new(filter.clone())),
            }
        }
        let wanted = self.limits.of(kind).unwrap_or(DEFAULT_CARDINALITY_LIMIT);
        stream.cardinality_limit = advice.map_or(wanted, |advice| advice.need(stream.keys.as_deref()).min(wanted));
        let Some(said) = said else { return stream };
        if let Some(name) = &said.name {
            stream.name = Cow::Owned(name.clone());
        }
        if let Some(description) = &said.description {
            stream.description = Some(Cow::Owned(description.clone()));
        }
        if let Some(aggregation) = said.aggregation.as_ref().filter(|said| **said != Aggregation::Default) {
            stream.aggregation = aggregation.clone();
        }
        if let Some(limit) = said.cardinality_limit {
            stream.cardinality_limit = limit;
        }
        stream
    }

    /// The SDK is shown the same attributes for all streams of an instrument. So a filter that is not written
    /// out as keys can be for all of them or for none.
    fn settle_filters(&self, name: &str, streams: &mut [Stream]) {
        let Some(filter) = streams.iter().find_map(|stream| stream.filter.clone()) else { return };
        let agrees = |stream: &Stream| {
            let keys_are_kept = |keys: &Arc<[Key]>| keys.iter().all(|key| filter.keeps(key.as_str()));
            match &stream.filter {
                _ if stream.aggregation == Aggregation::Drop => true,
                Some(other) => *other == filter,
                None => stream.keys.as_ref().is_some_and(keys_are_kept),
            }
        };
        if streams.iter().all(agrees) {
            return;
        }
        streams.iter_mut().for_each(|stream| stream.filter = None);
        self.say(
            None,
            name,
            "the attribute keys of views have no effect on an instrument, whose attributes all stay: several views \
             match it, and it is in no catalogue, so nothing tells which keys a pattern or `excluded` leaves each of \
             them; write them out in `included`, or declare the instrument"
                .to_owned(),
        );
    }

    /// Says something about a rule and an instrument, once.
    fn say(&self, rule: Option<usize>, instrument: &str, text: String) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if !said.known.insert((rule, instrument.to_owned())) {
            return;
        }
        let finding = Finding { rule, instrument: instrument.to_owned(), text };
        match &mut said.kept {
            Some(kept) => kept.push(finding),
            None => {
                drop(said);
                finding.say();
            }
        }
    }

    /// Nobody logs yet: what is found wrong when rules meet instruments is kept until [`speak`](Self::speak).
    #[must_use]
    pub fn quiet(mut self) -> Self {
        let said = self.said.get_mut().unwrap_or_else(PoisonError::into_inner);
        said.kept = Some(Vec::new());
        self
    }

    /// Whoever logs is there now: what was found so far is said, and what is found later at once.
    pub fn speak(&self) {
        let kept = self.said.lock().unwrap_or_else(PoisonError::into_inner).kept.take();
        for finding in kept.into_iter().flatten() {
            finding.say();
        }
    }
}

impl Finding {
    fn say(&self) {
        let Self { rule, instrument, text } = self;
        let rule = rule.map(|place| format!("views[{place}]"));
        tracing::warn!(target: "telecine", rule, instrument, "{text}");
    }
}

impl Selector {
    fn selects_scope(&self, scope: &InstrumentationScope) -> bool {
        self.meter_name.as_deref().is_none_or(|wanted| wanted == scope.name())
            && self.meter_version.as_deref().is_none_or(|wanted| Some(wanted) == scope.version())
            && self.meter_schema_url.as_deref().is_none_or(|wanted| Some(wanted) == scope.schema_url())
    }
}

impl Advice {
    /// How many series there can be of a stream with these keys, and one for the overflow.
    fn need(&self, keys: Option<&[Key]>) -> usize {
        let (Some(keys), Some(declared)) = (keys, self.stream.keys.as_deref()) else {
            return self.stream.cardinality_limit;
        };
        if keys == declared {
            return self.stream.cardinality_limit;
        }
        let count = |key: &Key| declared.iter().position(|known| known == key).map(|place| self.values.get(place));
        let values = keys.iter().map(|key| count(key).flatten().copied().unwrap_or(usize::MAX));
        values.fold(1_usize, usize::saturating_mul).saturating_add(1)
    }
}

/// The keys that a filter leaves, as the SDK wants to have them: written out. `Some(None)` leaves all,
/// and `None` is what cannot be written out.
fn kept(filter: &KeyFilter, advice: Option<&Advice>) -> Option<Option<Arc<[Key]>>> {
    let declared = advice.and_then(|advice| advice.stream.keys.as_deref());
    // Keys that the definition does not have may be asked for by their names.
    let named = filter.included.iter().flatten().filter(|key| !is_wild(key)).map(|key| Key::new(key.clone()));
    let mut keys: Vec<Key> = match (declared, &filter.included) {
        (Some(declared), _) => declared.iter().cloned().chain(named).collect(),
        (None, Some(included)) if !included.iter().any(|key| is_wild(key)) => named.collect(),
        (None, _) if filter.excluded.is_empty() && filter.keeps("") => return Some(None),
        (None, _) => return None,
    };
    keys.retain(|key| filter.keeps(key.as_str()));
    keys.sort();
    keys.dedup();
    Some(Some(keys.into()))
}
