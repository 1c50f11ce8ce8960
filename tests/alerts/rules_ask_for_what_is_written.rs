//! `telecine check`: each metric and label of a rule is in the catalogue, of the examples' own, or in a capture of the
//! program that serves it. An instrument that is renamed makes this fail.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use crate::rules;

/// What the examples declare for themselves and an alert asks for.
fn examples(folder: &Path) -> PathBuf {
    let counter = |name: &str, key: &str, values: &[&str]| {
        let attribute = json!({"key": key, "description": "What it says", "values": values});
        json!({"name": name, "kind": "counter", "unit": "{thing}", "description": "What it counts", "attributes": [attribute]})
    };
    let catalog = json!([
        counter("app.exports", "export.format", &["srt", "vtt", "json", "pdf"]),
        counter("transcriber.videos", "media.outcome", &["success", "failure"]),
    ]);
    let path = folder.join("examples.json");
    std::fs::write(&path, catalog.to_string()).unwrap();
    path
}

fn check(arguments: &[&Path], files: &[PathBuf]) -> (bool, String) {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_telecine"));
    command.args(["check", "--strict", "--metrics", "dashboards/captures", "--catalog"]).arg(examples(folder.path()));
    let output = command.args(arguments).args(files).current_dir(rules::root()).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn ours() -> Vec<PathBuf> {
    rules::files().into_iter().filter(|file| !file.starts_with("alerts/platforms")).collect()
}

#[test]
fn of_ours() {
    let (is_good, text) = check(&[], &ours());
    assert!(is_good, "{text}");
}

#[test]
fn of_each_platform_under_its_profile() {
    for file in rules::files().into_iter().filter(|file| file.starts_with("alerts/platforms")) {
        let profile = Path::new("examples/profiles").join(file.file_name().unwrap());
        let (is_good, text) = check(&[Path::new("--config"), &profile], &[file]);
        assert!(is_good, "{text}");
    }
}

#[test]
fn not_of_a_metric_that_is_gone() {
    let folder = TempDir::new().unwrap();
    let text = std::fs::read_to_string(rules::root().join("alerts/workers.yaml")).unwrap();
    let path = folder.path().join("workers.yaml");
    std::fs::write(&path, text.replace("media_worker_active", "media_worker_busy")).unwrap();
    let (is_good, text) = check(&[], &[path]);
    assert!(!is_good && text.contains("media_worker_busy"), "{text}");
}
