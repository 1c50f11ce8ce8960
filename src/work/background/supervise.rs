//! The task around the runs.

use std::any::Any;
use std::future;
use std::panic::{self, AssertUnwindSafe};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{self, Instant};

use super::measure::Task;
use super::{Backoff, Schedule, Work};
use crate::operation::{AsError, Classified, ErrorType};

pub(super) struct Supervised {
    name: String,
    task: Task,
    schedule: Schedule,
    timeout: Option<Duration>,
    backoff: Option<Backoff>,
}

/// Why a run failed.
enum Failed<E> {
    Function(E),
    OutOfTime(Classified),
}

impl<E: AsError<Kind>, Kind> AsError<Kind> for Failed<E> {
    fn as_error(&self) -> &(dyn std::error::Error + 'static) {
        match self {
            Self::Function(error) => error.as_error(),
            Self::OutOfTime(error) => error,
        }
    }
}

impl Supervised {
    pub(super) fn new(
        work: &Work,
        name: &str,
        schedule: Schedule,
        timeout: Option<Duration>,
        backoff: Option<Backoff>,
    ) -> Self {
        Self { name: name.to_owned(), task: work.shared.background.task(name), schedule, timeout, backoff }
    }

    /// Runs the function at its times until it is told to stop, or nobody could tell it any more.
    pub(super) async fn run<F, Fut, T, E, Kind>(self, mut function: F, mut stopped: oneshot::Receiver<()>)
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: AsError<Kind>,
    {
        let mut due = self.schedule.first(Instant::now());
        let mut start = self.schedule.start(due);
        let mut failures = 0;
        loop {
            tokio::select! {
                biased;
                _ = &mut stopped => return,
                () = time::sleep_until(start) => {}
            }
            failures = if self.once(&mut function, failures).await { 0 } else { failures + 1 };
            start = match self.pause(failures) {
                Some(pause) => Instant::now() + pause,
                None => {
                    failures = 0;
                    due = self.schedule.next(due, Instant::now());
                    self.schedule.start(due)
                }
            };
        }
    }

    /// The pause after so many failures in a row, if it is tried again then.
    fn pause(&self, failures: u32) -> Option<Duration> {
        self.backoff.and_then(|backoff| backoff.pause(failures))
    }

    /// One run: whether it succeeded.
    async fn once<F, Fut, T, E, Kind>(&self, function: &mut F, failures: u32) -> bool
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: AsError<Kind>,
    {
        let timeout = self.timeout;
        let work = async {
            // In here also because the function itself may panic.
            let run = async { function().await.map_err(Failed::Function) };
            match timeout {
                None => run.await,
                Some(timeout) => time::timeout(timeout, run).await.unwrap_or_else(|_| {
                    let message = format!("it took longer than {timeout:?}");
                    Err(Failed::OutOfTime(Classified::new(ErrorType::Timeout, message)))
                }),
            }
        };
        let run = self.task.start(&self.name);
        let span = run.span().clone();
        let result = until_panic(run.run(work)).await;
        span.in_scope(|| match &result {
            Ok(Ok(_)) => true,
            Ok(Err(failed)) => self.failed(failed.as_error(), failures),
            Err(panic) => self.failed(&Panicked::new(panic.as_ref()), failures),
        })
    }

    /// Says it, for the logs.
    #[cfg(feature = "telemetry")]
    fn failed(&self, error: &(dyn std::error::Error + 'static), failures: u32) -> bool {
        let again = self.backoff.is_some_and(|backoff| failures < backoff.retries);
        let next = if again { "it is tried again" } else { "the next run is at its time" };
        tracing::warn!(target: "telecine", error, "background task `{}` failed; {next}", self.name);
        false
    }

    #[cfg(not(feature = "telemetry"))]
    fn failed(&self, _: &(dyn std::error::Error + 'static), _: u32) -> bool {
        false
    }
}

/// A panic, as what it said.
#[derive(Debug, thiserror::Error)]
#[error("it panicked: {0}")]
struct Panicked(String);

impl Panicked {
    fn new(said: &(dyn Any + Send)) -> Self {
        let text = said.downcast_ref::<&str>().copied();
        let text = text.or_else(|| said.downcast_ref::<String>().map(String::as_str));
        Self(text.unwrap_or("it does not say why").to_owned())
    }
}

/// Runs a future to its end, or to a panic: in it, or in the end of what it holds.
async fn until_panic<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = Some(Box::pin(future));
    let result = future::poll_fn(|cx| {
        let Some(polled) = &mut future else { return Poll::Pending };
        match panic::catch_unwind(AssertUnwindSafe(|| polled.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await;
    match panic::catch_unwind(AssertUnwindSafe(|| drop(future.take()))) {
        Ok(()) => result,
        Err(panic) => result.and(Err(panic)),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use tokio::sync::mpsc;

    use crate::media::Media;
    use crate::operation::Instruments;
    use crate::work::{Backoff, Work};

    /// Also in a build without telemetry, where this is all that a task is for.
    #[tokio::test(start_paused = true)]
    async fn the_work_is_done_whether_or_not_it_is_measured() {
        let instruments = Instruments::noop();
        let work = Work::new(&instruments, &Media::new(&instruments));
        let (ran, mut runs) = mpsc::unbounded_channel();
        let mut run = 0;
        let task = work
            .background("reconcile")
            .every(Duration::from_secs(10))
            .timeout(Duration::from_secs(5))
            .retry(Backoff::default())
            .run(move || {
                run += 1;
                ran.send(run).unwrap();
                let run = run;
                async move {
                    match run {
                        1 => Err(io::Error::other("a share is away")),
                        2 => panic!("boom"),
                        3 => std::future::pending().await,
                        _ => Ok(()),
                    }
                }
            })
            .unwrap();
        for run in 1..=5 {
            assert_eq!(runs.recv().await, Some(run));
        }
        task.stop().await;
        assert_eq!(runs.recv().await, None);
    }
}
