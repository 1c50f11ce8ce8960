//! What the handlers share.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use telecine::http::Http;
use telecine::media::{Media, Sessions};
use telecine::pull::Readiness;
use telecine::store::{Source, Usage};
use telecine::work::Work;

use crate::answer::{Answer, Refusal};
use crate::cache::Cache;
use crate::database::Database;
use crate::database::lock::Lock;
use crate::instruments::Own;

/// What the handlers share. A clone is the same.
#[derive(Clone)]
pub struct App(Arc<Shared>);

pub struct Shared {
    pub http: Http,
    pub work: Work,
    pub media: Media,
    pub sessions: Sessions,
    pub database: Database,
    pub lock: Lock,
    pub cache: Cache,
    pub own: Own,
    pub tenants: Tenants,
    pub usage: Usage,
    /// What the usage is reconciled with.
    pub source: Source,
    /// Where inputs lie, with all links resolved.
    pub inputs: PathBuf,
    /// Where outputs lie, likewise.
    pub outputs: PathBuf,
    pub ready: Readiness,
}

/// Who may have jobs done, and how much room their outputs may take. A clone is the same.
#[derive(Clone)]
pub struct Tenants {
    /// The first is whose jobs are that name nobody.
    quotas: Arc<Vec<(String, u64)>>,
    /// Whose each job is.
    owners: Arc<Mutex<HashMap<String, String>>>,
}

impl App {
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Tenants {
    pub fn new(quotas: Vec<(String, u64)>) -> Self {
        Self { quotas: Arc::new(quotas), owners: Arc::default() }
    }

    pub fn quotas(&self) -> &[(String, u64)] {
        &self.quotas
    }

    /// The tenant of this name; by default the first.
    pub fn named(&self, name: Option<&str>) -> Answer<String> {
        let mut known = self.quotas.iter().map(|(known, _)| known);
        let found = known.find(|known| name.is_none_or(|name| name == *known)).cloned();
        found.ok_or_else(|| Refusal::BadRequest(format!("{:?} is no tenant", name.unwrap_or_default())))
    }

    pub fn quota(&self, tenant: &str) -> Option<u64> {
        self.quotas.iter().find(|(known, _)| known == tenant).map(|(_, quota)| *quota)
    }

    /// The job is that tenant's, and so are its outputs.
    pub fn owns(&self, job: &str, tenant: &str) {
        self.owners().insert(job.to_owned(), tenant.to_owned());
    }

    /// Whose an output is, by its key: `jobs/7/720p.mp4`.
    pub fn owner_of(&self, key: &str) -> Option<String> {
        let job = key.strip_prefix("jobs/")?.split('/').next()?;
        self.owners().get(job).cloned()
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
