//! A tokio runtime's instruments move by what it does, and go with it.

use std::sync::Arc;

use telecine::catalog::runtime;
use telecine::system;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use crate::support::{Bench, until};

const NAME: &str = "media.runtime.name=main";

fn two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

#[test]
fn every_instrument_moves_by_what_the_runtime_does() {
    let bench = Bench::new();
    let tokio = two_workers();
    let observed = system::runtime::observe(&bench.instruments, "main", tokio.handle());
    let value = |name: &str| bench.value(name, NAME);
    assert_eq!(value("media.runtime.worker.limit"), Some(2.0));
    assert_eq!(value("media.runtime.task.active"), Some(0.0));

    let go = Arc::new(Notify::new());
    let waiting: Vec<_> = (0..5)
        .map(|_| {
            tokio.spawn({
                let go = Arc::clone(&go);
                async move { go.notified().await }
            })
        })
        .collect();
    assert_eq!(value("media.runtime.task.active"), Some(5.0));

    // Both workers are held; what comes from outside waits in the queue that they share.
    let (held, hold) = (Arc::new(std::sync::Barrier::new(3)), Arc::new(std::sync::Barrier::new(3)));
    for _ in 0..2 {
        let (held, hold) = (Arc::clone(&held), Arc::clone(&hold));
        tokio.spawn(async move {
            held.wait();
            hold.wait();
        });
    }
    held.wait();
    let queued: Vec<_> = (0..3).map(|_| tokio.spawn(async {})).collect();
    assert_eq!(value("media.runtime.queue.size"), Some(3.0));
    assert_eq!(value("media.runtime.task.active"), Some(10.0));
    hold.wait();
    go.notify_waiters();
    tokio.block_on(async {
        for task in queued {
            task.await.unwrap();
        }
        for task in waiting {
            go.notify_waiters();
            task.await.unwrap();
        }
    });
    let until_it_is = |name: &str, is: fn(f64) -> bool| {
        until(name, || value(name).filter(|value| is(*value)).ok_or_else(|| format!("{:?}", value(name))))
    };
    until_it_is("media.runtime.task.active", |tasks| tasks == 0.0);
    until_it_is("media.runtime.queue.size", |tasks| tasks == 0.0);
    until_it_is("media.runtime.worker.busy.time", |busy| busy > 0.0);
    let share = until_it_is("media.runtime.worker.utilization", |_| true);
    assert!(share > 0.0 && share <= 1.0, "{share}");

    blocking_threads(&bench, &tokio);
    let names: Vec<_> = bench.collect().into_keys().collect();
    for instrument in runtime::ALL {
        let is_there = names.iter().any(|name| name == instrument.name());
        let needs_unstable = instrument.name().contains(".blocking.");
        assert_eq!(is_there, cfg!(tokio_unstable) || !needs_unstable, "{}", instrument.name());
    }
    drop(observed);
    assert!(bench.collect().is_empty());
}

#[cfg(not(tokio_unstable))]
fn blocking_threads(_: &Bench, _: &Runtime) {}

#[cfg(tokio_unstable)]
fn blocking_threads(bench: &Bench, tokio: &Runtime) {
    let state =
        |state| bench.value("media.runtime.blocking.active", &format!("{NAME},media.runtime.thread.state={state}"));
    let idle = state("idle").unwrap();
    let busy = state("busy").unwrap();
    let (begin, begun) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let work = tokio.spawn_blocking(move || {
        begin.send(()).unwrap();
        ended.recv()
    });
    begun.recv().unwrap();
    assert_eq!((state("busy"), state("idle").map(|now| now <= idle)), (Some(busy + 1.0), Some(true)));
    assert_eq!(bench.value("media.runtime.blocking.queue.size", NAME), Some(0.0));
    drop(end);
    let _ = tokio.block_on(work).unwrap();
}

#[test]
fn a_name_is_free_again_when_its_runtime_is_gone() {
    let bench = Bench::new();
    let tokio = Builder::new_current_thread().build().unwrap();
    let observe = |name: &str| system::runtime::observe(&bench.instruments, name, tokio.handle());
    for round in 0..3 {
        let all: Vec<_> = (0..16).map(|number| observe(&format!("{round}-{number}"))).collect();
        let collected = bench.collect();
        let limits = &collected["media.runtime.worker.limit"];
        assert_eq!(limits.len(), 16, "{limits:?}");
        assert!(!limits.contains_key("media.runtime.name=other"));
        drop(all);
        assert!(bench.collect().is_empty());
    }
}
