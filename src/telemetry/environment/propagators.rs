use super::Reader;
use crate::telemetry::settings::Propagator;

pub(super) fn read(reader: &mut Reader<'_>) -> Vec<Propagator> {
    let known =
        [("tracecontext", Some(Propagator::TraceContext)), ("baggage", Some(Propagator::Baggage)), ("none", None)];
    match reader.words("OTEL_PROPAGATORS", &known) {
        Some(list) => list.into_iter().flatten().collect(),
        None => vec![Propagator::TraceContext, Propagator::Baggage],
    }
}
