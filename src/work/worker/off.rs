//! The registry of workers in a program that was built without telemetry: it knows nobody.

use std::time::Duration;

use super::Heartbeat;
use crate::operation::{Instruments, Outcome};
use crate::work::Clock;

#[derive(Debug)]
pub(in crate::work) struct Registry;

impl Registry {
    pub(in crate::work) fn new(_: &Instruments, _: &Clock) -> Self {
        Self
    }

    pub(super) fn set_lost_after(&self, _: Duration) {}

    pub(super) fn set_gone_after(&self, _: Duration) {}

    /// What is said goes nowhere.
    pub(super) fn hear(&self, name: &str, said: &Heartbeat) {
        self.tell(name, said);
    }

    pub(super) fn tell(&self, _: &str, said: &Heartbeat) {
        let Heartbeat { running: _, capacity: _, load: _ } = said;
    }

    pub(super) fn done(&self, _: &str, _: Outcome) {}

    pub(super) fn leave(&self, _: &str) {}

    pub(super) fn hold(&self, _: &str) {}

    pub(super) fn let_go(&self, _: &str) {}

    pub(super) fn begin(&self, _: &str) {}

    pub(super) fn end(&self, _: &str) {}
}
