//! The thread on which everything is sent, and its runtime.
//!
//! The SDK drives exports by blocking threads of its own, and `shutdown` blocks its caller. A connection that lived on the
//! program's runtime would wait for the very thread that is blocked (a current-thread runtime, or one worker). Here it
//! never does.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use tokio::runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Error;

/// A handle to the thread. The thread ends when it is told to, or when the last handle is gone.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    runtime: runtime::Handle,
    orders: Arc<watch::Sender<Orders>>,
    ended: Arc<Ended>,
}

/// The export thread did not end in time. It may still end later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the export thread has not ended after {0:?}")]
pub struct TimedOut(pub Duration);

#[derive(Clone, Copy, Debug, Default)]
struct Orders {
    finish_by: Option<Instant>,
    stop: bool,
}

#[derive(Debug, Default)]
struct Ended {
    flag: Mutex<bool>,
    changed: Condvar,
}

impl Thread {
    pub(crate) fn start() -> Result<Self, Error> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
        let handle = runtime.handle().clone();
        let (orders, told) = watch::channel(Orders::default());
        let ended = Arc::new(Ended::default());
        let end = End(Arc::clone(&ended));
        thread::Builder::new()
            .name("telecine-push".into())
            .spawn(move || {
                let _end = end;
                // What hyper, h2 and tonic say here about an export would be exported in turn.
                let _suppressed = Context::enter_telemetry_suppressed_scope();
                runtime.block_on(until_stopped(told));
                // Dropping a runtime waits for its blocking threads, and a name lookup may hang on one.
                runtime.shutdown_background();
            })
            .map_err(Error::Thread)?;
        Ok(Self { runtime: handle, orders: Arc::new(orders), ended })
    }

    /// The context in which clients are built that need a runtime at hand.
    pub(crate) fn enter(&self) -> runtime::EnterGuard<'_> {
        self.runtime.enter()
    }

    /// Runs `future` on the thread. The handle may be awaited on any thread and by any executor.
    pub(crate) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.runtime.spawn(future)
    }

    pub(crate) fn finish_by(&self, deadline: Instant) {
        self.orders.send_modify(|orders| orders.finish_by = Some(deadline));
    }

    /// Sleeps, but not once [`finish_by`](Self::finish_by) is called. Whether it slept to the end.
    pub(crate) async fn sleep_until_finishing(&self, duration: Duration) -> bool {
        let mut told = self.orders.subscribe();
        let announced = async {
            // The sender is `self`'s, so it cannot be gone.
            let _ = told.wait_for(|orders| orders.finish_by.is_some()).await;
        };
        tokio::select! {
            biased;
            () = tokio::time::sleep(duration) => true,
            () = announced => false,
        }
    }

    /// Whether a deadline has been set after which nothing is sent.
    pub(crate) fn finishing(&self) -> bool {
        self.orders.borrow().finish_by.is_some()
    }

    /// The moment at which an export that may last until `deadline` has to end.
    pub(crate) fn end_of(&self, deadline: Instant) -> Instant {
        self.orders.borrow().finish_by.map_or(deadline, |finish_by| finish_by.min(deadline))
    }

    /// Completes at `deadline`, or earlier if everything has to be finished earlier.
    pub(crate) async fn expired(&self, deadline: Instant) {
        let mut told = self.orders.subscribe();
        loop {
            told.mark_unchanged();
            let end = self.end_of(deadline);
            tokio::select! {
                () = tokio::time::sleep_until(end.into()) => return,
                // The sender is `self`'s, so it cannot be gone.
                _ = told.changed() => {}
            }
        }
    }

    /// Ends the thread; what it still sends is given up. Waits for its end, for at most `deadline`.
    pub(crate) fn stop(&self, deadline: Duration) -> Result<(), TimedOut> {
        self.orders.send_modify(|orders| orders.stop = true);
        let started = Instant::now();
        let flag = self.ended.flag.lock().unwrap_or_else(PoisonError::into_inner);
        let (flag, _) = self
            .ended
            .changed
            .wait_timeout_while(flag, deadline, |ended| !*ended)
            .unwrap_or_else(PoisonError::into_inner);
        if *flag { Ok(()) } else { Err(TimedOut(started.elapsed())) }
    }
}

async fn until_stopped(mut told: watch::Receiver<Orders>) {
    // An error says that no handle is left.
    let _ = told.wait_for(|orders| orders.stop).await;
}

/// Says that the thread has ended, however it did.
struct End(Arc<Ended>);

impl Drop for End {
    fn drop(&mut self) {
        *self.0.flag.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn it_ends_when_told() {
        let thread = Thread::start().unwrap();
        let forever = thread.spawn(std::future::pending::<()>());
        thread.stop(LONG).unwrap();
        thread.stop(LONG).unwrap();
        let after = runtime::Builder::new_current_thread().build().unwrap();
        assert!(after.block_on(forever).unwrap_err().is_cancelled());
        assert!(after.block_on(thread.spawn(async {})).unwrap_err().is_cancelled());
    }

    #[test]
    fn it_ends_with_its_last_handle() {
        let thread = Thread::start().unwrap();
        let ended = Arc::clone(&thread.ended);
        drop(thread);
        let flag = ended.flag.lock().unwrap();
        assert!(*ended.changed.wait_timeout_while(flag, LONG, |ended| !*ended).unwrap().0);
    }

    #[test]
    fn a_deadline_set_later_cuts_what_runs() {
        let thread = Thread::start().unwrap();
        let waiter = thread.clone();
        let expired = thread.spawn(async move { waiter.expired(Instant::now() + LONG).await });
        assert!(!thread.finishing());
        thread.finish_by(Instant::now());
        assert!(thread.finishing());
        let executor = runtime::Builder::new_current_thread().build().unwrap();
        executor.block_on(expired).unwrap();
    }
}
