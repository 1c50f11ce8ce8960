use super::field::{Field, Object};
use crate::telemetry::config::fault::Report;
use crate::telemetry::settings::{ParentBased, Sampler};

const KNOWN: [&str; 4] = ["always_on", "always_off", "trace_id_ratio_based", "parent_based"];

pub(super) fn sampler(field: &Field<'_>, report: &mut Report) -> Option<Sampler> {
    let (name, settings) = field.component("sampler", report)?;
    match name {
        "always_on" => settings.bare(report).map(|()| Sampler::AlwaysOn),
        "always_off" => settings.bare(report).map(|()| Sampler::AlwaysOff),
        "trace_id_ratio_based" => {
            let mut object = settings.object_or_null(report)?;
            let ratio = match object.some("ratio") {
                Some(field) => ratio(&field, report)?,
                None => 1.0,
            };
            object.close(report);
            Some(Sampler::TraceIdRatio(ratio))
        }
        "parent_based" => {
            let mut object = settings.object_or_null(report)?;
            let usual = ParentBased::new(Sampler::AlwaysOn);
            let branches = ParentBased {
                root: branch(&mut object, "root", usual.root, report),
                remote_sampled: branch(&mut object, "remote_parent_sampled", usual.remote_sampled, report),
                remote_not_sampled: branch(&mut object, "remote_parent_not_sampled", usual.remote_not_sampled, report),
                local_sampled: branch(&mut object, "local_parent_sampled", usual.local_sampled, report),
                local_not_sampled: branch(&mut object, "local_parent_not_sampled", usual.local_not_sampled, report),
            };
            object.close(report);
            Some(Sampler::ParentBased(Box::new(branches)))
        }
        other => {
            field.unknown("sampler", other, &KNOWN, report);
            None
        }
    }
}

fn branch(object: &mut Object<'_>, key: &'static str, usual: Sampler, report: &mut Report) -> Sampler {
    object.field(key).and_then(|field| sampler(&field, report)).unwrap_or(usual)
}

fn ratio(field: &Field<'_>, report: &mut Report) -> Option<f64> {
    let ratio = field.number(report)?;
    if !(0.0..=1.0).contains(&ratio) {
        field.error(format!("is {ratio}, and must be from 0 to 1"), report);
        return None;
    }
    Some(ratio)
}
