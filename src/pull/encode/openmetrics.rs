//! OpenMetrics text 1.0.0.
//!
//! There are no `_created` samples: Prometheus stores them as one more series for each one, unless a
//! feature flag makes it read them as what they are. The protobuf format has the same in a field that
//! costs nothing.

use std::{borrow::Cow, time::UNIX_EPOCH};

use super::{
    TARGET_HELP, exemplar,
    lines::{self, Name, Prefix},
};
use crate::{
    exemplar::Exemplar,
    pull::{
        family::{Families, Family, Kind, Value},
        number::{self, Number},
        translate::{Naming, is_legacy},
    },
};

pub(super) fn encode(families: &Families, out: &mut Vec<u8>) {
    let naming = families.naming();
    let mut prefix = Prefix::new();
    for family in families.iter() {
        let (kind, base) = kind(family);
        let name = Name::new(base);
        name.comment(out, "TYPE", kind);
        if !family.name.unit.is_empty() {
            name.comment(out, "UNIT", &family.name.unit);
        }
        if !family.help.is_empty() {
            name.comment(out, "HELP", &escape(&family.help));
        }
        match family.kind {
            Kind::Counter | Kind::Gauge => {
                let name = Name::new(&family.name.full);
                for series in families.series(family) {
                    lines::number(out, &name, series);
                    if kind == "counter" {
                        append(out, series.exemplars().first(), naming);
                    }
                    out.push(b'\n');
                }
            }
            Kind::Histogram => {
                for series in families.series(family) {
                    name.bucket(&mut prefix, &series.labels);
                    let mut exemplars = series.exemplars();
                    let (count, any_negative) = lines::buckets(out, &prefix, &series.value, true, |out, bound| {
                        append(out, exemplar::take_up_to(&mut exemplars, bound), naming);
                    });
                    // A sum that can fall is no counter; and the format has them both or none.
                    if !any_negative && !is_negative(&series.value) {
                        lines::totals(out, &name, series, count);
                    }
                }
            }
        }
    }
    if families.target().is_some() {
        let name = Name::new(&families.own_name("target"));
        name.comment(out, "TYPE", "info");
        name.comment(out, "HELP", TARGET_HELP);
        lines::target(out, families);
    }
    out.extend_from_slice(b"# EOF\n");
}

/// The type and the name of a family. Samples of a counter end in `_total`, or it is none.
fn kind(family: &Family) -> (&'static str, &str) {
    match family.kind {
        Kind::Counter if family.name.full == family.name.base => ("unknown", &family.name.full),
        Kind::Counter => ("counter", &family.name.base),
        Kind::Gauge => ("gauge", &family.name.full),
        Kind::Histogram => ("histogram", &family.name.full),
    }
}

fn is_negative(value: &Value) -> bool {
    match value {
        Value::Histogram(histogram) => histogram.sum.as_f64() < 0.0,
        Value::Exponential(histogram) => histogram.sum.as_f64() < 0.0,
        Value::Number(_) => false,
    }
}

fn append(out: &mut Vec<u8>, exemplar: Option<&Exemplar>, naming: Naming) {
    let Some(exemplar) = exemplar else { return };
    out.extend_from_slice(b" # {");
    let start = out.len();
    exemplar::each_label(exemplar, naming, |name, value| {
        let comma = if out.len() > start { "," } else { "" };
        let quote = if is_legacy(name) { "" } else { "\"" };
        for part in [comma, quote, &escape(name), quote, "=\"", &escape(&value), "\""] {
            out.extend_from_slice(part.as_bytes());
        }
    });
    out.extend_from_slice(b"} ");
    number::write(out, Number::Float(exemplar.value));
    let since = exemplar.time.duration_since(UNIX_EPOCH).unwrap_or_default();
    out.push(b' ');
    number::unsigned(out, since.as_secs());
    let milliseconds = since.subsec_millis();
    let digit = |of: u32| b'0' + (milliseconds / of % 10) as u8;
    out.extend_from_slice(&[b'.', digit(100), digit(10), digit(1)]);
}

fn escape(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'\\' | b'"' | b'\n')) {
        return text.into();
    }
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").into()
}
