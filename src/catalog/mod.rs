//! The instruments as data: each is declared once, here.
//!
//! Instruments, [views](crate::views), `docs/metrics.md`, the linter and the tests all read these
//! definitions. A program's own instruments are definitions of the same type and join them by
//! [`Catalog::with`]; from then on they are linted, bucketed, documented and served like ours.
//!
//! This module depends on nothing else of the crate.

pub mod attribute;
pub mod background;
mod buckets;
pub mod cache;
pub mod conversion;
pub mod database;
mod definition;
mod document;
pub mod gpu;
pub mod http;
pub mod job;
mod lint;
pub mod package;
pub mod playback;
pub mod process;
pub mod queue;
pub mod runtime;
pub mod span;
pub mod stage;
pub mod storage;
pub mod telemetry;
pub mod transcode;
pub mod transcription;
pub mod upload;
pub mod worker;

#[cfg(test)]
mod tests;

pub use buckets::Family;
pub use definition::{Attribute, Instrument, Kind, Number, OTHER, Values};
pub use lint::{Fault, Rule};

/// A list of definitions in which each name stands once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    areas: Vec<(&'static str, &'static [Instrument])>,
}

/// telecine's own definitions, by area.
const OWN: &[(&str, &[Instrument])] = &[
    ("Jobs", job::ALL),
    ("Queues", queue::ALL),
    ("Workers", worker::ALL),
    ("Background tasks", background::ALL),
    ("Stages", stage::ALL),
    ("Transcodes", transcode::ALL),
    ("Packages", package::ALL),
    ("Uploads", upload::ALL),
    ("Storage", storage::ALL),
    ("Transcription", transcription::ALL),
    ("Conversion", conversion::ALL),
    ("Playback", playback::ALL),
    ("Caches and buffers", cache::ALL),
    ("Databases", database::ALL),
    ("Process", process::ALL),
    ("Tokio runtimes", runtime::ALL),
    ("HTTP", http::ALL),
    ("GPUs", gpu::ALL),
    ("Telemetry itself", telemetry::ALL),
];

impl Catalog {
    /// telecine's own definitions.
    pub fn own() -> Self {
        Self { areas: OWN.to_vec() }
    }

    /// No definitions.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Adds a program's own definitions under a heading. [`Catalog::lint`] tells what is wrong with them.
    #[must_use]
    pub fn with(mut self, area: &'static str, instruments: &'static [Instrument]) -> Self {
        self.areas.push((area, instruments));
        self
    }

    /// The definitions by area, in the order in which they were added.
    pub fn areas(&self) -> impl Iterator<Item = (&'static str, &'static [Instrument])> {
        self.areas.iter().copied()
    }

    /// Every definition.
    pub fn iter(&self) -> impl Iterator<Item = &'static Instrument> {
        self.areas.iter().flat_map(|(_, instruments)| *instruments)
    }

    /// The definition of that name.
    pub fn get(&self, name: &str) -> Option<&'static Instrument> {
        self.iter().find(|instrument| instrument.name() == name)
    }

    /// Every attribute that a definition has, once, ordered by key. A key may stand twice where a
    /// convention lets areas have values of their own, as it does for `error.type`.
    pub fn attributes(&self) -> Vec<&'static Attribute> {
        let mut attributes: Vec<_> = self.iter().flat_map(Instrument::attribute_list).collect();
        attributes.sort_by_key(|attribute| (attribute.key(), attribute.description()));
        attributes.dedup();
        attributes
    }
}
