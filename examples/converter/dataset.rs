//! A data set: a directory with a manifest, and for each episode and camera a directory of frames.
//!
//! ```text
//! kitchen/dataset.json
//! kitchen/000000/front/000000.jpg
//! ```

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use telecine::data::{Cache, Data};
use telecine::operation::{Classified, ErrorType};

use crate::source::Source;

/// What is in a data set.
#[derive(Serialize, Deserialize)]
pub struct Manifest {
    pub name: String,
    /// Frames per second.
    pub frame_rate: u32,
    pub cameras: Vec<String>,
    pub episodes: Vec<Episode>,
}

#[derive(Serialize, Deserialize)]
pub struct Episode {
    pub id: String,
    /// Of each camera.
    pub frames: u32,
}

/// The manifests that were read lately: every episode asks for its data set's.
pub struct Manifests {
    source: Arc<Source>,
    cache: Cache,
    known: Mutex<VecDeque<Known>>,
}

struct Known {
    dataset: String,
    since: Instant,
    manifest: Arc<Manifest>,
}

/// The manifest's file.
pub const MANIFEST: &str = "dataset.json";
/// How many manifests are kept.
const CAPACITY: usize = 16;
/// How long one is good for: data sets grow.
const FRESH: Duration = Duration::from_secs(60);

impl Manifest {
    /// An episode, by its id.
    pub fn episode(&self, id: &str) -> anyhow::Result<&Episode> {
        let found = self.episodes.iter().find(|episode| episode.id == id);
        found.ok_or_else(|| {
            let why = format!("the data set {} has no episode {id:?}", self.name);
            Classified::new(ErrorType::InputMissing, why).into()
        })
    }
}

impl Episode {
    /// The files of a camera's frames, in their order.
    pub async fn frames(&self, source: &Source, dataset: &str, camera: &str) -> anyhow::Result<Vec<String>> {
        let folder = format!("{dataset}/{}/{camera}", self.id);
        let there = source.files(&folder).await?;
        let frames: Vec<String> = (0..self.frames).map(|frame| format!("{folder}/{frame:06}.jpg")).collect();
        match frames.iter().find(|frame| there.binary_search(frame).is_err()) {
            None => Ok(frames),
            Some(frame) => Err(Classified::new(ErrorType::InputInvalid, format!("{frame} is missing")).into()),
        }
    }
}

impl Manifests {
    pub fn new(source: &Arc<Source>, data: &Data) -> Self {
        Self { source: Arc::clone(source), cache: data.cache("manifests"), known: Mutex::default() }
    }

    /// The manifest of the data set in a directory.
    pub async fn get(&self, dataset: &str) -> anyhow::Result<Arc<Manifest>> {
        let found = {
            let mut known = self.known();
            known.retain(|known| known.since.elapsed() < FRESH);
            known.iter().find(|known| known.dataset == dataset).map(|known| Arc::clone(&known.manifest))
        };
        self.cache.try_get_with(found, || self.load(dataset)).await
    }

    async fn load(&self, dataset: &str) -> anyhow::Result<Arc<Manifest>> {
        let file = format!("{dataset}/{MANIFEST}");
        let json = self.source.get(&file).await?.bytes().await?;
        let manifest = serde_json::from_slice(&json);
        let manifest = manifest.map_err(|error| Classified::new(ErrorType::InputInvalid, error)).context(file)?;
        let manifest = Arc::new(manifest);
        let mut known = self.known();
        known.truncate(CAPACITY - 1);
        known.push_front(Known { dataset: dataset.to_owned(), since: Instant::now(), manifest: Arc::clone(&manifest) });
        Ok(manifest)
    }

    fn known(&self) -> MutexGuard<'_, VecDeque<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
