//! What the five platforms have, a row each.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::file;

/// Something that a platform has.
#[derive(Clone, Deserialize)]
pub(crate) struct Row {
    #[serde(skip)]
    pub(crate) platform: &'static str,
    #[serde(skip)]
    pub(crate) section: &'static str,
    pub(crate) what: String,
    /// The file or directory that it is in.
    pub(crate) r#in: String,
    /// What it is called there, of a panel or an alert; of a metric, the instruments that it is made of.
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) tests: Vec<String>,
}

#[derive(Deserialize)]
struct Platform {
    behaviours: Vec<Row>,
    panels: Section,
    alerts: Section,
}

/// Rows that the same tests see.
#[derive(Deserialize)]
struct Section {
    seen: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Metric {
    name: String,
    r#type: String,
    labels: Vec<String>,
    #[serde(default)]
    buckets: Vec<f64>,
    programs: Vec<String>,
}

pub(crate) const PLATFORMS: [&str; 5] = ["vlog", "transcript-create", "clip", "transcode-flow", "roboflow"];

pub(crate) const METRICS: &str = "Metrics";
pub(crate) const SECTIONS: [&str; 4] = [METRICS, "Behaviour", "Panels", "Alerts"];

/// All rows, platform by platform.
pub(crate) fn all() -> Vec<Row> {
    let mut platforms: BTreeMap<String, Platform> = serde_json::from_str(include_str!("rows.json")).unwrap();
    let mut rows = Vec::new();
    for platform in PLATFORMS {
        let Platform { behaviours, panels, alerts } = platforms.remove(platform).unwrap();
        let [_, behaviour, panel, alert] = SECTIONS;
        let sections =
            [(METRICS, metrics(platform)), (behaviour, behaviours), (panel, panels.rows()), (alert, alerts.rows())];
        for (section, of_section) in sections {
            rows.extend(of_section.into_iter().map(|row| Row { platform, section, ..row }));
        }
    }
    assert!(platforms.is_empty(), "there are rows of other platforms");
    rows
}

impl Row {
    /// Where it is, as the page says it.
    pub(crate) fn place(&self) -> String {
        let Self { r#in, title, .. } = self;
        title.as_ref().map_or_else(|| format!("`{in}`"), |title| format!("`{in}`, {title}"))
    }
}

impl Section {
    fn rows(self) -> Vec<Row> {
        let seen = self.seen;
        self.rows.into_iter().map(|row| Row { tests: [seen.clone(), row.tests].concat(), ..row }).collect()
    }
}

fn metrics(platform: &str) -> Vec<Row> {
    let all = include_str!("../../examples/profiles/metrics.json");
    let mut all: BTreeMap<String, Vec<Metric>> = serde_json::from_str(all).unwrap();
    let profile = format!("examples/profiles/{platform}.yaml");
    let rules = std::fs::read_to_string(file(&profile)).unwrap();
    let row = |metric: Metric| {
        let tests = metric.programs.iter().map(|program| seen_by(program, platform));
        let together = format!("tests/platform/everything_moves.rs::{}", function(platform));
        Row {
            platform: "",
            section: "",
            what: metric.text(),
            r#in: profile.clone(),
            title: Some(instruments(&rules, &metric.name)),
            tests: tests.chain([together]).collect(),
        }
    };
    all.remove(platform).unwrap().into_iter().map(row).collect()
}

/// The test that sees what a program serves under a platform's profile.
fn seen_by(program: &str, platform: &str) -> String {
    let file = match program {
        "http_api" => "api/five_platforms_keep_their_names.rs",
        "media_worker" => "worker/five_platforms_keep_their_names.rs",
        _ => "engines/platforms_keep_their_names.rs",
    };
    format!("tests/{file}::{}", function(platform))
}

fn function(platform: &str) -> String {
    platform.replace('-', "_")
}

/// The instruments that the rules make this metric of: `- match: { name: media.job.duration }` is followed by
/// `name: jobs_total`.
fn instruments(rules: &str, metric: &str) -> String {
    let mut matched = "";
    let mut of_metric = Vec::new();
    for line in rules.lines().map(str::trim) {
        if let Some(rule) = line.strip_prefix("- match: { name: ") {
            matched = rule.split([',', ' ', '}']).next().unwrap();
        } else if line.strip_prefix("name: ") == Some(metric) {
            of_metric.push(format!("`{matched}`"));
        }
    }
    assert!(!of_metric.is_empty(), "no rule makes {metric}");
    of_metric.dedup();
    format!("from {}", of_metric.join(" and "))
}

impl Metric {
    fn text(&self) -> String {
        let Self { name, r#type, labels, buckets, .. } = self;
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let buckets: Vec<_> = buckets.iter().map(f64::to_string).collect();
        let buckets = if buckets.is_empty() { String::new() } else { format!(": {}", buckets.join(" ")) };
        format!("`{name}{labels}` ({type}){buckets}")
    }
}
