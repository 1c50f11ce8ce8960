//! The depths of queues, observed at each collection.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::Depth;
use crate::catalog::{attribute, queue as definitions};
use crate::operation::{self, Instruments, Labels, Observed, Observer};
use crate::work::Clock;

/// The queues of a [`Work`](crate::work::Work).
pub(in crate::work) struct Queues {
    instruments: Instruments,
    known: Arc<Known>,
    observed: OnceLock<[Observed; 2]>,
}

struct Known {
    clock: Clock,
    queues: Mutex<BTreeMap<String, Weak<One>>>,
}

/// One queue.
#[derive(Clone)]
pub(super) struct Depths {
    one: Arc<One>,
    /// It is observed as long as it is held, also by one whose `Work` is gone.
    _queues: Arc<Queues>,
}

struct One {
    labels: Labels,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Since when those wait that entered, in the order in which they came.
    waiting: BTreeMap<u64, Instant>,
    entered: u64,
    told: Option<Depth>,
}

/// A place in a queue.
pub(super) struct Place {
    depths: Depths,
    number: u64,
}

impl Queues {
    pub(in crate::work) fn new(instruments: &Instruments, clock: &Clock) -> Self {
        Self {
            instruments: instruments.clone(),
            known: Arc::new(Known { clock: clock.clone(), queues: Mutex::default() }),
            observed: OnceLock::new(),
        }
    }

    pub(super) fn get(self: &Arc<Self>, name: &str) -> Depths {
        let name = operation::clean(name);
        let one = {
            let mut queues = self.known.queues();
            match queues.get(&name).and_then(Weak::upgrade) {
                Some(one) => one,
                None => {
                    queues.retain(|_, one| one.strong_count() > 0);
                    let labels = self.instruments.labels().set(&attribute::QUEUE_NAME, &name);
                    let one = Arc::new(One { labels, clock: self.known.clock.clone(), state: Mutex::default() });
                    queues.insert(name, Arc::downgrade(&one));
                    one
                }
            }
        };
        self.observed.get_or_init(|| self.observe());
        Depths { one, _queues: Arc::clone(self) }
    }

    fn observe(&self) -> [Observed; 2] {
        let (sizes, ages) = (Arc::clone(&self.known), Arc::clone(&self.known));
        [
            self.instruments.observe(&definitions::SIZE, move |observer| {
                sizes.observe(observer, |depth| Some(depth.size as f64), |one, other| one + other);
            }),
            self.instruments.observe(&definitions::OLDEST_AGE, move |observer| {
                ages.observe(observer, |depth| depth.age().map(|age| age.as_secs_f64()), f64::max);
            }),
        ]
    }
}

impl Known {
    /// Queues past the budget share the label `other`, and there one value, which `join` makes of theirs.
    fn observe(&self, observer: &mut Observer<'_>, value: fn(&Depth) -> Option<f64>, join: fn(f64, f64) -> f64) {
        let queues: Vec<_> = self.queues().values().filter_map(Weak::upgrade).collect();
        let mut others: Option<(f64, Labels)> = None;
        for one in queues {
            let Some(value) = one.depth().as_ref().and_then(value) else { continue };
            if one.labels.is_other() {
                let joined = others.map_or(value, |(others, _)| join(others, value));
                others = Some((joined, one.labels.clone()));
            } else {
                observer.observe(value, &one.labels);
            }
        }
        if let Some((value, labels)) = others {
            observer.observe(value, &labels);
        }
    }

    fn queues(&self) -> MutexGuard<'_, BTreeMap<String, Weak<One>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Depths {
    pub(super) fn enter(&self) -> Place {
        let now = self.one.clock.now();
        let mut state = self.one.state();
        let number = state.entered;
        state.entered += 1;
        state.waiting.insert(number, now);
        drop(state);
        Place { depths: self.clone(), number }
    }

    pub(super) fn tell(&self, depth: Option<Depth>) {
        self.one.state().told = depth;
    }
}

impl One {
    /// Nothing before anything is known.
    fn depth(&self) -> Option<Depth> {
        let now = self.clock.now();
        let state = self.state();
        if state.told.is_none() && state.entered == 0 {
            return None;
        }
        let told = state.told.unwrap_or(Depth::from(0));
        let oldest = state.waiting.values().next().map(|since| now.saturating_duration_since(*since));
        let size = told.size.saturating_add(state.waiting.len() as u64);
        Some(Depth { size, oldest: told.oldest.max(oldest) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Depth {
    /// Of an empty queue, 0.
    fn age(&self) -> Option<Duration> {
        if self.size == 0 { Some(Duration::ZERO) } else { self.oldest }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.depths.one.state().waiting.remove(&self.number);
    }
}

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Queues")
    }
}
