//! Exemplars as both formats that have them write them.

use std::borrow::Cow;

use opentelemetry::trace::{SpanId, TraceId};

use crate::{exemplar::Exemplar, pull::translate::Naming};

/// How many code points the names and values of an exemplar's labels may have together
/// (OpenMetrics 1.0, "Exemplars").
const LONGEST: usize = 128;

/// Calls `label` with the name and value of each label of an exemplar: the span it was measured in,
/// then the attributes that views took from its series, as far as they fit.
pub(super) fn each_label<'a>(exemplar: &'a Exemplar, naming: Naming, mut label: impl FnMut(&str, Cow<'a, str>)) {
    const TRACE_ID: &str = "trace_id";
    const SPAN_ID: &str = "span_id";

    let mut left = LONGEST;
    if exemplar.trace_id != TraceId::INVALID {
        let value = hexadecimal(&exemplar.trace_id.to_bytes());
        left -= TRACE_ID.len() + value.len();
        label(TRACE_ID, value.into());
    }
    if exemplar.span_id != SpanId::INVALID {
        let value = hexadecimal(&exemplar.span_id.to_bytes());
        left -= SPAN_ID.len() + value.len();
        label(SPAN_ID, value.into());
    }
    // Nearly always there is none of these.
    let mut known = vec![];
    for attribute in &exemplar.filtered {
        let name = naming.label(attribute.key.as_str());
        let value = attribute.value.as_str();
        let length = name.chars().count() + value.chars().count();
        if length <= left && name != TRACE_ID && name != SPAN_ID && !known.contains(&name) {
            left -= length;
            label(&name, value);
            known.push(name);
        }
    }
}

/// The last exemplar whose value is at most `bound`. Takes it, and the others up to there, from
/// `exemplars`, which are in the order of their values.
pub(super) fn take_up_to<'a>(exemplars: &mut &'a [Exemplar], bound: f64) -> Option<&'a Exemplar> {
    let mut last: Option<&Exemplar> = None;
    while let Some((exemplar, above)) = exemplars.split_first().filter(|(exemplar, _)| exemplar.value <= bound) {
        if last.is_none_or(|last| last.time <= exemplar.time) {
            last = Some(exemplar);
        }
        *exemplars = above;
    }
    last
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";

    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|four| DIGITS[usize::from(four)]);
    // They are ASCII.
    String::from_utf8(digits.collect()).unwrap_or_default()
}
