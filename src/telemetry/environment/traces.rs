use super::{Reader, exporters, limits, processor};
use crate::push::Kind;
use crate::telemetry::settings::{DEFAULT_SPAN_BATCH, Sampler, Traces};

pub(super) fn read(reader: &mut Reader<'_>) -> Traces {
    let exits = exporters::read(reader, Kind::Traces);
    let batch = processor::batch(reader, "OTEL_BSP", DEFAULT_SPAN_BATCH);
    Traces {
        processors: processor::read(reader, Kind::Traces, exits, batch),
        sampler: sampler(reader),
        limits: limits::spans(reader),
    }
}

/// What the specification knows and telecine has not.
const MISSING: [&str; 3] = ["jaeger_remote", "parentbased_jaeger_remote", "xray"];

const NAME: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

fn sampler(reader: &mut Reader<'_>) -> Sampler {
    let known = [
        ("always_on", (false, Some(Sampler::AlwaysOn))),
        ("always_off", (false, Some(Sampler::AlwaysOff))),
        ("traceidratio", (false, None)),
        ("parentbased_always_on", (true, Some(Sampler::AlwaysOn))),
        ("parentbased_always_off", (true, Some(Sampler::AlwaysOff))),
        ("parentbased_traceidratio", (true, None)),
    ];
    let Some((parent_based, root)) = reader.word(NAME, &known, &MISSING) else {
        // Whoever sets it alone expects fewer traces than all.
        if reader.text(ARGUMENT).is_some() {
            reader
                .ignore(ARGUMENT, format!("no sampler that takes an argument is set: {NAME}=parentbased_traceidratio"));
        }
        return Sampler::default();
    };
    let root = match root {
        Some(root) => {
            if reader.text(ARGUMENT).is_some() {
                reader.ignore(ARGUMENT, format!("the sampler `{root}` takes no argument"));
            }
            root
        }
        None => {
            let share = reader.parse(ARGUMENT, |value| match value.parse() {
                Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
                _ => Err(format!("`{value}` is not a share between 0 and 1")),
            });
            Sampler::TraceIdRatio(share.unwrap_or(1.0))
        }
    };
    if parent_based { Sampler::parent_based(root) } else { root }
}
