//! The files of `alerts/`, read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A file of rules.
#[derive(Deserialize)]
pub(crate) struct Rules {
    pub(crate) groups: Vec<Group>,
}

#[derive(Deserialize)]
pub(crate) struct Group {
    pub(crate) rules: Vec<Rule>,
}

/// An alert or a recorded series.
#[derive(Deserialize)]
pub(crate) struct Rule {
    pub(crate) alert: Option<String>,
    pub(crate) record: Option<String>,
    pub(crate) expr: String,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// A file of promtool's unit tests.
#[derive(Deserialize)]
pub(crate) struct Tests {
    pub(crate) rule_files: Vec<PathBuf>,
    pub(crate) tests: Vec<Test>,
}

#[derive(Deserialize)]
pub(crate) struct Test {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) input_series: Vec<serde_norway::Value>,
    #[serde(default)]
    pub(crate) alert_rule_test: Vec<AlertTest>,
    #[serde(default)]
    pub(crate) promql_expr_test: Vec<ExpressionTest>,
}

#[derive(Deserialize)]
pub(crate) struct AlertTest {
    pub(crate) alertname: String,
    #[serde(default)]
    pub(crate) exp_alerts: Vec<ExpectedAlert>,
}

#[derive(Deserialize)]
pub(crate) struct ExpectedAlert {
    pub(crate) exp_labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub(crate) struct ExpressionTest {
    pub(crate) expr: String,
}

impl Rule {
    pub(crate) fn name(&self) -> &str {
        self.alert.as_deref().or(self.record.as_deref()).unwrap()
    }
}

/// Where the repository is.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of rules, from the repository's root.
pub(crate) fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = ["alerts", "alerts/platforms"].iter().flat_map(|folder| yaml_files(folder)).collect();
    files.sort();
    assert!(files.len() > 15, "{files:?}");
    files
}

/// The file of unit tests of a file of rules.
pub(crate) fn tests_of(rules: &Path) -> PathBuf {
    Path::new("alerts/tests").join(rules.strip_prefix("alerts").unwrap())
}

fn yaml_files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let yaml = entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    yaml.map(|path| path.strip_prefix(root()).unwrap().to_owned()).collect()
}

/// A YAML file below the repository's root.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All rules, with the file that each is in.
pub(crate) fn all() -> Vec<(PathBuf, Rule)> {
    let rules = |file: PathBuf| {
        let rules: Rules = read(&file);
        rules.groups.into_iter().flat_map(|group| group.rules).map(move |rule| (file.clone(), rule))
    };
    files().into_iter().flat_map(rules).collect()
}

/// Runs an installed program in the repository's root; whether it ended well, and what it wrote.
pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> (bool, String) {
    let mut command = Command::new(telecine_parts::binary(program).unwrap());
    let output = command.args(arguments).current_dir(root()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}
