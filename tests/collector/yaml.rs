//! Files of YAML, as Python reads them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use telecine_parts::python;

/// A path in the repository.
pub(crate) fn repository(path: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The documents of a file of the repository.
pub(crate) fn documents(path: impl AsRef<Path>) -> Vec<Value> {
    let text = fs::read(repository(path)).unwrap();
    let script = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin.buffer)), default=str))";
    serde_json::from_str(&python(script, &text).unwrap()).unwrap()
}

/// The members of a list, if it is one.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The texts of a list.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    list(value).iter().filter_map(Value::as_str).collect()
}

/// Says a release: no `latest`, no branch, a number with a dot in it.
pub(crate) fn is_pinned(image: &str) -> bool {
    let tag = image.rsplit('/').next().unwrap().split_once(':').map_or("", |(_, tag)| tag);
    let number = tag.trim_start_matches('v');
    number.starts_with(|first: char| first.is_ascii_digit()) && number.contains('.')
}
