//! A program's own catalogue, from its JSON.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use telecine::catalog::{Attribute, Catalog, Family, Instrument};

/// Why a catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{}: {source}", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{}: this is no catalogue, as a program serves it at /catalog.json: {source}", .path.display())]
    Malformed { path: PathBuf, source: serde_json::Error },
}

#[derive(Deserialize)]
struct Definition {
    name: String,
    kind: Kind,
    unit: String,
    description: String,
    attributes: Vec<Described>,
    #[serde(default)]
    buckets: Vec<f64>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Counter,
    UpDownCounter,
    Histogram,
    Gauge,
}

#[derive(Deserialize)]
struct Described {
    key: String,
    description: String,
    values: Option<Vec<String>>,
    budget: Option<usize>,
}

/// telecine's catalogue, and what the program's has beside it.
pub(crate) fn with_own(path: Option<&Path>) -> Result<Catalog, Error> {
    let Some(path) = path else { return Ok(Catalog::own()) };
    let text = std::fs::read_to_string(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
    let definitions: Vec<Definition> =
        serde_json::from_str(&text).map_err(|source| Error::Malformed { path: path.to_owned(), source })?;
    let own = Catalog::own();
    let new = definitions.into_iter().filter(|definition| own.get(&definition.name).is_none());
    let new: Vec<_> = new.map(instrument).collect();
    Ok(own.with("The program's own", kept(new)))
}

/// Definitions are constants of a program. The command's are read once, and kept to its end.
fn kept<T>(list: Vec<T>) -> &'static [T] {
    Vec::leak(list)
}

fn text(text: String) -> &'static str {
    String::leak(text)
}

fn instrument(definition: Definition) -> Instrument {
    let Definition { name, kind, unit, description, attributes, buckets } = definition;
    let make = match kind {
        Kind::Counter => Instrument::counter,
        Kind::UpDownCounter => Instrument::up_down_counter,
        Kind::Histogram => Instrument::histogram,
        Kind::Gauge => Instrument::gauge,
    };
    let instrument = make(text(name), text(unit), text(description))
        .attributes(kept(attributes.into_iter().map(attribute).collect()));
    if buckets.is_empty() { instrument } else { instrument.buckets(Family::Own(kept(buckets))) }
}

fn attribute(described: Described) -> Attribute {
    let Described { key, description, values, budget } = described;
    let (key, description) = (text(key), text(description));
    match values {
        Some(values) => Attribute::one_of(key, description, kept(values.into_iter().map(text).collect())),
        None => Attribute::budget(key, description, budget.unwrap_or_default()),
    }
}
