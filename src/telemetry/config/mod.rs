//! The declarative configuration file (`OTEL_CONFIG_FILE`), by OpenTelemetry's schema 1.0 and 1.1.
//!
//! A file says everything: of the variables only those count that it refers to. It is read as a whole or not at all, and
//! every fault in it is told, with its place.

mod bytes;
mod document;
mod fault;
mod schema;
mod show;

use std::path::{Path, PathBuf};

pub use fault::Fault;
use fault::{Place, Position, Report};

use super::environment::{self, Environment, Ignored};
use super::settings::{Detector, Metrics, Settings};
use crate::catalog::Catalog;
use crate::pull::mapping::{self, Explanation};
use crate::views::{self, Views};

/// What is read of a file: settings, and what of it is not honoured.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// What the file says.
    pub settings: Settings,
    /// What of it is not honoured, or not as it is written.
    pub warnings: Vec<Fault>,
    /// The variables that it refers to.
    pub variables: Vec<String>,
    name: String,
    views: Vec<Place>,
    rules: Vec<Place>,
}

/// Which metrics of a catalogue a rule of the file matches: a view, or a rule of the Prometheus endpoint's mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Where the rule is; the reason says what it matches.
    pub place: Fault,
    /// The metrics. None is often a mistake in a name.
    pub metrics: Vec<String>,
    /// What of the rule has no effect on one of them.
    pub notes: Vec<Fault>,
    /// Which of them are not shown by it, since others have the name.
    pub clashes: Vec<Fault>,
}

/// Why a configuration file is not in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error("the configuration file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file says something that cannot be.
    #[error("the configuration file is not valid:\n{}", lines(errors))]
    Invalid {
        /// Everything that is wrong.
        errors: Vec<Fault>,
        /// What would not have been honoured besides.
        warnings: Vec<Fault>,
    },
}

impl Error {
    /// The variable that names the file is not UTF-8.
    pub(super) fn unnamed() -> Self {
        let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, format!("{VARIABLE} is not UTF-8"));
        Self::Unreadable { path: PathBuf::new(), source }
    }
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The variable that names the file.
pub const VARIABLE: &str = "OTEL_CONFIG_FILE";

const TOP: Position = Position { line: 1, column: 1 };

impl File {
    /// Reads a file. `environment` has the variables that it may refer to.
    ///
    /// # Errors
    /// [`Error::Unreadable`], and [`Error::Invalid`] with every fault.
    pub fn read(path: impl AsRef<Path>, environment: &Environment) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = bytes::read(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
        let name = path.display().to_string();
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let mut report = Report::new(name);
                let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let last = before.rsplit(|byte| *byte == b'\n').next().unwrap_or(before);
                let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
                let column = 1 + String::from_utf8_lossy(last).chars().count();
                report.error(Position { line, column }, "", "this is not UTF-8");
                return Err(Error::Invalid { errors: report.errors, warnings: Vec::new() });
            }
        };
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        Self::parse_named(&name, &text, environment, is_yaml)
    }

    /// Reads the text of a file that is called `name` in what is said of it.
    ///
    /// # Errors
    /// [`Error::Invalid`], with every fault.
    pub fn parse(name: &str, text: &str, environment: &Environment) -> Result<Self, Error> {
        Self::parse_named(name, text, environment, true)
    }

    fn parse_named(name: &str, text: &str, environment: &Environment, is_yaml: bool) -> Result<Self, Error> {
        let mut report = Report::new(name);
        if !is_yaml {
            report.warning(TOP, "", "the name of a configuration file ends in `.yaml` or `.yml`");
        }
        let document = document::read(text, environment, &mut report);
        let settings = document.and_then(|document| schema::settings(&document, environment, &mut report));
        let Report { file: name, mut errors, mut warnings, variables, views, rules } = report;
        let end = end(text);
        // In the order of the file.
        for faults in [&mut errors, &mut warnings] {
            // What is missing is found after it.
            for fault in faults.iter_mut().filter(|fault| fault.line > end.line) {
                (fault.line, fault.column) = (end.line.max(1), end.column);
            }
            faults.sort_by_key(|fault| (fault.line, fault.column));
        }
        match settings {
            Some(settings) if errors.is_empty() => {
                let variables = variables.into_iter().collect();
                Ok(Self { settings, warnings, variables, name, views, rules })
            }
            _ => Err(Error::Invalid { errors, warnings }),
        }
    }
}

impl File {
    /// The settings in an environment, and what is not honoured: of the file, and the variables that it silences.
    pub(super) fn in_force(self, environment: &Environment) -> (Settings, Vec<Ignored>) {
        let Self { mut settings, warnings, variables, .. } = self;
        let lines = &mut settings.distribution.logs;
        let (said, mut ignored) = environment::lines(environment);
        lines.filter = lines.filter.take().or(said.filter);
        lines.colour = lines.colour.or(said.colour);
        ignored.extend(warnings.into_iter().map(|warning| {
            let Fault { file, line, column, path, reason } = warning;
            let setting = match path.as_str() {
                "" => format!("{file}:{line}:{column}"),
                path => format!("{file}:{line}:{column} {path}"),
            };
            Ignored { setting, reason }
        }));
        const SERVICE: &str = "OTEL_SERVICE_NAME";
        let asked = settings.resource.detection.detectors.contains(&Detector::Service);
        if asked && environment.is_unreadable(SERVICE) {
            ignored.push(Ignored { setting: SERVICE.to_owned(), reason: environment::NOT_UTF8.to_owned() });
        }
        let silenced = environment.of_opentelemetry().filter(|name| match *name {
            VARIABLE => false,
            SERVICE if asked => false,
            name => variables.iter().all(|variable| variable != name),
        });
        let reason = format!("{VARIABLE} is set, and the file does not refer to it");
        ignored.extend(silenced.map(|name| Ignored { setting: name.to_owned(), reason: reason.clone() }));
        (settings, ignored)
    }

    /// Which metrics of a catalogue each view and each rule of the mapping match, in the order of the file.
    pub fn coverage(&self, catalog: &Catalog) -> Vec<Coverage> {
        let Metrics { views, histogram_aggregation, cardinality, .. } = self.settings.metrics.clone();
        let matched = views::explain(&views, catalog).into_iter();
        let matched = matched.map(|metrics| metrics.into_iter().map(str::to_owned).collect());
        let mut coverage: Vec<_> = self
            .views
            .iter()
            .zip(matched)
            .map(|(place, metrics)| self.covers(place, metrics, catalog.iter().count()))
            .collect();
        let Ok(views) = Views::with_rules(catalog, views, histogram_aggregation, cardinality) else { return coverage };
        let explained = mapping::explain(&self.settings.distribution.prometheus.mapping, catalog, &views);
        coverage.extend(self.rules.iter().zip(explained).map(|(place, explanation)| {
            let Explanation { rule: _, metrics, notes, clashes } = explanation;
            let notes = notes.iter().map(|note| self.said(place, note.to_string())).collect();
            let clashes = clashes.iter().map(|clash| self.said(place, clash.to_string())).collect();
            Coverage { notes, clashes, ..self.covers(place, metrics, usize::MAX) }
        }));
        coverage
    }

    fn covers(&self, place: &Place, metrics: Vec<String>, all: usize) -> Coverage {
        let reason = match metrics.as_slice() {
            [] => "matches no metric of the catalogue".to_owned(),
            every if every.len() == all => "matches every metric of the catalogue".to_owned(),
            metrics => format!("matches {}", metrics.join(", ")),
        };
        Coverage { place: self.said(place, reason), metrics, notes: Vec::new(), clashes: Vec::new() }
    }

    fn said(&self, place: &Place, reason: String) -> Fault {
        let Place { at, path } = place.clone();
        Fault { file: self.name.clone(), line: at.line, column: at.column, path, reason }
    }
}

/// Where the last line of a text ends. A line ends as YAML has it: in either break, or in both.
fn end(text: &str) -> Position {
    let text = text.replace("\r\n", "\n");
    let lines = text.split_terminator(['\n', '\r']);
    lines.fold(Position { line: 0, column: 1 }, |end, line| Position {
        line: end.line + 1,
        column: line.chars().count() + 1,
    })
}

impl Settings {
    /// What is in force as a configuration file, without secrets: values of headers, tokens and credentials in URLs.
    /// Given back, it shows the same.
    pub fn to_yaml(&self) -> String {
        show::show(self)
    }
}
