//! Tokio runtimes: workers and how busy they are, tasks, the queue, threads for blocking work.
//!
//! A worker's busy time is counted when it comes back from a task: one that a task holds for long shows
//! itself late, and then all at once.
//!
//! Blocking threads and their queue can be seen only in programs that are built with
//! `RUSTFLAGS="--cfg tokio_unstable"`: tokio may still change how it tells them. Elsewhere those two
//! instruments have no series.

use crate::operation::{Instruments, Observed};

#[cfg(feature = "telemetry")]
mod on {
    use std::sync::{Arc, Mutex, PoisonError};
    use std::time::{Duration, Instant};

    use tokio::runtime::{Handle, RuntimeMetrics};

    use crate::catalog::{Instrument, runtime as definitions};
    use crate::operation::{Instruments, Labels, Observed, Observer};

    /// The shortest time that the utilisation of workers is taken over.
    const SHORTEST: Duration = Duration::from_secs(1);

    /// A runtime that is observed.
    struct Runtime {
        metrics: RuntimeMetrics,
        name: String,
        instruments: Instruments,
        labels: Labels,
        utilization: Mutex<Utilization>,
    }

    /// A share of time, between two readings of a total.
    #[derive(Debug, Default)]
    struct Utilization {
        before: Option<(Instant, Duration)>,
        last: Option<f64>,
    }

    type Give = fn(&Runtime, &mut Observer<'_>);

    const GIVE: &[(&Instrument, Give)] = &[
        (&definitions::WORKER_LIMIT, |runtime, observer| {
            observer.observe(runtime.metrics.num_workers() as f64, &runtime.labels);
        }),
        (&definitions::TASKS, |runtime, observer| {
            observer.observe(runtime.metrics.num_alive_tasks() as f64, &runtime.labels);
        }),
        (&definitions::QUEUE_SIZE, |runtime, observer| {
            observer.observe(runtime.metrics.global_queue_depth() as f64, &runtime.labels);
        }),
        #[cfg(target_has_atomic = "64")]
        (&definitions::WORKER_BUSY_TIME, |runtime, observer| {
            observer.observe(runtime.busy().as_secs_f64(), &runtime.labels);
        }),
        #[cfg(target_has_atomic = "64")]
        (&definitions::WORKER_UTILIZATION, |runtime, observer| {
            let mut utilization = runtime.utilization.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(share) = utilization.at(Instant::now(), runtime.busy(), runtime.metrics.num_workers()) {
                observer.observe(share, &runtime.labels);
            }
        }),
        #[cfg(tokio_unstable)]
        (&definitions::BLOCKING_THREADS, |runtime, observer| {
            let (all, idle) = (runtime.metrics.num_blocking_threads(), runtime.metrics.num_idle_blocking_threads());
            for (state, count) in [("busy", all.saturating_sub(idle)), ("idle", idle)] {
                observer.observe(count as f64, &runtime.labels.clone().set(&definitions::THREAD_STATE, state));
            }
        }),
        #[cfg(tokio_unstable)]
        (&definitions::BLOCKING_QUEUE_SIZE, |runtime, observer| {
            observer.observe(runtime.metrics.blocking_queue_depth() as f64, &runtime.labels);
        }),
    ];

    pub(super) fn observe(instruments: &Instruments, name: &str, handle: &Handle) -> Observed {
        let metrics = handle.metrics();
        let runtime = Arc::new(Runtime {
            labels: instruments.labels().set(&definitions::RUNTIME_NAME, name),
            name: name.to_owned(),
            instruments: instruments.clone(),
            utilization: Mutex::default(),
            metrics,
        });
        #[cfg(target_has_atomic = "64")]
        runtime.begin();
        let observed = GIVE.iter().map(|(definition, give)| {
            let runtime = Arc::clone(&runtime);
            instruments.observe(definition, move |observer| give(&runtime, observer))
        });
        observed.collect()
    }

    #[cfg(target_has_atomic = "64")]
    impl Runtime {
        fn busy(&self) -> Duration {
            (0..self.metrics.num_workers()).map(|worker| self.metrics.worker_total_busy_duration(worker)).sum()
        }

        /// The first reading, so that the first collection has one to compare with.
        fn begin(&self) {
            let mut utilization = self.utilization.lock().unwrap_or_else(PoisonError::into_inner);
            utilization.at(Instant::now(), self.busy(), self.metrics.num_workers());
        }
    }

    impl Drop for Runtime {
        fn drop(&mut self) {
            self.instruments.release_label(&definitions::RUNTIME_NAME, &self.name);
        }
    }

    impl Utilization {
        /// The share of `workers`' time since the reading before. That one stays the one to compare with for
        /// as long as it is too young.
        fn at(&mut self, now: Instant, busy: Duration, workers: usize) -> Option<f64> {
            let Some((then, busy_then)) = self.before else {
                self.before = Some((now, busy));
                return None;
            };
            let passed = now.saturating_duration_since(then);
            if passed >= SHORTEST {
                self.before = Some((now, busy));
                let share = busy.saturating_sub(busy_then).as_secs_f64() / passed.as_secs_f64() / workers as f64;
                // A worker's time is counted when it parks: what it did before `then` may come in late.
                self.last = Some(share.min(1.0));
            }
            self.last
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_share_is_of_the_time_between_two_readings_a_second_apart_at_least() {
            let start = Instant::now();
            let at = |millis| start + Duration::from_millis(millis);
            let mut utilization = Utilization::default();
            assert_eq!(utilization.at(at(0), Duration::from_secs(5), 2), None);
            assert_eq!(utilization.at(at(999), Duration::from_secs(6), 2), None);
            assert_eq!(utilization.at(at(2000), Duration::from_secs(7), 2), Some(0.5));
            // Another exit collects at the same time: it gets the same.
            assert_eq!(utilization.at(at(2001), Duration::from_secs(7), 2), Some(0.5));
            assert_eq!(utilization.at(at(4000), Duration::from_secs(7), 2), Some(0.0));
            assert_eq!(utilization.at(at(5000), Duration::from_secs(17), 2), Some(1.0));
        }
    }
}

/// Observes a runtime, under a name of at most 16 in a program, until what is given back is dropped or
/// the name is given to another. It does not keep the runtime alive.
#[cfg(feature = "telemetry")]
pub fn observe(instruments: &Instruments, name: impl AsRef<str>, handle: &tokio::runtime::Handle) -> Observed {
    on::observe(instruments, name.as_ref(), handle)
}

/// Observes nothing.
#[cfg(not(feature = "telemetry"))]
pub fn observe<H>(_: &Instruments, _: impl AsRef<str>, _: &H) -> Observed {
    Observed::nothing()
}
