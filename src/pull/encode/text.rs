//! Prometheus text format 0.0.4. It has no exemplars and no units.
//!
//! Version 1.0.0 differs by names in quotes, which occur where the scraper asked for them.

use super::{
    TARGET_HELP,
    lines::{self, Name, Prefix},
};
use crate::pull::family::{Families, Kind};

pub(super) fn encode(families: &Families, out: &mut Vec<u8>) {
    let mut prefix = Prefix::new();
    for family in families.iter() {
        let name = Name::new(&family.name.full);
        if !family.help.is_empty() {
            name.comment(out, "HELP", &help(&family.help));
        }
        match family.kind {
            Kind::Counter | Kind::Gauge => {
                name.comment(out, "TYPE", if family.kind == Kind::Counter { "counter" } else { "gauge" });
                for series in families.series(family) {
                    lines::number(out, &name, series);
                    out.push(b'\n');
                }
            }
            Kind::Histogram => {
                name.comment(out, "TYPE", "histogram");
                for series in families.series(family) {
                    name.bucket(&mut prefix, &series.labels);
                    let (count, _) = lines::buckets(out, &prefix, &series.value, false, |_, _| ());
                    lines::totals(out, &name, series, count);
                }
            }
        }
    }
    if families.target().is_some() {
        let name = Name::new(&families.own_name("target_info"));
        name.comment(out, "HELP", TARGET_HELP);
        name.comment(out, "TYPE", "gauge");
        lines::target(out, families);
    }
}

fn help(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}
