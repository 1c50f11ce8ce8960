//! Scrapes: Prometheus' text format and OpenMetrics.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{Known, Labels, Role, Series, TARGET, Values, bounds};

/// Why a scrape cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// The samples of one name.
#[derive(Default)]
struct Samples {
    labels: BTreeSet<String>,
    bounds: Vec<f64>,
}

/// What a scrape has: the types of families, and the samples by their names.
struct Scrape<'a> {
    types: BTreeMap<&'a str, &'a str>,
    samples: BTreeMap<String, Samples>,
}

/// A scrape without its numbers and the values of its labels, to be kept beside dashboards that are checked with it: a
/// sample for each name, with every label that any series of that name has. Bounds of buckets stay.
///
/// # Errors
/// A line that is of neither format.
pub fn outline(text: &str) -> Result<String, Malformed> {
    let Scrape { types, samples } = read(text)?;
    let mut outline = String::new();
    let mut last = "";
    for (name, Samples { labels, bounds }) in &samples {
        let (family, _) = role(name, &types);
        if let Some(kind) = types.get(family).filter(|_| family != last) {
            let _ = writeln!(outline, "# TYPE {family} {kind}");
        }
        last = family;
        let labels: Vec<_> =
            labels.iter().filter(|label| *label != "le").map(|label| format!("{label}=\"*\"")).collect();
        let mut bounds: Vec<_> = bounds.iter().map(|bound| bounds::spelled(*bound)[0].clone()).collect();
        bounds.dedup();
        let line = |outline: &mut String, labels: &[String]| {
            let _ = match labels.join(",") {
                labels if labels.is_empty() => writeln!(outline, "{name} 0"),
                labels => writeln!(outline, "{name}{{{labels}}} 0"),
            };
        };
        if bounds.is_empty() {
            line(&mut outline, &labels);
        }
        for bound in bounds {
            line(&mut outline, &[labels.as_slice(), &[format!("le=\"{bound}\"")]].concat());
        }
    }
    Ok(outline)
}

fn read(text: &str) -> Result<Scrape<'_>, Malformed> {
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    let mut samples: BTreeMap<String, Samples> = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            if let Some((name, kind)) = declared.trim().rsplit_once(' ') {
                types.insert(name.trim().trim_matches('"'), kind.trim());
            }
        } else if !line.is_empty() && !line.starts_with('#') {
            let (name, labels) =
                sample(line).map_err(|reason| Malformed { line: index + 1, reason: reason.to_owned() })?;
            let samples = samples.entry(name).or_default();
            for (label, value) in labels {
                if label == "le" {
                    samples.bounds.extend(bounds::read(&value).filter(|bound| bound.is_finite()));
                }
                samples.labels.insert(label);
            }
        }
    }
    for samples in samples.values_mut() {
        samples.bounds.sort_by(f64::total_cmp);
        samples.bounds.dedup();
    }
    Ok(Scrape { types, samples })
}

impl Known {
    /// Adds what a scrape shows, in Prometheus' text format or OpenMetrics. Labels that no series has at that
    /// moment are unknown.
    ///
    /// # Errors
    /// A line that is of neither format.
    pub fn scrape(&mut self, text: &str) -> Result<(), Malformed> {
        let Scrape { types, samples } = read(text)?;
        for (name, samples) in samples {
            self.show(&name, samples, &types);
        }
        Ok(())
    }

    fn show(&mut self, name: &str, samples: Samples, types: &BTreeMap<&str, &str>) {
        let Samples { labels, bounds } = samples;
        let (family, role) = role(name, types);
        self.shown.insert(name.to_owned());
        if family != name {
            self.families.entry(family.to_owned()).or_default().insert(name.to_owned());
        }
        if self.native && types.get(family) == Some(&"histogram") {
            let labels = labels.iter().filter(|label| *label != "le").cloned().collect();
            self.show_series(family, Role::Native, labels, Vec::new());
        }
        self.show_series(name, role, labels, bounds);
    }

    fn show_series(&mut self, name: &str, role: Role, labels: BTreeSet<String>, bounds: Vec<f64>) {
        if let Some(known) = self.series.get_mut(name) {
            known.never = None;
            for label in labels {
                if !known.labels.may_have(&label) {
                    known.labels.insert(&label, Values::Any);
                }
            }
            return;
        }
        let mut series = Series::new(role, Labels::default());
        for label in labels.iter().filter(|label| !TARGET.contains(&label.as_str())) {
            series.labels.insert(label, Values::Any);
        }
        if role == Role::Bucket {
            series.labels.insert("le", Values::These(bounds::spellings(&bounds)));
            series.bounds = Some(bounds.into());
        }
        self.add(name, series);
    }
}

/// Whose samples these are, and what they say.
fn role<'a>(name: &'a str, types: &BTreeMap<&str, &str>) -> (&'a str, Role) {
    let kind = |family: &str| types.get(family).copied();
    for (ending, role) in [("_bucket", Role::Bucket), ("_sum", Role::Part), ("_count", Role::Part)] {
        if let Some(family) = name.strip_suffix(ending) {
            match kind(family) {
                Some("histogram") => return (family, role),
                Some("summary") if role == Role::Part => return (family, role),
                _ => {}
            }
        }
    }
    if let Some(family) = name.strip_suffix("_total").filter(|family| kind(family) == Some("counter")) {
        return (family, Role::Counter);
    }
    if let Some(family) = name.strip_suffix("_info").filter(|family| kind(family) == Some("info")) {
        return (family, Role::Gauge);
    }
    let role = match kind(name) {
        Some("counter") => Role::Counter,
        Some("gauge" | "stateset") => Role::Gauge,
        Some("summary") => Role::Quantile,
        _ => Role::Unknown,
    };
    (name, role)
}

/// Labels and their values.
type Pairs = Vec<(String, String)>;

/// Name and labels of a sample.
fn sample(line: &str) -> Result<(String, Pairs), &'static str> {
    let Some(brace) = line.find(['{', ' ', '\t']) else { return Err("a sample has no value") };
    let mut name = line[..brace].to_owned();
    let mut labels = Vec::new();
    let mut rest = &line[brace..];
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner.trim_start();
        while !rest.starts_with('}') {
            let (key, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted_text(quoted)?,
                None => {
                    let end = rest.find(['=', ',', '}']).ok_or("labels have no end")?;
                    (rest[..end].trim().to_owned(), &rest[end..])
                }
            };
            let after = after.trim_start();
            rest = match after.strip_prefix('=') {
                Some(value) => {
                    let value = value.trim_start().strip_prefix('"').ok_or("a label's value is not in quotes")?;
                    let (value, after) = quoted_text(value)?;
                    labels.push((key, value));
                    after
                }
                // A name that is not of the old kind stands within the braces.
                None if name.is_empty() => {
                    name = key;
                    after
                }
                None => return Err("a label has no value"),
            };
            rest = rest.trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
            if rest.is_empty() {
                return Err("labels have no end");
            }
        }
        rest = &rest[1..];
    }
    let value = rest.split_whitespace().next().ok_or("a sample has no value")?;
    let is_number = value.parse::<f64>().is_ok() || ["+Inf", "-Inf", "NaN"].contains(&value);
    if name.is_empty() || !is_number {
        return Err("this is no sample: a name, labels, a number");
    }
    Ok((name, labels))
}

/// What is in quotes, up to their end, and what follows.
fn quoted_text(rest: &str) -> Result<(String, &str), &'static str> {
    let mut text = String::new();
    let mut characters = rest.char_indices();
    while let Some((index, c)) = characters.next() {
        match c {
            '"' => return Ok((text, &rest[index + 1..])),
            '\\' => match characters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, c)) => text.push(c),
                None => break,
            },
            c => text.push(c),
        }
    }
    Err("a text in quotes does not end")
}
