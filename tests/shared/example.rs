//! The examples, built as this test is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// An example's program. `cargo test --test worker` alone does not build it.
pub(crate) fn built(name: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    built.entry(name.to_owned()).or_insert_with(|| build(name)).clone()
}

fn build(name: &str) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--message-format", "json", "--manifest-path"]);
    cargo.args([concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "--example", name]);
    cargo.args(["--features", &features()]).args(profile());
    // What cargo tells this test would make build scripts run again that watch it, and compile all anew.
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
        cargo.env_remove(name);
    }
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let built = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut built = built.filter(|message| message["target"]["name"] == name);
    built.find_map(|message| Some(message["executable"].as_str()?.into())).unwrap()
}

/// The features of this test: with others, all would be compiled anew.
fn features() -> String {
    let on = [
        ("cli", cfg!(feature = "cli")),
        ("gpu", cfg!(feature = "gpu")),
        ("profiling", cfg!(feature = "profiling")),
        ("prometheus-registry", cfg!(feature = "prometheus-registry")),
        ("testing", cfg!(feature = "testing")),
    ];
    let on = on.into_iter().filter_map(|(name, on)| on.then_some(name));
    ["default"].into_iter().chain(on).collect::<Vec<_>>().join(",")
}

/// The profile of this test, which its directory is named after.
fn profile() -> Vec<String> {
    let exe = std::env::current_exe().unwrap();
    let folder = exe.parent().and_then(Path::parent).and_then(Path::file_name).unwrap().to_str().unwrap();
    match folder {
        "debug" => Vec::new(),
        profile => vec!["--profile".to_owned(), profile.to_owned()],
    }
}
