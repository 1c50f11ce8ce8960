//! `OTEL_TRACES_EXPORTER` and its siblings.

use super::Reader;
use crate::push::Kind;

/// A kind of exporter that a variable can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Otlp,
    Prometheus,
    Console,
}

const OTLP: (&str, Option<Exit>) = ("otlp", Some(Exit::Otlp));
const PROMETHEUS: (&str, Option<Exit>) = ("prometheus", Some(Exit::Prometheus));
const CONSOLE: (&str, Option<Exit>) = ("console", Some(Exit::Console));
const NONE: (&str, Option<Exit>) = ("none", None);

/// What the specification knows and telecine has not.
const MISSING: [&str; 2] = ["zipkin", "otlp/stdout"];

/// Where a signal goes.
pub(super) fn read(reader: &mut Reader<'_>, kind: Kind) -> Vec<Exit> {
    let (variable, known, default): (_, &[_], &[_]) = match kind {
        Kind::Traces => ("OTEL_TRACES_EXPORTER", &[OTLP, CONSOLE, NONE], &[Exit::Otlp]),
        Kind::Metrics => ("OTEL_METRICS_EXPORTER", &[OTLP, PROMETHEUS, CONSOLE, NONE], &[Exit::Otlp, Exit::Prometheus]),
        Kind::Logs => ("OTEL_LOGS_EXPORTER", &[OTLP, CONSOLE, NONE], &[Exit::Otlp]),
    };
    let Some(list) = reader.words(variable, known, &MISSING).filter(|list| !list.is_empty()) else {
        // What is left out here is so in silence: a program without the feature wants it so.
        return default.iter().copied().filter(|exit| exit.feature().is_none()).collect();
    };
    let mut exits: Vec<_> = list.into_iter().flatten().collect();
    exits.retain(|exit| {
        let missing = exit.feature();
        if let Some(feature) = missing {
            let reason = format!("this needs the Cargo feature `{feature}`, which the program was built without");
            reader.ignore(variable, reason);
        }
        missing.is_none()
    });
    exits
}

impl Exit {
    /// The Cargo feature that it needs and that is not there.
    fn feature(self) -> Option<&'static str> {
        match self {
            Self::Otlp if !cfg!(feature = "otlp") => Some("otlp"),
            Self::Prometheus if !cfg!(feature = "prometheus") => Some("prometheus"),
            _ => None,
        }
    }
}
