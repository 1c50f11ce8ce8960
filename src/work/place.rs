//! Where a running job is counted as active: under one step, or under none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::catalog::attribute;
use crate::media::Stage;
use crate::operation::{InFlight, Labels, UpDownCounter};

/// The value of `media.stage` for a job between its steps.
pub(super) const NO_STAGE: &str = "none";

/// The place of one attempt. The step entered last is where the job is counted.
#[derive(Debug)]
pub(super) struct Place {
    active: UpDownCounter,
    labels: Labels,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entered: u64,
    /// Nothing once the attempt has ended, whatever step still runs.
    held: Option<InFlight>,
}

/// A step that was entered, until it is dropped.
#[derive(Debug)]
struct Entered {
    place: Arc<Place>,
    number: u64,
}

impl Place {
    pub(super) fn new(active: &UpDownCounter, labels: &Labels) -> Arc<Self> {
        let place = Self { active: active.clone(), labels: labels.clone(), state: Mutex::default() };
        place.state().held = Some(place.hold(NO_STAGE));
        Arc::new(place)
    }

    /// Enters a step until what is returned is dropped.
    pub(super) fn enter(self: &Arc<Self>, stage: Stage) -> impl Send + Sync + 'static {
        let mut state = self.state();
        state.entered += 1;
        if state.held.is_some() {
            state.held = Some(self.hold(stage.as_str()));
        }
        Entered { place: Arc::clone(self), number: state.entered }
    }

    /// The attempt has ended.
    pub(super) fn leave(&self) {
        self.state().held = None;
    }

    fn hold(&self, stage: &str) -> InFlight {
        self.active.hold(&self.labels.clone().set(&attribute::STAGE, stage))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut state = self.place.state();
        if state.entered == self.number && state.held.is_some() {
            state.held = Some(self.place.hold(NO_STAGE));
        }
    }
}
