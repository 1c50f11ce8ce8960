//! Readings that were taken before.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Error, Reading, Source};

/// Readings that were taken before, played again and again: for tests, and to see a dashboard's GPU panels
/// on a machine without a GPU.
///
/// ```
/// use telecine::system::gpu::{Recording, Source};
///
/// let mut recording = Recording::from_json(r#"{
///     "about": "made up",
///     "interval_seconds": 1,
///     "samples": [[{"pci_bus_id": "0000:3b:00.0", "name": "NVIDIA L4", "encoder_utilization": 40}]]
/// }"#)?;
/// assert_eq!(recording.read()?[0].encoder_utilization, Some(40));
/// # Ok::<(), telecine::system::gpu::Error>(())
/// ```
///
/// One is made from what a real GPU says by [`add`](Self::add) and written by [`to_json`](Self::to_json):
///
/// ```no_run
/// use telecine::system::gpu::{Nvml, Recording};
///
/// let mut recording = Recording::new("an NVIDIA L4 with driver 550, two encodes at 1080p");
/// let mut gpus = Nvml::new();
/// for _ in 0..60 {
///     recording.add(&mut gpus)?;
///     std::thread::sleep(recording.interval());
/// }
/// std::fs::write("gpus.json", recording.to_json())?;
/// # use telecine::system::gpu::Source;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    about: String,
    interval_seconds: u64,
    samples: Vec<Vec<Reading>>,
    #[serde(skip)]
    next: usize,
}

impl Recording {
    /// An empty one. `about` says where it comes from.
    pub fn new(about: impl Into<String>) -> Self {
        Self { about: about.into(), interval_seconds: super::DEFAULT_INTERVAL.as_secs(), samples: Vec::new(), next: 0 }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::File`] and [`Error::Recording`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let json = std::fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
        Self::from_json(&json)
    }

    /// Reads JSON of the form that [`to_json`](Self::to_json) writes: `about`, `interval_seconds`, and
    /// `samples`, each a list of [readings](Reading), one of each GPU.
    ///
    /// # Errors
    /// [`Error::Recording`] if it is not of that form.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        serde_json::from_str(json).map_err(Error::Recording)
    }

    /// Adds what a source says now.
    ///
    /// # Errors
    /// The source's own.
    pub fn add(&mut self, source: &mut dyn Source) -> Result<(), Error> {
        self.samples.push(source.read()?);
        Ok(())
    }

    /// The same, to be kept.
    pub fn to_json(&self) -> String {
        // Only strings, numbers and lists: there is nothing in it that cannot be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Where it comes from.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// What was read, in order.
    pub fn samples(&self) -> &[Vec<Reading>] {
        &self.samples
    }
}

impl Source for Recording {
    fn read(&mut self) -> Result<Vec<Reading>, Error> {
        let sample = self.samples.get(self.next).cloned().unwrap_or_default();
        self.next = if self.next + 1 < self.samples.len() { self.next + 1 } else { 0 };
        Ok(sample)
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(self.interval_seconds.max(1))
    }
}
