//! Scrapes that come while another one is at work.

use std::{
    collections::HashMap,
    io::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::Bytes;
use flate2::{Compression, write::GzEncoder};
use tokio::sync::watch;

use super::buffers::Buffers;
use crate::pull::{Error, Exporter, Format};

/// Lets one scrape collect and encode at a time. Those that wait for the same thing share it.
#[derive(Default)]
pub(super) struct Rounds {
    /// Rounds that have not begun, and so may be joined.
    waiting: Mutex<HashMap<Wanted, watch::Receiver<Option<Answer>>>>,
    turn: tokio::sync::Mutex<()>,
    buffers: Buffers,
}

/// What a scrape wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    pub(super) format: Format,
    pub(super) gzip: bool,
}

/// What it gets.
pub(super) type Answer = Result<Bytes, Failure>;

/// Why it gets nothing.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) message: Arc<str>,
    /// Whether there is nothing to scrape any more.
    pub(super) over: bool,
}

impl Rounds {
    /// A result that was begun after this was called.
    pub(super) async fn scrape(self: &Arc<Self>, exporter: &Exporter, wanted: Wanted) -> Answer {
        let mut answer = self.join(exporter, wanted);
        match answer.wait_for(Option::is_some).await {
            Ok(answer) => answer.clone().unwrap_or_else(|| Err(Failure::lost())),
            Err(_) => Err(Failure::lost()),
        }
    }

    fn join(self: &Arc<Self>, exporter: &Exporter, wanted: Wanted) -> watch::Receiver<Option<Answer>> {
        let mut waiting = self.waiting();
        if let Some(answer) = waiting.get(&wanted) {
            return answer.clone();
        }
        let (sender, receiver) = watch::channel(None);
        waiting.insert(wanted, receiver.clone());
        let (rounds, exporter) = (self.clone(), exporter.clone());
        // A task of its own: others may wait for it when the client that began it has gone.
        tokio::spawn(async move {
            let _turn = rounds.turn.lock().await;
            // From here on it is too late to join.
            rounds.waiting().remove(&wanted);
            let buffers = rounds.buffers.clone();
            let answer = tokio::task::spawn_blocking(move || wanted.scrape(&exporter, &buffers)).await;
            sender.send_replace(Some(answer.unwrap_or_else(|panic| Err(Failure::panicked(&panic)))));
        });
        receiver
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Wanted, watch::Receiver<Option<Answer>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wanted {
    fn scrape(self, exporter: &Exporter, buffers: &Buffers) -> Answer {
        let mut plain = buffers.take();
        exporter.scrape_into(self.format, plain.bytes_mut()).map_err(|error| Failure::of(&error))?;
        if !self.gzip {
            return Ok(plain.into());
        }
        // Text compresses to a tenth at any level; the others cost several times as much.
        let mut compressed = buffers.take();
        let mut gzip = GzEncoder::new(compressed.bytes_mut(), Compression::fast());
        let written = gzip.write_all(plain.as_ref()).and_then(|()| gzip.finish().map(drop));
        written.map_err(|error| Failure { message: error.to_string().into(), over: false })?;
        Ok(compressed.into())
    }
}

impl Failure {
    fn of(error: &Error) -> Self {
        Self { message: error.to_string().into(), over: matches!(error, Error::Collect { .. }) }
    }

    fn panicked(panic: &tokio::task::JoinError) -> Self {
        let message = format!("the callback of an observable instrument failed: {panic}");
        tracing::error!(error = message, "a scrape failed");
        Self { message: message.into(), over: false }
    }

    fn lost() -> Self {
        Self { message: "the endpoint is stopping".into(), over: true }
    }
}
