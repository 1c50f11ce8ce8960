use super::Reader;
use crate::telemetry::settings::Propagator;

/// What the specification knows and telecine has not.
const MISSING: [&str; 3] = ["jaeger", "xray", "ottrace"];

pub(super) fn read(reader: &mut Reader<'_>) -> Vec<Propagator> {
    let known = [
        ("tracecontext", Some(Propagator::TraceContext)),
        ("baggage", Some(Propagator::Baggage)),
        ("b3", Some(Propagator::B3)),
        ("b3multi", Some(Propagator::B3Multi)),
        ("none", None),
    ];
    match reader.words("OTEL_PROPAGATORS", &known, &MISSING).filter(|list| !list.is_empty()) {
        Some(list) => list.into_iter().flatten().collect(),
        None => vec![Propagator::TraceContext, Propagator::Baggage],
    }
}
