//! One line when a collector cannot be reached, one when it is back: never one per export.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use opentelemetry::Context;

use super::Kind;

/// The state of one collector, shared by the exporters that send to it.
#[derive(Debug)]
pub(crate) struct Outage {
    endpoint: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    since: Option<Instant>,
    /// By exporter.
    down: Vec<bool>,
    missing: [u64; Kind::ALL.len()],
}

/// What is to be said.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    Began,
    Ended { missing: String, seconds: u64 },
}

impl Outage {
    /// `endpoint` is shown: no credentials in it.
    pub(crate) fn new(endpoint: String) -> Self {
        Self { endpoint, state: Mutex::default() }
    }

    /// One more exporter that sends to it: its number.
    pub(crate) fn join(&self) -> usize {
        let mut state = self.lock();
        state.down.push(false);
        state.down.len() - 1
    }

    pub(crate) fn failed(&self, exporter: usize, kind: Kind, items: u64, cause: &str) {
        if let Some(Change::Began) = self.lock().failed(exporter, kind, items) {
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            tracing::warn!(
                target: "telecine::push",
                endpoint = self.endpoint,
                signal = kind.as_str(),
                error = cause,
                "the collector does not take what is exported; the program goes on, and what cannot be delivered is dropped \
                 and counted, without further lines until it is taken again",
            );
        }
    }

    pub(crate) fn succeeded(&self, exporter: usize) {
        if let Some(Change::Ended { missing, seconds }) = self.lock().succeeded(exporter) {
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            tracing::warn!(
                target: "telecine::push",
                endpoint = self.endpoint,
                outage_seconds = seconds,
                "the collector takes what is exported again; not delivered meanwhile: {missing}",
            );
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn failed(&mut self, exporter: usize, kind: Kind, items: u64) -> Option<Change> {
        self.down[exporter] = true;
        self.missing[kind as usize] += items;
        if self.since.is_some() {
            return None;
        }
        self.since = Some(Instant::now());
        Some(Change::Began)
    }

    fn succeeded(&mut self, exporter: usize) -> Option<Change> {
        self.down[exporter] = false;
        if self.down.contains(&true) {
            return None;
        }
        let seconds = self.since?.elapsed().as_secs();
        let mut missing = String::new();
        for (kind, items) in Kind::ALL.iter().zip(self.missing).filter(|(_, items)| *items > 0) {
            let comma = if missing.is_empty() { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(missing, "{comma}{items} {}", kind.items());
        }
        self.since = None;
        self.missing = Default::default();
        Some(Change::Ended { missing, seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_said_once_whatever_the_signals() {
        let mut state = State { down: vec![false; 4], ..State::default() };
        let (traces, metrics, logs, more_logs) = (0, 1, 2, 3);
        assert_eq!(state.succeeded(traces), None);
        assert_eq!(state.failed(traces, Kind::Traces, 10), Some(Change::Began));
        assert_eq!(state.failed(logs, Kind::Logs, 3), None);
        assert_eq!(state.failed(more_logs, Kind::Logs, 2), None);
        assert_eq!(state.failed(traces, Kind::Traces, 5), None);
        assert_eq!(state.succeeded(traces), None);
        assert_eq!(state.succeeded(metrics), None);
        assert_eq!(state.succeeded(logs), None);
        let ended = Change::Ended { missing: "15 spans, 5 log records".into(), seconds: 0 };
        assert_eq!(state.succeeded(more_logs), Some(ended));
        assert_eq!(state.succeeded(logs), None);
        assert_eq!(state.failed(logs, Kind::Logs, 1), Some(Change::Began));
    }
}
