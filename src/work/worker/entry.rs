//! What is known of one worker.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Heartbeat;
use crate::catalog::attribute;
use crate::operation::{Instruments, Labels, Outcome};

/// How long the place of a worker that is gone is kept among the values of its label: its series are still
/// in the tables of an exit that has not collected since.
const KEPT: Duration = Duration::from_secs(120);

/// How many jobs ended how.
pub(super) type Tally = [u64; Outcome::ALL.len()];

/// When a worker is lost, and when it is gone.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) lost_after: Duration,
    pub(super) gone_after: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Idle,
    Busy,
    Lost,
    Gone,
}

pub(super) struct Entry {
    /// Nothing for one that counts among the others.
    pub(super) labels: Option<Labels>,
    pub(super) jobs: Tally,
    pub(super) heartbeat: Option<Instant>,
    pub(super) capacity: Option<u64>,
    /// By resource, as its label says it.
    pub(super) load: BTreeMap<String, f64>,
    /// The latest sign of life.
    seen: Instant,
    /// How many in this process say that they are this worker.
    held: usize,
    /// Attempts of this process.
    begun: u64,
    /// Jobs that it says it runs.
    told: u64,
    gone: Option<Instant>,
}

impl Entry {
    pub(super) fn new(labels: Option<Labels>, now: Instant) -> Self {
        Self {
            labels,
            jobs: Tally::default(),
            heartbeat: None,
            capacity: None,
            load: BTreeMap::new(),
            seen: now,
            held: 0,
            begun: 0,
            told: 0,
            gone: None,
        }
    }

    pub(super) fn status(&self, now: Instant, limits: Limits) -> Status {
        let silent = now.saturating_duration_since(self.seen);
        if self.gone.is_some() || (self.held == 0 && silent > limits.gone_after) {
            return Status::Gone;
        }
        let lost = match self.heartbeat {
            Some(heartbeat) if self.held > 0 => now.saturating_duration_since(heartbeat) > limits.lost_after,
            None if self.held > 0 => false,
            _ => silent > limits.lost_after,
        };
        match (lost, self.begun > 0 || self.told > 0) {
            (true, _) => Status::Lost,
            (false, true) => Status::Busy,
            (false, false) => Status::Idle,
        }
    }

    /// Whether nothing is left of it, not even its place among the labels. Notes when it went.
    pub(super) fn is_over(&mut self, now: Instant, limits: Limits) -> bool {
        if self.status(now, limits) != Status::Gone {
            return false;
        }
        now.saturating_duration_since(*self.gone.get_or_insert(now)) >= KEPT
    }

    /// It is there, whatever was thought of it.
    pub(super) fn see(&mut self, now: Instant) {
        self.seen = now;
        self.gone = None;
    }

    pub(super) fn hold(&mut self) {
        self.held += 1;
    }

    /// Whether it is still held.
    pub(super) fn let_go(&mut self) -> bool {
        self.held = self.held.saturating_sub(1);
        self.held > 0
    }

    /// What it did and said is of the past.
    pub(super) fn leave(&mut self, now: Instant) {
        self.gone = Some(now);
        self.heartbeat = None;
        self.capacity = None;
        self.load.clear();
        self.told = 0;
    }

    pub(super) fn begin(&mut self) {
        self.begun += 1;
    }

    pub(super) fn end(&mut self) {
        self.begun = self.begun.saturating_sub(1);
    }

    pub(super) fn tell(
        &mut self,
        said: &Heartbeat,
        instruments: &Instruments,
        resources: &mut BTreeMap<String, Labels>,
    ) {
        let Heartbeat { running, capacity, load } = said;
        self.told = running.unwrap_or(self.told);
        self.capacity = capacity.or(self.capacity);
        for (resource, load) in load.iter().filter(|(_, load)| load.is_finite()) {
            let labels = instruments.labels().set(&attribute::WORKER_RESOURCE, resource);
            let Some(resource) = labels.as_slice().first().map(|label| label.value.to_string()) else { continue };
            self.load.insert(resource.clone(), *load);
            resources.entry(resource).or_insert(labels);
        }
    }
}
