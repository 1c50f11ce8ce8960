//! The catalogue as Markdown and as JSON.

use std::fmt::Write as _;

use super::definition::{Attribute, Instrument, Values};
use super::{Catalog, Family, span};

impl Catalog {
    /// The page `docs/metrics.md`: every instrument, attribute, bucket family and span.
    pub fn to_markdown(&self) -> String {
        let mut page = String::from(
            "# Metrics\n\n\
             Generated from the catalogue by `telecine catalog --format markdown`; a test fails when it is stale.\n\n\
             Prometheus names follow from these by the OpenTelemetry specification: `media.job.duration` in `s` is \
             `media_job_duration_seconds`, and counters end in `_total`.\n",
        );
        for (area, instruments) in self.areas() {
            let _ = write!(
                page,
                "\n## {area}\n\n| instrument | kind | unit | attributes | buckets | what it measures |\n|---|---|---|---|---|---|\n"
            );
            for instrument in instruments {
                row(&mut page, instrument);
            }
        }
        page.push_str("\n## Attributes\n\nA value that is not in the list, or that comes past the budget, is recorded as `other`.\n\n| attribute | values | what it says |\n|---|---|---|\n");
        for attribute in self.attributes() {
            let _ = writeln!(page, "| `{}` | {} | {} |", attribute.key(), values(attribute), attribute.description());
        }
        page.push_str("\n## Bucket families\n\nSeconds, unless the family is of ratios, speeds, scores, sizes (bytes) or counts. Views choose other buckets.\n\n| family | upper bounds |\n|---|---|\n");
        for family in Family::ALL {
            let _ = writeln!(page, "| {} | {} |", family.as_str(), joined(family.bounds()));
        }
        page.push_str("\n## Spans\n\n| span | attributes | what it covers |\n|---|---|---|\n");
        for span in span::ALL {
            let keys: Vec<_> = span.attributes.iter().map(|attribute| format!("`{}`", attribute.key)).collect();
            let _ = writeln!(page, "| `{}` | {} | {} |", span.name, keys.join(" "), span.description);
        }
        page
    }
}

fn row(page: &mut String, instrument: &Instrument) {
    let keys: Vec<_> = instrument.attribute_list().iter().map(|attribute| format!("`{}`", attribute.key())).collect();
    let _ = writeln!(
        page,
        "| `{}` | {} | `{}` | {} | {} | {} |",
        instrument.name(),
        instrument.kind().as_str().replace('_', "-"),
        instrument.unit(),
        keys.join(" "),
        instrument.family().map_or_else(String::new, buckets),
        instrument.description(),
    );
}

fn buckets(family: Family) -> String {
    match family {
        Family::Own(bounds) => joined(bounds),
        family => family.as_str().to_owned(),
    }
}

fn joined(bounds: &[f64]) -> String {
    bounds.iter().map(f64::to_string).collect::<Vec<_>>().join(" ")
}

fn values(attribute: &Attribute) -> String {
    match attribute.values() {
        Values::OneOf(values) => values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" "),
        Values::Budget(budget) => format!("free text, at most {budget} different values"),
        Values::Templates(budget) => format!("templates of paths, at most {budget} different ones"),
        Values::Numbers(budget) => format!("whole numbers, at most {budget} different ones"),
    }
}

#[cfg(any(feature = "telemetry", feature = "cli"))]
mod json {
    use serde::Serialize;
    use serde::ser::{SerializeMap, SerializeSeq, Serializer};

    use super::super::Catalog;
    use super::super::definition::{Attribute, Instrument, Values};

    impl Catalog {
        /// The catalogue as JSON: an array of instruments.
        pub fn to_json(&self) -> String {
            // Only strings, numbers and lists: there is nothing in it that cannot be written.
            serde_json::to_string_pretty(self).unwrap_or_default()
        }
    }

    impl Serialize for Catalog {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut list = serializer.serialize_seq(None)?;
            for instrument in self.iter() {
                list.serialize_element(instrument)?;
            }
            list.end()
        }
    }

    impl Serialize for Instrument {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("name", self.name())?;
            map.serialize_entry("kind", self.kind().as_str())?;
            map.serialize_entry("unit", self.unit())?;
            map.serialize_entry("description", self.description())?;
            map.serialize_entry("attributes", self.attribute_list())?;
            if let Some(family) = self.family() {
                map.serialize_entry("buckets", family.bounds())?;
            }
            map.end()
        }
    }

    impl Serialize for Attribute {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("key", self.key())?;
            map.serialize_entry("description", self.description())?;
            match self.values() {
                Values::OneOf(values) => map.serialize_entry("values", values)?,
                Values::Budget(budget) | Values::Templates(budget) | Values::Numbers(budget) => {
                    map.serialize_entry("budget", &budget)?;
                }
            }
            map.end()
        }
    }
}
