//! Calls that may hang, with a deadline of ours.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// A call that runs on a thread of its own. See [`start`].
#[derive(Debug)]
#[must_use = "the call goes on by itself, and its result is lost"]
pub struct Pending<T> {
    result: Receiver<T>,
    started: Instant,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Unfinished {
    /// The deadline passed. The call may still be running.
    #[error("not finished after {0:?}")]
    TimedOut(Duration),
    /// The call panicked.
    #[error("panicked")]
    Panicked,
    /// No thread could be started for it.
    #[error("no thread for it: {0}")]
    Thread(#[from] io::Error),
}

/// Runs `call` on a thread of its own, so that several can be started before the first is waited for.
///
/// The SDK's flushes and shutdowns wait without a deadline, or with one of their own, and block their caller, which may
/// be the very runtime that they wait for.
pub fn start<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Result<Pending<T>, Unfinished> {
    let (sender, result) = mpsc::channel();
    thread::Builder::new().name("telecine-deadline".into()).spawn(move || {
        // The receiver is gone if the deadline has passed.
        let _ = sender.send(call());
    })?;
    Ok(Pending { result, started: Instant::now() })
}

/// Runs `call` on a thread of its own and waits for it, for at most `deadline`. A call that is not done by then is left
/// to itself.
pub fn with_deadline<T: Send + 'static>(
    deadline: Duration,
    call: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unfinished> {
    let pending = start(call)?;
    let until = pending.started + deadline;
    pending.wait(until)
}

impl<T> Pending<T> {
    /// Blocks until the call has returned, but not past `until`.
    pub fn wait(self, until: Instant) -> Result<T, Unfinished> {
        let left = until.saturating_duration_since(Instant::now());
        self.result.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => Unfinished::TimedOut(self.started.elapsed()),
            RecvTimeoutError::Disconnected => Unfinished::Panicked,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_result_comes_back() {
        assert_eq!(with_deadline(LONG, || 7).unwrap(), 7);
    }

    #[test]
    fn a_call_that_hangs_is_left() {
        let (_keep, never) = mpsc::channel::<()>();
        let result = with_deadline(Duration::from_millis(20), move || never.recv());
        assert!(matches!(result, Err(Unfinished::TimedOut(after)) if after < LONG));
    }

    #[test]
    fn calls_run_side_by_side() {
        let (first, second) = (mpsc::channel(), mpsc::channel());
        let (first_sender, second_sender) = (first.0, second.0);
        let one = start(move || {
            first_sender.send(()).unwrap();
            second.1.recv_timeout(LONG).unwrap();
        });
        let two = start(move || {
            second_sender.send(()).unwrap();
            first.1.recv_timeout(LONG).unwrap();
        });
        let until = Instant::now() + LONG;
        one.unwrap().wait(until).unwrap();
        two.unwrap().wait(until).unwrap();
    }

    #[test]
    fn a_panic_is_said() {
        assert!(matches!(with_deadline(LONG, || panic!("in the call")), Err(Unfinished::Panicked)));
    }
}
