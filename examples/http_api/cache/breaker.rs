//! A circuit breaker: what has failed several times in a row is left alone for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    /// Failures in a row.
    failures: u32,
    opened: Option<Instant>,
    /// One call tries whether it works again.
    trying: bool,
}

/// A call that is allowed. One that is dropped before its end, with whoever waited for it, has not worked.
pub(super) struct Call<'a> {
    breaker: &'a Breaker,
    worked: bool,
}

const FAILURES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(5);

impl Breaker {
    /// A call, if one is allowed.
    pub(super) fn call(&self) -> Option<Call<'_>> {
        let mut state = self.state();
        if let Some(opened) = state.opened {
            if state.trying || opened.elapsed() < PAUSE {
                return None;
            }
            state.trying = true;
        }
        Some(Call { breaker: self, worked: false })
    }

    /// 0 closed, 1 open, 2 half open.
    pub(super) fn number(&self) -> u8 {
        let state = self.state();
        match state.opened {
            None => 0,
            Some(opened) if state.trying || opened.elapsed() >= PAUSE => 2,
            Some(_) => 1,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call<'_> {
    pub(super) fn worked(mut self) {
        self.worked = true;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let mut state = self.breaker.state();
        if self.worked {
            *state = State::default();
            return;
        }
        state.failures = state.failures.saturating_add(1);
        state.trying = false;
        if state.failures >= FAILURES {
            state.opened = Some(Instant::now());
        }
    }
}
