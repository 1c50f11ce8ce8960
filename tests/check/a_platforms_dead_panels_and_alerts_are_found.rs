//! The faults of a platform that was published with them, written anew: it declares 31 metrics and writes 13, and of
//! its panels and alerts a good part never shows anything.

use crate::support::Folder;

fn platform() -> Folder {
    Folder::new()
        .with("catalog.json", include_str!("platform/catalog.json"))
        .with("scrape.prom", include_str!("platform/scrape.prom"))
        .with("dashboards/studio.json", include_str!("platform/dashboard.json"))
        .with("rules/studio.yaml", include_str!("platform/rules.yaml"))
}

#[test]
fn with_a_scrape_every_one_of_them() {
    let said = platform().check("--catalog catalog.json --metrics scrape.prom dashboards rules");
    let summary = said.lines.last().unwrap();
    assert!(summary.contains(" 6 of 16 panels and 5 of 8 alerts can never show anything"), "{summary}");
    assert!(summary.contains("; 18 of 31 metrics of the catalogue are never written;"), "{summary}");
    assert_eq!(said.status, Some(1));
    for line in [
        "catalog.json:171:11: metric studio.cache.misses: the catalogue declares it, and the scrape does not have it: \
         nobody writes it [never-written]",
        "rules/studio.yaml:10:15: alert JobsSlow: `studio_job_duration_seconds` is a histogram and has no label \
         `quantile`: histogram_quantile(0.95, sum by (le) (rate(studio_job_duration_seconds_bucket[5m]))) [quantile-label]",
        "rules/studio.yaml:19:19: alert JobsStuck: `studio_jobs_stuck` is declared, and the scrape does not have it: \
         nobody writes it [never-written]",
    ] {
        assert!(said.lines.iter().any(|said| said == line), "{line}\n{}", said.lines.join("\n"));
    }
    // Each dead panel and alert has its line.
    for subject in [
        "panel \"Failed jobs\" (6), query A",
        "panel \"Job duration\" (7), query A",
        "panel \"Time in the queue\" (9), query A",
        "panel \"Worker CPU\" (11), query A",
        "panel \"Cache\" (15), query A",
        "panel \"GPU\" (16), query A",
        "alert JobsSlow",
        "alert JobsVerySlow",
        "alert JobsStuck",
        "alert JobsFail",
        "alert UploadsSlow",
    ] {
        let subject = format!(": {subject}: ");
        assert!(said.lines.iter().any(|line| line.contains(&subject)), "{subject}\n{}", said.lines.join("\n"));
    }
}

#[test]
fn without_one_what_is_declared_is_taken_to_be_written() {
    let said = platform().check("--catalog catalog.json dashboards rules");
    let summary = said.lines.last().unwrap();
    assert!(summary.contains(" 3 of 16 panels and 4 of 8 alerts can never show anything; "), "{summary}");
    assert!(!summary.contains("never written"), "{summary}");
}
