//! The workers that are known, observed at each collection.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::entry::{Entry, Limits, Status, Tally};
use super::{DEFAULT_GONE_AFTER, DEFAULT_LOST_AFTER, Heartbeat, MAX_WORKERS};
use crate::catalog::{Instrument, attribute, worker as definitions};
use crate::operation::{self, Counter, Instruments, Labels, Observed, Observer, Outcome};
use crate::work::Clock;

/// How often a registry that is full looks for those who are gone, if nobody collects.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// The workers of a [`Work`](crate::work::Work).
pub(in crate::work) struct Registry {
    heartbeats: Counter,
    none: Labels,
    known: Arc<Known>,
    observed: OnceLock<[Observed; 5]>,
}

struct Known {
    instruments: Instruments,
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    limits: Limits,
    /// When it was last looked for those who are gone.
    swept: Option<Instant>,
    /// By name, as a label would say it.
    workers: BTreeMap<String, Entry>,
    /// The jobs of those whose names found no place, of whom some may be gone: a counter never goes down.
    others: Option<(Labels, Tally)>,
    /// The labels of the resources that are spoken of.
    resources: BTreeMap<String, Labels>,
}

impl Registry {
    pub(in crate::work) fn new(instruments: &Instruments, clock: &Clock) -> Self {
        let limits = Limits { lost_after: DEFAULT_LOST_AFTER, gone_after: DEFAULT_GONE_AFTER };
        Self {
            heartbeats: instruments.counter(&definitions::HEARTBEATS),
            none: instruments.labels(),
            known: Arc::new(Known {
                instruments: instruments.clone(),
                clock: clock.clone(),
                state: Mutex::new(State {
                    limits,
                    swept: None,
                    workers: BTreeMap::new(),
                    others: None,
                    resources: BTreeMap::new(),
                }),
            }),
            observed: OnceLock::new(),
        }
    }

    pub(super) fn set_lost_after(&self, after: Duration) {
        self.known.state().limits.lost_after = after;
    }

    pub(super) fn set_gone_after(&self, after: Duration) {
        self.known.state().limits.gone_after = after;
    }

    pub(super) fn hear(&self, name: &str, heartbeat: &Heartbeat) {
        self.see(name, |entry, now| entry.heartbeat = Some(now));
        self.tell(name, heartbeat);
        self.heartbeats.add(1, &self.none);
    }

    pub(super) fn tell(&self, name: &str, said: &Heartbeat) {
        let mut state = self.known.state();
        let State { workers, resources, .. } = &mut *state;
        if let Some(entry) = workers.get_mut(&operation::clean(name)) {
            entry.tell(said, &self.known.instruments, resources);
        }
    }

    pub(super) fn done(&self, name: &str, outcome: Outcome) {
        self.see(name, |_, _| {});
        let mut state = self.known.state();
        let State { workers, others, .. } = &mut *state;
        let entry = workers.get_mut(&operation::clean(name)).filter(|entry| entry.labels.is_some());
        let tally = entry.map(|entry| &mut entry.jobs).or(others.as_mut().map(|(_, tally)| tally));
        let place = Outcome::ALL.iter().position(|known| *known == outcome);
        if let Some((tally, place)) = tally.zip(place) {
            tally[place] += 1;
        }
    }

    pub(super) fn leave(&self, name: &str) {
        let now = self.known.clock.now();
        if let Some(entry) = self.known.state().workers.get_mut(&operation::clean(name)) {
            entry.leave(now);
        }
    }

    pub(super) fn hold(&self, name: &str) {
        self.see(name, |entry, _| entry.hold());
    }

    pub(super) fn let_go(&self, name: &str) {
        let now = self.known.clock.now();
        if let Some(entry) = self.known.state().workers.get_mut(&operation::clean(name)) {
            if !entry.let_go() {
                entry.leave(now);
            }
        }
    }

    pub(super) fn begin(&self, name: &str) {
        self.see(name, |entry, _| entry.begin());
    }

    pub(super) fn end(&self, name: &str) {
        if let Some(entry) = self.known.state().workers.get_mut(&operation::clean(name)) {
            entry.end();
        }
    }

    /// A worker is there: it is known from now on, unless too many are.
    fn see(&self, name: &str, then: impl FnOnce(&mut Entry, Instant)) {
        let now = self.known.clock.now();
        let name = operation::clean(name);
        {
            let mut state = self.known.state();
            if !state.workers.contains_key(&name) {
                // Not for each of a million names that somebody makes up.
                let swept = state.swept.is_some_and(|swept| now.saturating_duration_since(swept) < SWEEP_EVERY);
                if state.workers.len() >= MAX_WORKERS && !swept {
                    state.sweep(now, &self.known.instruments);
                }
                if state.workers.len() >= MAX_WORKERS {
                    return;
                }
                let labels = match labels(&self.known.instruments, &name) {
                    Ok(own) => Some(own),
                    Err(others) => {
                        state.others.get_or_insert((others, Tally::default()));
                        None
                    }
                };
                state.workers.insert(name.clone(), Entry::new(labels, now));
            }
            if let Some(entry) = state.workers.get_mut(&name) {
                entry.see(now);
                then(entry, now);
            }
        }
        self.observed.get_or_init(|| self.observe());
    }

    fn observe(&self) -> [Observed; 5] {
        let observe = |definition: &'static Instrument, give: fn(&Known, &State, Instant, &mut Observer<'_>)| {
            let known = Arc::clone(&self.known);
            self.known.instruments.observe(definition, move |observer| {
                let now = known.clock.now();
                let mut state = known.state();
                state.sweep(now, &known.instruments);
                give(&known, &state, now, observer);
            })
        };
        [
            observe(&definitions::ACTIVE, Known::states),
            observe(&definitions::HEARTBEAT_AGE, Known::ages),
            observe(&definitions::JOBS, Known::jobs),
            observe(&definitions::LOAD, Known::load),
            observe(&definitions::CAPACITY, Known::capacity),
        ]
    }
}

impl Known {
    fn states(&self, state: &State, now: Instant, observer: &mut Observer<'_>) {
        for (status, name) in [(Status::Idle, "idle"), (Status::Busy, "busy"), (Status::Lost, "lost")] {
            let count = state.those(now).filter(|(_, known)| *known == status).count();
            observer.observe(count as f64, &self.instruments.labels().set(&attribute::WORKER_STATE, name));
        }
    }

    fn ages(&self, state: &State, now: Instant, observer: &mut Observer<'_>) {
        let mut others: Option<Duration> = None;
        for (entry, _) in state.those(now) {
            let Some(age) = entry.heartbeat.map(|heartbeat| now.saturating_duration_since(heartbeat)) else { continue };
            match &entry.labels {
                Some(labels) => observer.observe(age.as_secs_f64(), labels),
                None => others = others.max(Some(age)),
            }
        }
        if let Some((age, (labels, _))) = others.zip(state.others.as_ref()) {
            observer.observe(age.as_secs_f64(), labels);
        }
    }

    fn jobs(&self, state: &State, now: Instant, observer: &mut Observer<'_>) {
        let named = state.those(now).filter_map(|(entry, _)| Some((entry.labels.as_ref()?, &entry.jobs)));
        for (labels, tally) in named.chain(state.others.iter().map(|(labels, tally)| (labels, tally))) {
            for (outcome, count) in Outcome::ALL.iter().zip(tally) {
                observer.observe(*count as f64, &labels.clone().set(&attribute::OUTCOME, outcome.as_str()));
            }
        }
    }

    fn load(&self, state: &State, now: Instant, observer: &mut Observer<'_>) {
        for (resource, labels) in &state.resources {
            let said = state.those(now).filter(|(_, status)| *status != Status::Lost);
            let (sum, count) = said
                .filter_map(|(entry, _)| entry.load.get(resource))
                .fold((0.0, 0_u32), |(sum, count), load| (sum + load, count + 1));
            if count > 0 {
                observer.observe(sum / f64::from(count), labels);
            }
        }
    }

    fn capacity(&self, state: &State, now: Instant, observer: &mut Observer<'_>) {
        let said = state.those(now).filter(|(_, status)| *status != Status::Lost);
        let capacity = said.filter_map(|(entry, _)| entry.capacity).reduce(u64::saturating_add);
        if let Some(capacity) = capacity {
            observer.observe(capacity as f64, &self.instruments.labels());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Those that are not gone, and what they do.
    fn those(&self, now: Instant) -> impl Iterator<Item = (&Entry, Status)> {
        let limits = self.limits;
        let all = self.workers.values().map(move |entry| (entry, entry.status(now, limits)));
        all.filter(|(_, status)| *status != Status::Gone)
    }

    /// Forgets those of whom nothing is left, and gives the places of their names to others.
    fn sweep(&mut self, now: Instant, instruments: &Instruments) {
        let limits = self.limits;
        self.swept = Some(now);
        let mut free = 0;
        self.workers.retain(|name, entry| {
            let over = entry.is_over(now, limits);
            if over && entry.labels.is_some() {
                instruments.release_label(&attribute::WORKER_NAME, name);
                free += 1;
            }
            !over
        });
        for (name, entry) in self.workers.iter_mut().filter(|(_, entry)| entry.labels.is_none()) {
            if free == 0 {
                return;
            }
            entry.labels = labels(instruments, name).ok();
            free -= usize::from(entry.labels.is_some());
        }
    }
}

/// The labels of a worker's own series; as an error, those of one whose name finds no place.
fn labels(instruments: &Instruments, name: &str) -> Result<Labels, Labels> {
    let labels = instruments.labels().set(&attribute::WORKER_NAME, name);
    if labels.is_other() { Err(labels) } else { Ok(labels) }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registry")
    }
}
