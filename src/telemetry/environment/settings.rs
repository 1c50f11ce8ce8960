use super::{Environment, Ignored, Reader, logs, metrics, propagators, resource, traces};
use crate::telemetry::settings::{Distribution, Lines, Settings};

/// What the specification has beside these, and why it is not supported.
const NOT_SUPPORTED: [(&str, &str); 4] = [
    ("OTEL_ENTITIES", "the SDK's resources have no entities: OTEL_RESOURCE_ATTRIBUTES takes the same attributes"),
    ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", NO_ZIPKIN),
    ("OTEL_EXPORTER_ZIPKIN_TIMEOUT", NO_ZIPKIN),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", "it is called OTEL_CONFIG_FILE since it is stable"),
];

/// What is read beside OpenTelemetry's.
const OWN: [&str; 2] = ["RUST_LOG", "NO_COLOR"];

pub(in crate::telemetry) const NOT_UTF8: &str = "its value is not UTF-8";

const NO_ZIPKIN: &str = "there is no Zipkin exporter: the collector can send to Zipkin what it gets by OTLP";

impl Settings {
    /// What the environment says, and what of it had to be ignored.
    pub fn from_environment(environment: &Environment) -> (Self, Vec<Ignored>) {
        let mut reader = Reader::new(environment);
        let settings = Self {
            disabled: reader.boolean("OTEL_SDK_DISABLED"),
            log_level: logs::level(&mut reader),
            resource: resource::read(&mut reader),
            propagators: propagators::read(&mut reader),
            traces: traces::read(&mut reader),
            metrics: metrics::read(&mut reader),
            logs: logs::read(&mut reader),
            distribution: Distribution { logs: read_lines(&mut reader), ..Distribution::default() },
        };
        for (variable, why) in NOT_SUPPORTED {
            if reader.text(variable).is_some() {
                reader.ignore(variable, why);
            }
        }
        for variable in environment.unreadable().filter(|name| name.starts_with("OTEL_") || OWN.contains(name)) {
            reader.ignore(variable, NOT_UTF8);
        }
        (settings, reader.into_ignored())
    }
}

/// What variables that are not OpenTelemetry's say of log lines.
pub(in crate::telemetry) fn lines(environment: &Environment) -> (Lines, Vec<Ignored>) {
    let mut reader = Reader::new(environment);
    let lines = read_lines(&mut reader);
    for variable in environment.unreadable().filter(|name| OWN.contains(name)) {
        reader.ignore(variable, NOT_UTF8);
    }
    (lines, reader.into_ignored())
}

fn read_lines(reader: &mut Reader<'_>) -> Lines {
    let filter = reader.text("RUST_LOG").map(|filter| {
        let (readable, errors) = crate::logs::readable(filter);
        for error in errors {
            reader.ignore("RUST_LOG", error.to_string());
        }
        readable
    });
    Lines { filter, colour: reader.text("NO_COLOR").is_some().then_some(false), ..Lines::default() }
}
