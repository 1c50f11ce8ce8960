//! What is shown of a store's usage: its totals, by tenant.

use super::ledger::{TENANTS_LIMIT, Total, Totals};
use crate::{
    catalog::{Instrument, attribute, storage as definitions},
    operation::{Instruments, Labels, Observed, Observer},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How a scan ended: the values of `media.storage.reconciliation.status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It saw all, and the totals are what it found: 1.
    Ok,
    /// It could not begin: 0.
    Failed,
    /// It saw a part, and changed nothing: -1. The same while there are more objects than are remembered.
    Partial,
}

/// The totals, and who may see them.
#[derive(Debug)]
pub(super) struct Board {
    instruments: Instruments,
    store: Labels,
    /// Whether there are tenants: if not, the whole is a series of its own, also where it is 0.
    by_tenant: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    shown: bool,
    known: bool,
    status: Option<Status>,
    limits: BTreeMap<Option<String>, u64>,
    slots: Slots,
}

/// One for each series. Tenants whose labels say the same share one.
#[derive(Debug, Default)]
struct Slots {
    by_name: HashMap<Option<String>, usize>,
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    labels: Labels,
    /// What the label of the tenant says.
    value: Option<String>,
    total: Total,
    drift: Option<i64>,
    limit: Option<u64>,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Ok, Self::Failed, Self::Partial];

    /// The value of the gauge.
    pub const fn as_i64(self) -> i64 {
        match self {
            Self::Ok => 1,
            Self::Failed => 0,
            Self::Partial => -1,
        }
    }
}

impl Board {
    pub(super) fn new(instruments: &Instruments, store: &str, by_tenant: bool, known: bool) -> Arc<Self> {
        let board = Self {
            instruments: instruments.clone(),
            store: instruments.labels().set(&attribute::STORE, store),
            by_tenant,
            state: Mutex::new(State {
                shown: true,
                known,
                status: None,
                limits: BTreeMap::new(),
                slots: Slots::default(),
            }),
        };
        board.whole(&mut board.state());
        Arc::new(board)
    }

    /// What is asked for at each collection.
    pub(super) fn observe(self: &Arc<Self>) -> Vec<Observed> {
        vec![
            self.each(&definitions::USAGE, |state, slot| state.known.then_some(slot.total.bytes as f64)),
            self.each(&definitions::OBJECTS, |state, slot| state.known.then_some(slot.total.objects as f64)),
            self.each(&definitions::LIMIT, |_, slot| slot.limit.map(|limit| limit as f64)),
            self.each(&definitions::DRIFT, |_, slot| slot.drift.map(|drift| drift as f64)),
            self.ask(&definitions::RECONCILIATION_STATUS, |board, state, observer| {
                if let Some(status) = state.status {
                    observer.observe(status.as_i64() as f64, &board.store);
                }
            }),
        ]
    }

    fn each(
        self: &Arc<Self>,
        definition: &'static Instrument,
        value: impl Fn(&State, &Slot) -> Option<f64> + Send + Sync + 'static,
    ) -> Observed {
        self.ask(definition, move |_, state, observer| {
            for slot in &state.slots.slots {
                if let Some(value) = value(state, slot) {
                    observer.observe(value, &slot.labels);
                }
            }
        })
    }

    fn ask(
        self: &Arc<Self>,
        definition: &'static Instrument,
        values: impl Fn(&Self, &State, &mut Observer<'_>) + Send + Sync + 'static,
    ) -> Observed {
        let board = Arc::clone(self);
        self.instruments.observe(definition, move |observer| {
            let state = board.state();
            if state.shown {
                values(&board, &state, observer);
            }
        })
    }

    /// Shows the totals, or hides them. What they were is forgotten.
    pub(super) fn show(&self, shown: bool) {
        let mut state = self.state();
        state.shown = shown;
        state.known = false;
        state.status = None;
        let mut before = std::mem::take(&mut state.slots);
        before.slots.iter_mut().for_each(|slot| slot.total = Total::default());
        self.release(&before, |value| state.limits.contains_key(value));
        self.limits(&mut state);
    }

    pub(super) fn is_shown(&self) -> bool {
        self.state().shown
    }

    /// An object had the first size, and has the second.
    pub(super) fn change(&self, tenant: Option<&str>, before: Option<u64>, after: Option<u64>) {
        let mut state = self.state();
        self.slot(&mut state.slots, tenant).total.change(before, after);
    }

    pub(super) fn status(&self, status: Status) {
        self.state().status = Some(status);
    }

    pub(super) fn last_status(&self) -> Option<Status> {
        self.state().status
    }

    /// The running total of all tenants, if it is known.
    pub(super) fn total(&self) -> Option<Total> {
        let state = self.state();
        state.known.then(|| sum(&state.slots))
    }

    pub(super) fn set_limit(&self, tenant: Option<&str>, limit: Option<u64>) {
        let mut state = self.state();
        let tenant = tenant.map(str::to_owned);
        match limit {
            Some(limit) => state.limits.insert(tenant, limit),
            None => state.limits.remove(&tenant),
        };
        self.limits(&mut state);
    }

    /// The totals are these. Gives what they differ by from the running total, if that was known.
    pub(super) fn reconcile(&self, totals: Totals) -> (Total, Option<i64>) {
        let mut state = self.state();
        let before = std::mem::take(&mut state.slots);
        // Before the new ones take theirs.
        self.release(&before, |value| totals.contains_key(value) || state.limits.contains_key(value));
        for (tenant, total) in totals {
            let slot = self.slot(&mut state.slots, tenant.as_deref());
            slot.total.bytes += total.bytes;
            slot.total.objects += total.objects;
        }
        self.whole(&mut state);
        let was_known = std::mem::replace(&mut state.known, true);
        if was_known {
            for old in &before.slots {
                // What went unseen is shown until the next scan, and then forgotten.
                if old.total != Total::default() {
                    state.slots.like(old);
                }
            }
            for slot in &mut state.slots.slots {
                let old = before.slots.iter().find(|old| old.value == slot.value);
                slot.drift = Some(difference(slot.total.bytes, old.map_or(0, |old| old.total.bytes)));
            }
        }
        self.limits(&mut state);
        state.status = Some(Status::Ok);
        let now = sum(&state.slots);
        (now, was_known.then(|| difference(now.bytes, sum(&before).bytes)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn whole(&self, state: &mut State) {
        if !self.by_tenant && state.known {
            self.slot(&mut state.slots, None);
        }
    }

    fn limits(&self, state: &mut State) {
        for slot in &mut state.slots.slots {
            slot.limit = None;
        }
        for (tenant, limit) in &state.limits {
            let slot = self.slot(&mut state.slots, tenant.as_deref());
            slot.limit = Some(slot.limit.unwrap_or(0).saturating_add(*limit));
        }
    }

    /// Gives the labels back of tenants that have nothing and are not wanted.
    fn release(&self, before: &Slots, wanted: impl Fn(&Option<String>) -> bool) {
        for slot in before.slots.iter().filter(|slot| slot.total == Total::default() && !wanted(&slot.value)) {
            if let Some(value) = &slot.value {
                self.instruments.release_label(&attribute::TENANT, value);
            }
        }
    }

    fn slot<'a>(&self, slots: &'a mut Slots, tenant: Option<&str>) -> &'a mut Slot {
        let tenant = tenant.map(str::to_owned);
        let at = match slots.by_name.get(&tenant) {
            Some(at) => *at,
            None => {
                let labels = self.store.clone().set_some(&attribute::TENANT, tenant.as_deref());
                let at = slots.at(Slot::new(labels));
                if slots.by_name.len() < TENANTS_LIMIT {
                    slots.by_name.insert(tenant, at);
                }
                at
            }
        };
        &mut slots.slots[at]
    }
}

impl Slots {
    /// The place of the slot with the same label as this one, which it is if there is no other.
    fn at(&mut self, slot: Slot) -> usize {
        let known = self.slots.iter().position(|known| known.value == slot.value);
        known.unwrap_or_else(|| {
            self.slots.push(slot);
            self.slots.len() - 1
        })
    }

    fn like(&mut self, old: &Slot) {
        let at = self.at(Slot::new(old.labels.clone()));
        if self.by_name.len() < TENANTS_LIMIT {
            self.by_name.insert(old.value.clone(), at);
        }
    }
}

impl Slot {
    fn new(labels: Labels) -> Self {
        let value = labels.value(&attribute::TENANT);
        Self { labels, value, total: Total::default(), drift: None, limit: None }
    }
}

fn sum(slots: &Slots) -> Total {
    slots.slots.iter().fold(Total::default(), |sum, slot| Total {
        bytes: sum.bytes.saturating_add(slot.total.bytes),
        objects: sum.objects.saturating_add(slot.total.objects),
    })
}

fn difference(found: u64, running: u64) -> i64 {
    i64::try_from(i128::from(found) - i128::from(running)).unwrap_or(if found > running { i64::MAX } else { i64::MIN })
}
