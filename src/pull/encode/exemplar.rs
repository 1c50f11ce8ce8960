//! Exemplars as both formats that have them write them.

use opentelemetry::trace::{SpanId, TraceId};

use crate::{exemplar::Exemplar, pull::translate::Naming};

/// How many code points the names and values of an exemplar's labels may have together
/// (OpenMetrics 1.0, "Exemplars").
const LONGEST: usize = 128;

/// The labels of an exemplar: the span it was measured in, then the attributes that views took from
/// its series, as far as they fit.
pub(super) fn labels(exemplar: &Exemplar, naming: Naming) -> Vec<(String, String)> {
    let mut labels: Vec<(String, String)> = Vec::with_capacity(2);
    if exemplar.trace_id != TraceId::INVALID {
        labels.push(("trace_id".to_owned(), exemplar.trace_id.to_string()));
    }
    if exemplar.span_id != SpanId::INVALID {
        labels.push(("span_id".to_owned(), exemplar.span_id.to_string()));
    }
    let mut left = labels.iter().fold(LONGEST, |left, (name, value)| left - name.len() - value.len());
    for attribute in &exemplar.filtered {
        let name = naming.label(attribute.key.as_str());
        let value = attribute.value.as_str();
        let length = name.chars().count() + value.chars().count();
        if length <= left && !labels.iter().any(|(known, _)| *known == name) {
            left -= length;
            labels.push((name, value.into_owned()));
        }
    }
    labels
}

/// The last exemplar whose value is at most `bound`. Takes it, and the others up to there, from
/// `exemplars`, which are in the order of their values.
pub(super) fn take_up_to<'a>(exemplars: &mut &'a [Exemplar], bound: f64) -> Option<&'a Exemplar> {
    if exemplars.is_empty() {
        return None;
    }
    let (inside, above) = exemplars.split_at(exemplars.partition_point(|exemplar| exemplar.value <= bound));
    *exemplars = above;
    inside.iter().max_by_key(|exemplar| exemplar.time)
}
