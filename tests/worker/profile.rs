//! What a platform's dashboards ask for, and whether a program serves it under the platform's profile.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;

/// A metric that a platform's dashboards ask for.
#[derive(Deserialize)]
struct Wanted {
    name: String,
    r#type: String,
    labels: BTreeSet<String>,
    /// Upper bounds, without the infinite one; none if any will do.
    #[serde(default)]
    buckets: Vec<f64>,
    programs: Vec<String>,
}

/// A metric that is served.
#[derive(Default)]
struct Served {
    r#type: String,
    labels: BTreeSet<String>,
    buckets: BTreeSet<String>,
    /// The sum of the series, or of a histogram of its counts.
    number: f64,
}

/// Lets a program serve what a platform calls it.
pub(crate) fn set(command: &mut Command, platform: &str) {
    command
        .env("OTEL_CONFIG_FILE", format!("{}/examples/profiles/{platform}.yaml", env!("CARGO_MANIFEST_DIR")))
        .env("PROMETHEUS_PORT", "0")
        // Nobody is there: what is scraped does not depend on it.
        .env("OTLP_ENDPOINT", format!("http://127.0.0.1:{}", telecine_parts::free_port().unwrap()));
}

/// Everything that the platform asks of a program is on this page, and has moved.
pub(crate) fn holds(platform: &str, program: &str, page: &str, except: &[&str]) {
    let served = parse(page);
    let wanted = wanted(platform);
    let here = wanted.iter().filter(|wanted| wanted.programs.iter().any(|asked| asked == program));
    for wanted in here.filter(|wanted| !except.contains(&wanted.name.as_str())) {
        let name = &wanted.name;
        let served = served.get(name).unwrap_or_else(|| panic!("{platform} has no {name}:\n{page}"));
        assert_eq!(served.r#type, wanted.r#type, "{name}");
        assert_eq!(served.labels, wanted.labels, "{name}");
        assert!(served.number > 0.0 || wanted.r#type == "gauge", "{name} has not moved:\n{page}");
        if !wanted.buckets.is_empty() {
            let bounds = wanted.buckets.iter().map(f64::to_string).chain(["+Inf".to_owned()]).collect();
            assert_eq!(served.buckets, bounds, "{name}");
        }
    }
}

fn wanted(platform: &str) -> Vec<Wanted> {
    let list = include_str!("../../examples/profiles/metrics.json");
    let mut platforms: BTreeMap<String, Vec<Wanted>> = serde_json::from_str(list).unwrap();
    platforms.remove(platform).unwrap()
}

/// What a page of the text format 0.0.4 has. Label values of this test have neither commas nor quotes in them.
fn parse(page: &str) -> BTreeMap<String, Served> {
    let mut served = BTreeMap::<String, Served>::new();
    for line in page.lines() {
        if let Some((name, r#type)) = line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' ')) {
            served.entry(name.to_owned()).or_default().r#type = r#type.to_owned();
        }
    }
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.strip_suffix('}').and_then(|series| series.split_once('{')).unwrap_or((series, ""));
        let labels = labels.split("\",").filter_map(|label| label.split_once("=\""));
        let labels: BTreeMap<_, _> = labels.map(|(key, value)| (key, value.trim_end_matches('"'))).collect();
        let is_histogram = |name: &str| served.get(name).is_some_and(|served| served.r#type == "histogram");
        let part =
            ["_bucket", "_sum", "_count"].into_iter().find(|part| name.strip_suffix(part).is_some_and(is_histogram));
        let family = served.entry(name.strip_suffix(part.unwrap_or_default()).unwrap().to_owned()).or_default();
        family.labels.extend(labels.keys().filter(|key| **key != "le").map(|key| (*key).to_owned()));
        match part {
            Some("_bucket") => family.buckets.extend(labels.get("le").map(|bound| (*bound).to_owned())),
            Some("_sum") => {}
            _ => family.number += value.parse::<f64>().unwrap(),
        }
    }
    served
}
