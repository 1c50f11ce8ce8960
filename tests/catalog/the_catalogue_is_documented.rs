//! `docs/metrics.md` and `telecine catalog` say what the code does.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use telecine::catalog::Catalog;

#[test]
fn the_page_is_not_stale() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md");
    let page = std::fs::read_to_string(path).expect("docs/metrics.md");
    assert!(page == Catalog::own().to_markdown(), "docs/metrics.md is stale: `make docs` writes it anew");
}

fn print(format: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_telecine")).args(["catalog", "--format", format]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_command_prints_the_page_and_json_with_every_instrument() {
    assert_eq!(print("markdown"), Catalog::own().to_markdown());
    let json: Value = serde_json::from_str(&print("json")).unwrap();
    let names = json.as_array().unwrap().iter().map(|instrument| instrument["name"].as_str().unwrap());
    assert_eq!(names.collect::<BTreeSet<_>>(), Catalog::own().iter().map(|instrument| instrument.name()).collect());
    let duration = json.as_array().unwrap().iter().find(|one| one["name"] == "media.upload.duration").unwrap();
    assert_eq!(duration["kind"], "histogram");
    assert_eq!(duration["unit"], "s");
    assert_eq!(duration["buckets"][0], 0.05);
    assert_eq!(duration["attributes"][0]["key"], "error.type");
    assert_eq!(duration["attributes"][3]["budget"], 8);
}

#[test]
fn an_unknown_format_is_an_error_that_names_the_known_ones() {
    let output = Command::new(env!("CARGO_BIN_EXE_telecine")).args(["catalog", "--format", "xml"]).output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("json") && error.contains("markdown"), "{error}");
}
