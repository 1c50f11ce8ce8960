use super::{
    Meters,
    live::Live,
    random::{Dice, held, listed, metered, random_step},
};
use object_store::{ObjectStore, ObjectStoreExt as _};
use std::{
    fs,
    os::unix::fs::symlink,
    sync::{Arc, Mutex, atomic::Ordering},
};
use telecine::store::{Error, Source, Status, Usage};

/// The key of an object before, at and after the place that a listing has come to.
const KEYS: [&str; 3] = ["a.ts", "b.ts", "c.ts"];

#[tokio::test]
async fn a_change_counts_once_whether_the_scan_saw_it_or_not() {
    let live = Live::new();
    let inner: Arc<dyn ObjectStore> = Arc::clone(&live) as _;
    for key in KEYS {
        live.inner().put(&key.into(), vec![0; 100].into()).await.unwrap();
    }
    let meters = Meters::new();
    let usage = Usage::builder("test").build(&meters.instruments);
    let store = metered(&inner, &usage, &meters);
    let source = Source::store(inner);
    for round in 0..2 {
        let scan = tokio::spawn({
            let (usage, source) = (usage.clone(), source.clone());
            async move { usage.reconcile(&source).await }
        });
        assert!(live.step().await && live.step().await);
        // The listing stands after b: a was seen as it was, c will be seen as it is.
        for key in [KEYS[0], KEYS[2]] {
            store.put(&key.into(), vec![0; 7 + round].into()).await.unwrap();
        }
        store.delete(&KEYS[1].into()).await.unwrap();
        store.put(&"0.ts".into(), vec![0; 1000].into()).await.unwrap();
        store.put(&"d.ts".into(), vec![0; 2000].into()).await.unwrap();
        store.put(&"e.ts".into(), vec![0; 4000].into()).await.unwrap();
        store.delete(&"e.ts".into()).await.unwrap();
        if round == 0 {
            assert_eq!(usage.bytes(), None);
        } else {
            // The running total goes on meanwhile.
            assert_eq!(held(&usage), listed(live.inner()).await);
        }
        while live.step().await {}
        let found = scan.await.unwrap().unwrap();
        assert_eq!((found.bytes, found.objects), (3014 + 2 * round as u64, 4));
        assert_eq!(found.drift, (round > 0).then_some(0));
        assert_eq!(held(&usage), listed(live.inner()).await);
        live.inner().put(&KEYS[1].into(), vec![0; 9].into()).await.unwrap();
        usage.added(KEYS[1], 9);
    }
}

#[tokio::test]
async fn operations_at_random_among_the_steps_of_a_scan_leave_the_total_right() {
    for seed in 1..=60 {
        let live = Live::new();
        let inner: Arc<dyn ObjectStore> = Arc::clone(&live) as _;
        let meters = Meters::new();
        let usage = Usage::builder("test").build(&meters.instruments);
        let store = metered(&inner, &usage, &meters);
        let source = Source::store(inner);
        let mut dice = Dice::new(seed);
        for scan in 0..4 {
            for _ in 0..dice.below(8) {
                random_step(&mut dice, &store, live.inner()).await;
            }
            let running = tokio::spawn({
                let (usage, source) = (usage.clone(), source.clone());
                async move { usage.reconcile(&source).await }
            });
            while live.step().await {
                for _ in 0..dice.below(4) {
                    random_step(&mut dice, &store, live.inner()).await;
                }
            }
            // The listing is done, and the scan may not know it yet.
            for _ in 0..dice.below(3) {
                random_step(&mut dice, &store, live.inner()).await;
            }
            let drift = running.await.unwrap().unwrap().drift;
            assert_eq!(drift, (scan > 0).then_some(0), "seed {seed}, scan {scan}");
            assert_eq!(held(&usage), listed(live.inner()).await, "seed {seed}, scan {scan}");
        }
    }
}

/// The store has it and the scan sees it, but the answer comes when the scan is done.
#[tokio::test]
async fn a_write_whose_answer_comes_after_the_scan_counts_once() {
    let live = Live::new();
    let inner: Arc<dyn ObjectStore> = Arc::clone(&live) as _;
    let meters = Meters::new();
    let usage = Usage::builder("test").starts_empty().build(&meters.instruments);
    let store = Arc::new(metered(&inner, &usage, &meters));
    store.put(&"a.ts".into(), vec![0; 10].into()).await.unwrap();
    live.slow_answers.store(true, Ordering::SeqCst);
    let writing = Arc::clone(&store);
    let mut put = std::pin::pin!(async move { writing.put(&"a.ts".into(), vec![0; 500].into()).await });
    assert!(futures_util::poll!(&mut put).is_pending());
    let source = Source::store(Arc::new(live.inner().fork()));
    // Not known to be done yet: it looks as if it went unseen.
    assert_eq!(usage.reconcile(&source).await.unwrap().drift, Some(490));
    live.go();
    put.await.unwrap();
    assert_eq!(held(&usage), listed(live.inner()).await);
}

#[tokio::test]
async fn a_scan_that_is_dropped_changes_nothing_and_another_may_follow() {
    let live = Live::new();
    let inner: Arc<dyn ObjectStore> = Arc::clone(&live) as _;
    live.inner().put(&"a.ts".into(), vec![0; 100].into()).await.unwrap();
    let meters = Meters::new();
    let usage = Usage::builder("test").starts_empty().build(&meters.instruments);
    let store = metered(&inner, &usage, &meters);
    store.put(&"b.ts".into(), vec![0; 5].into()).await.unwrap();
    let source = Source::store(inner);
    {
        let mut scan = std::pin::pin!(usage.reconcile(&source));
        live.go();
        assert!(futures_util::poll!(&mut scan).is_pending());
        store.put(&"c.ts".into(), vec![0; 6].into()).await.unwrap();
        assert!(matches!(usage.reconcile(&source).await, Err(Error::Running)));
    }
    meters.assert_gauges(&[("usage", 11), ("objects", 2)]);
    for _ in 0..5 {
        live.go();
    }
    assert_eq!(usage.reconcile(&source).await.unwrap().drift, Some(100));
    assert_eq!(held(&usage), (111, 3));
}

#[tokio::test]
async fn a_listing_that_breaks_off_is_partial() {
    let live = Live::new();
    let inner: Arc<dyn ObjectStore> = Arc::clone(&live) as _;
    live.inner().put(&"a.ts".into(), vec![0; 100].into()).await.unwrap();
    let meters = Meters::new();
    let usage = Usage::builder("test").starts_empty().build(&meters.instruments);
    let source = Source::store(inner);
    let scan = tokio::spawn({
        let (usage, source) = (usage.clone(), source.clone());
        async move { usage.reconcile(&source).await }
    });
    assert!(live.step().await);
    live.break_off();
    let error = scan.await.unwrap().unwrap_err();
    assert!(error.is_partial());
    let said = "the scan is partial, the listing of Live ends after 1 objects: Generic Live error: the line went dead";
    assert_eq!(error.to_string(), said);
    meters.assert_gauges(&[("usage", 0), ("objects", 0), ("reconciliation.status", -1)]);

    // Broken at its first word, it did not begin.
    live.go();
    let error = usage.reconcile(&source).await.unwrap_err();
    assert!(matches!(error, Error::List { .. }), "{error}");
    assert_eq!(usage.status(), Some(Status::Failed));
}

/// The walk asks before it looks at an entry: what happens there happens between its reading of the directory and its
/// look at the file.
#[tokio::test]
async fn files_that_vanish_grow_and_turn_into_links_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.mp4"), [0; 5000]).unwrap();
    let root = folder.path().to_owned();
    for directory in ["gone", "link"] {
        fs::create_dir(root.join(directory)).unwrap();
        fs::write(root.join(directory).join("x.ts"), [0; 300]).unwrap();
    }
    for (file, size) in [("vanishes.ts", 70), ("grows.ts", 10), ("link.ts", 20), ("stays.ts", 1)] {
        fs::write(root.join(file), vec![0; size]).unwrap();
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (keys, target) = (Arc::clone(&seen), outside.path().to_owned());
    let meters = Meters::new();
    let usage = Usage::builder("test")
        .except(move |key| {
            keys.lock().unwrap().push(key.to_owned());
            let path = root.join(key);
            match key {
                "gone" => fs::remove_dir_all(path).unwrap(),
                "link" => {
                    fs::remove_dir_all(&path).unwrap();
                    symlink(&target, path).unwrap();
                }
                "vanishes.ts" => fs::remove_file(path).unwrap(),
                "grows.ts" => fs::write(path, [0; 44]).unwrap(),
                "link.ts" => {
                    fs::remove_file(&path).unwrap();
                    symlink(target.join("secret.mp4"), path).unwrap();
                }
                _ => {}
            }
            false
        })
        .build(&meters.instruments);
    let found = usage.reconcile(&Source::directory(folder.path())).await.unwrap();
    assert_eq!((found.bytes, found.objects), (45, 2));
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_unstable();
    assert_eq!(seen, ["gone", "grows.ts", "link", "link.ts", "stays.ts", "vanishes.ts"]);
}
