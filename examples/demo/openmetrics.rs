//! Reads the lines of a scrape in OpenMetrics: name, labels, value, exemplar.

use std::collections::BTreeMap;

pub(crate) type Labels = BTreeMap<String, String>;

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) value: f64,
    pub(crate) exemplar: Option<Exemplar>,
}

/// One measurement out of those that a line adds up, and the span it was made in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exemplar {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    pub(crate) value: f64,
}

/// Every sample of a scrape.
pub(crate) fn parse(text: &str) -> Vec<Sample> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect()
}

/// `name{label="value",…} value # {trace_id="…",span_id="…"} value time`
fn sample(line: &str) -> Option<Sample> {
    let (name, rest) = line.split_at(line.find(['{', ' '])?);
    let (labels, rest) = labels(rest)?;
    let (numbers, exemplar) = match rest.split_once('#') {
        Some((numbers, exemplar)) => (numbers, self::exemplar(exemplar.trim_start())),
        None => (rest, None),
    };
    Some(Sample { name: name.to_owned(), labels, value: first_number(numbers)?, exemplar })
}

fn exemplar(text: &str) -> Option<Exemplar> {
    let (mut labels, rest) = labels(text)?;
    Some(Exemplar {
        trace_id: labels.remove("trace_id")?,
        span_id: labels.remove("span_id")?,
        value: first_number(rest)?,
    })
}

fn first_number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

/// The labels at the beginning of `text`, if there are any, and what comes after them.
fn labels(text: &str) -> Option<(Labels, &str)> {
    let mut labels = Labels::new();
    let Some(mut rest) = text.strip_prefix('{') else { return Some((labels, text)) };
    while !rest.starts_with('}') {
        let (name, value) = rest.trim_start_matches(',').split_once("=\"")?;
        let (value, after) = quoted(value)?;
        labels.insert(name.to_owned(), value);
        rest = after;
    }
    Some((labels, &rest[1..]))
}

/// What stands before the closing quote, and what comes after it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}
