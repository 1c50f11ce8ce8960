//! The environment, as a map, and what its variables say.

mod exporters;
mod limits;
mod logs;
mod metrics;
mod otlp;
mod processor;
mod propagators;
mod reader;
mod resource;
mod settings;
mod traces;

use std::collections::BTreeMap;
use std::fmt;

pub(super) use otlp::{grpc_endpoint, header, http_endpoint};
use reader::Reader;
pub(super) use reader::pairs;
pub(super) use settings::lines;

/// The environment variables that configure telemetry. It is read once; tests pass a map.
///
/// By OpenTelemetry's rules an empty value is no value, and one that cannot be read is reported and
/// ignored.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

/// A setting that was ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The variable, or the place in the configuration file.
    pub setting: String,
    /// Why it was ignored.
    pub reason: String,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is ignored: {}", self.setting, self.reason)
    }
}

// Values may be secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// The process's environment. Variables that are not UTF-8 are left out.
    #[allow(clippy::disallowed_methods)] // This is the place where it is read.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value of a variable, if it is set and not empty.
    pub fn get(&self, variable: &str) -> Option<&str> {
        self.0.get(variable).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A variable's value as it is, with the white space around it, if it is set and not empty.
    pub(super) fn verbatim(&self, variable: &str) -> Option<&str> {
        self.0.get(variable).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The variables of OpenTelemetry that are set.
    pub(super) fn of_opentelemetry(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|(name, value)| name.starts_with("OTEL_") && !value.trim().is_empty())
            .map(|(name, _)| name.as_str())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
