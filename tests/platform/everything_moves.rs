use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tempfile::TempDir;

use crate::example;

#[test]
fn by_the_catalogue() {
    moves(None);
}

#[test]
fn vlog() {
    moves(Some("vlog"));
}

#[test]
fn transcript_create() {
    moves(Some("transcript-create"));
}

#[test]
fn clip() {
    moves(Some("clip"));
}

#[test]
fn transcode_flow() {
    moves(Some("transcode-flow"));
}

#[test]
fn roboflow() {
    moves(Some("roboflow"));
}

/// The example checks by itself that all has moved, that Prometheus scrapes it, and that one trace leads through it.
fn moves(profile: Option<&str>) {
    // Each has the machine for itself: eight programs, and ffmpeg.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let programs = ["http_api", "media_worker", "transcriber", "converter"];
    for program in programs {
        example::built(program);
    }
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(example::built("platform"));
    command.args(["--once", "--folder"]).arg(folder.path());
    if let Some(profile) = profile {
        command.args(["--profile", profile]);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));

    let folder = folder.path().join(profile.unwrap_or_default());
    let endpoints = std::fs::read_to_string(folder.join("endpoints.json")).unwrap();
    let endpoints: Value = serde_json::from_str(&endpoints).unwrap();
    assert_eq!(endpoints["moved"], true);
    let script = "import sys
from prometheus_client.parser import text_string_to_metric_families as parse
print(len(list(parse(sys.stdin.read()))))";
    for program in programs {
        assert!(endpoints["programs"][program]["metrics"].as_str().unwrap().starts_with("http://127.0.0.1:"));
        let page = std::fs::read(folder.join(format!("{program}.prom"))).unwrap();
        let families = telecine_parts::python(script, &page).unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(families.trim().parse::<u32>().unwrap() > 0, "{program}");
    }
}
