use super::field::Field;
use crate::telemetry::config::fault::Report;
use crate::telemetry::settings::Propagator;

const KNOWN: [&str; 4] = ["tracecontext", "baggage", "b3", "b3multi"];

pub(super) fn propagators(field: &Field<'_>, report: &mut Report) -> Option<Vec<Propagator>> {
    let mut object = field.object(report)?;
    let mut propagators = Vec::new();
    for item in object.list("composite", 1, report).unwrap_or_default() {
        let Some((name, settings)) = item.component("propagator", report) else { continue };
        if add(&mut propagators, name, &item, report) {
            settings.bare(report);
        }
    }
    if let Some(list) = object.some("composite_list") {
        for name in list.text(report).unwrap_or_default().split(',').map(str::trim) {
            if !name.is_empty() && name != "none" {
                add(&mut propagators, name, &list, report);
            }
        }
    }
    object.close(report);
    Some(propagators)
}

/// Whether it is known.
fn add(propagators: &mut Vec<Propagator>, name: &str, field: &Field<'_>, report: &mut Report) -> bool {
    let propagator = match name {
        "tracecontext" => Propagator::TraceContext,
        "baggage" => Propagator::Baggage,
        "b3" => Propagator::B3,
        "b3multi" => Propagator::B3Multi,
        other => {
            field.unknown("propagator", other, &KNOWN, report);
            return false;
        }
    };
    if !propagators.contains(&propagator) {
        propagators.push(propagator);
    }
    true
}
