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

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;

pub(super) use otlp::{grpc_endpoint, header, http_endpoint, put_header, without_fragment};
use reader::Reader;
pub(super) use reader::pairs;
pub(super) use settings::{NOT_UTF8, lines};

/// The environment variables that configure telemetry. It is read once; tests pass a map.
///
/// By OpenTelemetry's rules an empty value is no value, and one that cannot be read is reported and
/// ignored.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    values: BTreeMap<String, String>,
    /// The names of variables whose values are not UTF-8.
    unreadable: BTreeSet<String>,
}

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
        f.debug_set().entries(self.values.keys()).entries(&self.unreadable).finish()
    }
}

impl Environment {
    /// The process's environment.
    #[allow(clippy::disallowed_methods)] // This is the place where it is read.
    pub fn of_process() -> Self {
        Self::of_system(std::env::vars_os())
    }

    /// Variables as the operating system has them. A value that is not UTF-8 cannot be read, and is reported where it
    /// would have counted.
    pub fn of_system(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut environment = Self::default();
        for (name, value) in variables {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => drop(environment.values.insert(name, value)),
                Err(_) => drop(environment.unreadable.insert(name)),
            }
        }
        environment
    }

    /// The value of a variable, if it is set and not empty.
    pub fn get(&self, variable: &str) -> Option<&str> {
        self.values.get(variable).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A variable's value as it is, with the white space around it, if it is set and not empty.
    pub(super) fn verbatim(&self, variable: &str) -> Option<&str> {
        self.values.get(variable).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a variable is set to something that is not UTF-8.
    pub(super) fn is_unreadable(&self, variable: &str) -> bool {
        self.unreadable.contains(variable)
    }

    /// The variables whose values are not UTF-8.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = &str> {
        self.unreadable.iter().map(String::as_str)
    }

    /// The variables of OpenTelemetry that are set.
    pub(super) fn of_opentelemetry(&self) -> impl Iterator<Item = &str> {
        let set = self.values.iter().filter(|(_, value)| !value.trim().is_empty()).map(|(name, _)| name);
        set.chain(&self.unreadable).filter(|name| name.starts_with("OTEL_")).map(String::as_str)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let values = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { values, unreadable: BTreeSet::new() }
    }
}
