//! What the two text formats have in common.

use crate::pull::{
    family::{Families, Labels, Series, Value},
    number,
    translate::is_legacy,
};

/// The name of a metric as lines begin with it.
pub(super) struct Name {
    text: String,
    /// Names that only UTF-8 readers know are written in quotes, inside of the braces.
    quoted: bool,
}

/// The lines of one bucket differ from those of another in what comes after this.
pub(super) type Prefix = Vec<u8>;

impl Name {
    pub(super) fn new(name: &str) -> Self {
        if is_legacy(name) {
            return Self { text: name.to_owned(), quoted: false };
        }
        let text = name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        Self { text, quoted: true }
    }

    /// `# KEYWORD name text`.
    pub(super) fn comment(&self, out: &mut Vec<u8>, keyword: &str, text: &str) {
        let quote = if self.quoted { "\"" } else { "" };
        for part in ["# ", keyword, " ", quote, &self.text, quote, " ", text, "\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }

    /// All of a line but its value: `name_ending{labels} `.
    #[inline]
    pub(super) fn sample(&self, out: &mut Vec<u8>, ending: &str, labels: &Labels) {
        if self.quoted {
            self.open_quoted(out, ending, labels);
            out.extend_from_slice(b"} ");
            return;
        }
        out.extend_from_slice(self.text.as_bytes());
        out.extend_from_slice(ending.as_bytes());
        out.extend_from_slice(labels.before_value().as_bytes());
    }

    /// The beginning of each bucket's line: `name_bucket{labels,le="`.
    pub(super) fn bucket(&self, prefix: &mut Prefix, labels: &Labels) {
        prefix.clear();
        if self.quoted {
            self.open_quoted(prefix, "_bucket", labels);
            prefix.push(b',');
        } else {
            prefix.extend_from_slice(self.text.as_bytes());
            prefix.extend_from_slice(b"_bucket{");
            prefix.extend_from_slice(labels.text().as_bytes());
            if !labels.is_empty() {
                prefix.push(b',');
            }
        }
        prefix.extend_from_slice(b"le=\"");
    }

    fn open_quoted(&self, out: &mut Vec<u8>, ending: &str, labels: &Labels) {
        for part in ["{\"", &self.text, ending, "\""] {
            out.extend_from_slice(part.as_bytes());
        }
        if !labels.is_empty() {
            out.push(b',');
            out.extend_from_slice(labels.text().as_bytes());
        }
    }
}

/// A line of a counter or gauge, without its end.
#[inline]
pub(super) fn number(out: &mut Vec<u8>, name: &Name, series: &Series) {
    name.sample(out, "", &series.labels);
    if let Value::Number(value) = series.value {
        number::write(out, value);
    }
}

/// The lines of a histogram's buckets. `end` is told each bound and finishes its line.
///
/// Returns how many values there are, and whether some may be negative.
pub(super) fn buckets(
    out: &mut Vec<u8>,
    prefix: &Prefix,
    value: &Value,
    openmetrics: bool,
    mut end: impl FnMut(&mut Vec<u8>, f64),
) -> (u64, bool) {
    let mut line = |out: &mut Vec<u8>, le: &str, count: u64, bound: f64| {
        out.extend_from_slice(prefix);
        out.extend_from_slice(le.as_bytes());
        number::unsigned(out, count);
        end(out, bound);
        out.push(b'\n');
    };
    let (count, any_negative) = match value {
        Value::Number(_) => return (0, false),
        Value::Histogram(histogram) => {
            let bounds = &*histogram.bounds;
            let texts = if openmetrics { &bounds.openmetrics } else { &bounds.plain };
            let mut cumulative = 0;
            let mut counts = histogram.counts.iter();
            for ((bound, le), count) in bounds.values.iter().zip(texts).zip(&mut counts) {
                cumulative += count;
                line(out, le, cumulative, *bound);
            }
            // The formats say that the last bucket and `_count` are the same number.
            (cumulative + counts.sum::<u64>(), bounds.any_negative())
        }
        Value::Exponential(histogram) => {
            for (bound, count) in histogram.buckets() {
                line(out, &(number::bound(bound, openmetrics) + "\"} "), count, bound);
            }
            (histogram.count, histogram.any_negative())
        }
    };
    line(out, "+Inf\"} ", count, f64::INFINITY);
    (count, any_negative)
}

/// `_sum` and `_count`.
pub(super) fn totals(out: &mut Vec<u8>, name: &Name, series: &Series, count: u64) {
    let sum = match &series.value {
        Value::Histogram(histogram) => histogram.sum,
        Value::Exponential(histogram) => histogram.sum,
        Value::Number(_) => return,
    };
    name.sample(out, "_sum", &series.labels);
    number::write(out, sum);
    out.push(b'\n');
    name.sample(out, "_count", &series.labels);
    number::unsigned(out, count);
    out.push(b'\n');
}

/// `target_info`.
pub(super) fn target(out: &mut Vec<u8>, families: &Families) {
    if let Some(labels) = families.target() {
        Name::new(&families.own_name("target_info")).sample(out, "", labels);
        out.extend_from_slice(b"1\n");
    }
}
