//! The depths of queues in a program that was built without telemetry: nobody asks for them.

use std::sync::Arc;

use super::Depth;
use crate::operation::Instruments;
use crate::work::Clock;

#[derive(Debug)]
pub(in crate::work) struct Queues;

#[derive(Clone)]
pub(super) struct Depths;

pub(super) struct Place;

impl Queues {
    pub(in crate::work) fn new(_: &Instruments, _: &Clock) -> Self {
        Self
    }

    pub(super) fn get(self: &Arc<Self>, _: &str) -> Depths {
        Depths
    }
}

impl Depths {
    pub(super) fn enter(&self) -> Place {
        Place
    }

    pub(super) fn tell(&self, _: Option<Depth>) {}
}
