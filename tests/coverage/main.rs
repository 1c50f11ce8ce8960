//! `docs/coverage.md`: where every metric, panel, alert and behaviour of five platforms is, and the test that saw it.
//!
//! Metrics come from `examples/profiles/metrics.json`, the rest from `rows.json`. What a row names is there, or it is
//! said to be open.
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod documents;
mod page;
mod rows;

use std::path::{Path, PathBuf};

use rows::Row;

/// The repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn file(path: &str) -> PathBuf {
    root().join(path)
}

#[test]
fn the_page_is_not_stale() {
    let (path, page) = (file("docs/coverage.md"), page::write(&rows::all()));
    if std::env::var_os("TELECINE_WRITE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == page, "docs/coverage.md is stale: `make docs` writes it anew");
}

/// A test that is no longer there would be taken for one that sees something.
#[test]
fn each_test_that_is_named_is_there() {
    let missing: Vec<_> = rows::all().iter().flat_map(|row| row.tests.clone()).filter(|test| !is_test(test)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// A row that has been seen says where: its file, and its title in it.
#[test]
fn what_was_seen_is_where_it_is_said_to_be() {
    let seen = rows::all().into_iter().filter(|row| !row.tests.is_empty());
    let lost: Vec<_> = seen.filter(|row| !row.is_there()).map(|row| format!("{}: {}", row.what, row.place())).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

/// No metric of a platform is without a test that saw it live.
#[test]
fn each_metric_was_seen_live() {
    let of_metrics = rows::all().into_iter().filter(|row| row.section == rows::METRICS);
    let unseen: Vec<_> = of_metrics.filter(|row| row.tests.is_empty()).map(|row| row.what).collect();
    assert!(unseen.is_empty(), "{unseen:#?}");
}

/// `tests/api/main.rs::name` is a function of that file, and `benches/http.rs` a file.
fn is_test(test: &str) -> bool {
    let (path, function) = test.split_once("::").unwrap_or((test, ""));
    let text = std::fs::read_to_string(file(path)).unwrap_or_default();
    !text.is_empty() && (function.is_empty() || text.contains(&format!("fn {function}(")))
}

impl Row {
    /// Whether its file is there, with what it names in it.
    fn is_there(&self) -> bool {
        let path = file(&self.r#in);
        match &self.title {
            None => path.exists(),
            // Its rule was found when the row was made.
            Some(_) if self.section == rows::METRICS => path.exists(),
            Some(title) => {
                let text = std::fs::read_to_string(path).unwrap_or_default();
                text.contains(&format!("\"title\": \"{title}\"")) || text.contains(&format!("alert: {title}\n"))
            }
        }
    }
}
