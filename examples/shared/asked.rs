//! What platforms' dashboards ask for (`examples/profiles/metrics.json`), and whether a scrape has it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// A metric that a platform's dashboards ask for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) r#type: String,
    pub(crate) labels: BTreeSet<String>,
    /// Upper bounds, without the infinite one; none if any will do.
    #[serde(default)]
    pub(crate) buckets: Vec<f64>,
    /// The examples that serve it.
    pub(crate) programs: Vec<String>,
}

/// A metric that is served.
#[derive(Debug, Default)]
pub(crate) struct Served {
    r#type: String,
    labels: BTreeSet<String>,
    buckets: BTreeSet<String>,
    /// The sum of the series' values, each without its sign; of a histogram, of its counts.
    pub(crate) number: f64,
}

/// What a platform asks for; nothing of one that is not known.
pub(crate) fn asked(platform: &str) -> Vec<Asked> {
    let list = include_str!("../profiles/metrics.json");
    let mut platforms: BTreeMap<String, Vec<Asked>> = serde_json::from_str(list).unwrap_or_default();
    platforms.remove(platform).unwrap_or_default()
}

impl Asked {
    /// Whether this example serves it.
    pub(crate) fn is_of(&self, program: &str) -> bool {
        self.programs.iter().any(|of| of == program)
    }

    /// What is not as it is asked for: whether it is there, its type, its labels, its buckets, and that something was
    /// counted. A gauge may be at rest.
    pub(crate) fn fault(&self, served: Option<&Served>) -> Option<String> {
        let Some(served) = served else { return Some("is missing".to_owned()) };
        if served.r#type != self.r#type {
            return Some(format!("is a {}, not a {}", served.r#type, self.r#type));
        }
        if served.labels != self.labels {
            return Some(format!("has the labels {:?}, not {:?}", served.labels, self.labels));
        }
        let bounds: BTreeSet<_> = self.buckets.iter().map(f64::to_string).chain(["+Inf".to_owned()]).collect();
        if !self.buckets.is_empty() && served.buckets != bounds {
            return Some(format!("has the buckets {:?}, not {bounds:?}", served.buckets));
        }
        (served.number == 0.0 && self.r#type != "gauge").then(|| "has not moved".to_owned())
    }
}

/// What a page of the text format 0.0.4 has, by name.
pub(crate) fn read(page: &str) -> BTreeMap<String, Served> {
    let mut served = BTreeMap::<String, Served>::new();
    for line in page.lines() {
        if let Some((name, r#type)) = line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' ')) {
            served.entry(name.to_owned()).or_default().r#type = r#type.to_owned();
        }
    }
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = line.rsplit_once(' ') else { continue };
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels = labels_of(labels);
        let is_histogram = |name: &str| served.get(name).is_some_and(|served| served.r#type == "histogram");
        let part =
            ["_bucket", "_sum", "_count"].into_iter().find(|part| name.strip_suffix(part).is_some_and(is_histogram));
        let name = part.and_then(|part| name.strip_suffix(part)).unwrap_or(name);
        let family = served.entry(name.to_owned()).or_default();
        family.labels.extend(labels.keys().filter(|key| *key != "le").cloned());
        match part {
            Some("_bucket") => family.buckets.extend(labels.get("le").cloned()),
            Some("_sum") => {}
            _ => family.number += value.parse::<f64>().map_or(0.0, f64::abs),
        }
    }
    served
}

/// `name="value",…}`; a quote within a value has a backslash before it.
fn labels_of(text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once("=\"") {
        let mut escaped = false;
        let end = after.find(|c| {
            let is_end = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            is_end
        });
        let Some(end) = end else { break };
        labels.insert(name.trim_start_matches(',').to_owned(), after[..end].to_owned());
        rest = &after[end + 1..];
    }
    labels
}
