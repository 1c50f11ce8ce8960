//! The transcriber's own instrument, beside telecine's. A job may have many videos; how many came to their end is not
//! what a job's outcome says.

use telecine::Telemetry;
use telecine::catalog::{Instrument, attribute};
use telecine::operation::{Counter, Instruments, Outcome};

/// For `Builder::catalog`.
pub const OWN: &[Instrument] = &[VIDEOS];

const VIDEOS: Instrument =
    Instrument::counter("transcriber.videos", "{video}", "Videos that were transcribed, or could not be")
        .attributes(&[attribute::OUTCOME]);

pub struct Videos {
    instruments: Instruments,
    counter: Counter,
}

impl Videos {
    pub fn new(telemetry: &Telemetry) -> Self {
        let instruments = telemetry.instruments().clone();
        Self { counter: instruments.counter(&VIDEOS), instruments }
    }

    pub fn ended(&self, succeeded: bool) {
        let outcome = if succeeded { Outcome::Success } else { Outcome::Failure };
        self.counter.add(1, &self.instruments.labels().set(&attribute::OUTCOME, outcome.as_str()));
    }
}
