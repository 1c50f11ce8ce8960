//! `telecine slo`.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::rules;

fn slo(file: &Path, folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telecine"));
    command.arg("slo").arg(file).arg("--into").arg(folder).output().unwrap()
}

#[test]
fn the_committed_rules_are_those_of_the_objectives() {
    let folder = TempDir::new().unwrap();
    let output = slo(&rules::root().join("alerts/slo/objectives.yaml"), folder.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let names = |folder: &Path| {
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.starts_with("slo-")).collect();
        names.sort();
        names
    };
    let committed = rules::root().join("alerts");
    assert_eq!(names(folder.path()), names(&committed), "run: make docs");
    for name in names(folder.path()) {
        let [new, old] = [folder.path(), &committed].map(|folder| std::fs::read_to_string(folder.join(&name)).unwrap());
        assert!(new == old, "alerts/{name} is stale; run: make docs");
    }
}

#[test]
fn an_objective_that_no_alert_could_keep_is_refused() {
    let folder = TempDir::new().unwrap();
    let refused = |objective: &str| {
        let file = folder.path().join("objectives.yaml");
        std::fs::write(&file, format!("objectives:\n  - {objective}\n")).unwrap();
        let output = slo(&file, folder.path());
        assert!(!output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let with = |name: &str, objective: &str, sli: &str| {
        refused(&format!(
            "{{name: {name}, title: t, objective: {objective}, monthly: 90, events: 'rate(a[5m])', {sli}}}"
        ))
    };
    // More than 14.4 times the budget would be more than all events.
    assert!(with("x", "93", "errors: b").contains("objectives.yaml: x: objective: the fastest burn rate"));
    assert!(with("x", "100", "errors: b").contains("percent between 0 and 100"));
    assert!(with("'a b'", "99", "errors: b").contains("lower case letters and dashes"));
    assert!(with("x", "99", "good: c, errors: b").contains("either errors or good"));
    assert!(refused("{nome: x}").contains("nome"));
}
