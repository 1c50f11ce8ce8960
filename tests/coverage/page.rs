//! The rows as a page.

use std::fmt::Write as _;

use crate::rows::{PLATFORMS, Row, SECTIONS};

/// What stands in the place of a test where there is none yet.
const OPEN: &str = "open";

pub(crate) fn write(rows: &[Row]) -> String {
    let mut page = "# What five platforms have, and where it is\n\n\
        Written by `make docs` from `examples/profiles/metrics.json` and `tests/coverage/rows.json`; a test fails when it is \
        stale, and where a test that is named here is not there. Metrics and panels were seen live, alerts by promtool's unit tests; a file of `benches/` is run by hand. A line that nobody saw is \"open\".\n\n\
        | platform | metrics | behaviour | panels | alerts |\n|---|---|---|---|---|\n"
        .to_owned();
    for platform in PLATFORMS {
        let counts = SECTIONS.map(|section| {
            let of_section = || rows.iter().filter(|row| row.platform == platform && row.section == section);
            let seen = of_section().filter(|row| !row.tests.is_empty()).count();
            format!("{seen} of {}", of_section().count())
        });
        let _ = writeln!(page, "| {platform} | {} |", counts.join(" | "));
    }
    for platform in PLATFORMS {
        let _ = write!(page, "\n## {platform}\n");
        for section in SECTIONS {
            let of_section: Vec<_> =
                rows.iter().filter(|row| row.platform == platform && row.section == section).collect();
            if !of_section.is_empty() {
                let _ = write!(page, "\n### {section} of {platform}\n\n| what | where | seen by |\n|---|---|---|\n");
            }
            for row in of_section {
                let tests: Vec<_> = row.tests.iter().map(|test| format!("`{test}`")).collect();
                let tests = if tests.is_empty() { OPEN.to_owned() } else { tests.join("<br>") };
                let _ = writeln!(page, "| {} | {} | {tests} |", row.what, row.place());
            }
        }
    }
    page
}
