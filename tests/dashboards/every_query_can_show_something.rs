//! `telecine check` finds nothing: queries parse, and ask for metrics and labels that the catalogue has, the examples'
//! own, our rules, or those that were captured from the exporter or the collector they come from.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::dashboard::{all, folder, list};

/// What is wrong with some files, by the command that users have.
fn check(more: &[&str], paths: &[PathBuf]) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dashboards/examples.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_telecine"));
    command.args(["check", "--strict"]).arg("--catalog").arg(examples);
    command.arg("--metrics").arg(folder().join("captures"));
    let output = command.args(more).args(paths).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    if output.status.success() { String::new() } else { said }
}

/// With the rules, whose series the dashboards ask for.
#[test]
fn of_ours() {
    let ours = all().into_iter().filter(|dashboard| !dashboard.path.contains('/'));
    let mut paths: Vec<PathBuf> = ours.map(|dashboard| folder().join(dashboard.path)).collect();
    let rules = std::fs::read_dir(folder().join("../alerts")).unwrap().map(|entry| entry.unwrap().path());
    paths.extend(rules.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")));
    let found = check(&[], &paths);
    assert!(found.is_empty(), "{found}");
}

#[test]
fn of_the_platforms_under_their_profiles() {
    for platform in ["vlog", "transcript-create", "clip", "transcode-flow", "roboflow"] {
        let of_it =
            all().into_iter().filter(|dashboard| list(&dashboard.json["tags"]).contains(&Value::from(platform)));
        let paths: Vec<PathBuf> = of_it.map(|dashboard| folder().join(dashboard.path)).collect();
        let profile = folder().join(format!("../examples/profiles/{platform}.yaml")).display().to_string();
        // Two of them ask as often as their users are used to.
        let found = check(&["--config", &profile, "--allow", "fast-refresh"], &paths);
        assert!(!paths.is_empty() && found.is_empty(), "{found}");
    }
}

/// An instrument that is renamed makes it fail.
#[test]
fn not_of_a_metric_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(crate::dashboard::folder().join("jobs.json")).unwrap();
    let path = folder.path().join("jobs.json");
    std::fs::write(&path, text.replace("media_job_wasted_time_seconds", "media_job_lost_time_seconds")).unwrap();
    let found = check(&[], &[path]);
    assert!(found.contains("media_job_lost_time_seconds_total") && found.contains("[unknown-metric]"), "{found}");
}
