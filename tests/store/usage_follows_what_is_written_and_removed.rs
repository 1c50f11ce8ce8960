use super::{
    Meters,
    random::{Dice, held, listed, metered, random_step},
};
use futures_util::{StreamExt as _, stream};
use object_store::{
    ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, RenameOptions, RenameTargetMode, local::LocalFileSystem,
    memory::InMemory, path::Path,
};
use std::sync::Arc;
use telecine::store::{Source, Status, Usage};

#[tokio::test]
async fn an_overwrite_counts_its_net_change_and_a_removal_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let local = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    for inner in [Arc::new(InMemory::new()) as Arc<dyn ObjectStore>, Arc::new(local)] {
        let meters = Meters::new();
        let usage = Usage::builder("test").starts_empty().build(&meters.instruments);
        let store = metered(&inner, &usage, &meters);
        let (video, list) = (Path::from("7/720p.mp4"), Path::from("7/index.m3u8"));
        store.put(&video, vec![0; 1000].into()).await.unwrap();
        store.put(&list, vec![0; 10].into()).await.unwrap();
        assert_eq!(held(&usage), (1010, 2));
        store.put(&video, vec![0; 300].into()).await.unwrap();
        assert_eq!(held(&usage), (310, 2));

        // Nothing comes of a put that fails, or of parts that are given up.
        store.put_opts(&video, vec![0; 5].into(), PutOptions::from(PutMode::Create)).await.unwrap_err();
        let mut parts = store.put_multipart(&"7/1080p.mp4".into()).await.unwrap();
        parts.put_part(vec![0; 50].into()).await.unwrap();
        assert_eq!(held(&usage), (310, 2));
        parts.abort().await.unwrap();
        assert_eq!(held(&usage), (310, 2));

        let mut parts = store.put_multipart(&video).await.unwrap();
        futures_util::future::try_join(parts.put_part(vec![0; 600].into()), parts.put_part(vec![0; 60].into()))
            .await
            .unwrap();
        parts.complete().await.unwrap();
        assert_eq!(held(&usage), (670, 2));

        store.copy(&video, &"copy.mp4".into()).await.unwrap();
        store.copy(&list, &video).await.unwrap();
        assert_eq!(held(&usage), (10 + 10 + 660, 3));
        store.rename(&"copy.mp4".into(), &"moved.mp4".into()).await.unwrap();
        assert_eq!(held(&usage), (680, 3));
        store.rename(&"moved.mp4".into(), &video).await.unwrap();
        assert_eq!(held(&usage), (670, 2));
        let create = RenameOptions::new().with_target_mode(RenameTargetMode::Create);
        store.rename_opts(&list, &video, create).await.unwrap_err();
        assert_eq!(held(&usage), (670, 2));
        assert_eq!(held(&usage), listed(&inner).await);

        let unknown = Path::from("never/written.mp4");
        let all = stream::iter([video, list, unknown].map(Ok)).boxed();
        // Stores do not agree on whether removing nothing is an error.
        let _ = store.delete_stream(all).collect::<Vec<_>>().await;
        assert_eq!(held(&usage), (0, 0));
        meters.assert_gauges(&[("usage", 0), ("objects", 0)]);
    }
}

#[tokio::test]
async fn what_came_of_an_unknown_object_is_asked_of_the_store() {
    let meters = Meters::new();
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let usage = Usage::builder("test").starts_empty().build(&meters.instruments);
    let store = metered(&inner, &usage, &meters);
    inner.put(&"behind.mp4".into(), vec![0; 700].into()).await.unwrap();
    store.copy(&"behind.mp4".into(), &"copy.mp4".into()).await.unwrap();
    assert_eq!(held(&usage), (700, 1));
    store.rename(&"behind.mp4".into(), &"moved.mp4".into()).await.unwrap();
    assert_eq!(held(&usage), (1400, 2));
    // A rename to itself is, here, a removal.
    store.rename(&"copy.mp4".into(), &"copy.mp4".into()).await.unwrap();
    assert_eq!(held(&usage), (700, 1));
    assert_eq!(held(&usage), listed(&inner).await);
    // The program asked for none of these.
    assert!(!meters.series().keys().any(|name| name.contains("head")), "{:?}", meters.series());

    // An unknown object was never counted: neither what it held nor its end changes the total by more than it had.
    inner.put(&"late.mp4".into(), vec![0; 90].into()).await.unwrap();
    store.delete(&"late.mp4".into()).await.unwrap();
    assert_eq!(held(&usage), (700, 1));
    inner.put(&"late.mp4".into(), vec![0; 90].into()).await.unwrap();
    store.put(&"late.mp4".into(), vec![0; 20].into()).await.unwrap();
    assert_eq!(held(&usage), (720, 2));
    assert_eq!(held(&usage), listed(&inner).await);
}

#[tokio::test]
async fn a_total_is_absent_until_a_scan_has_found_it_and_a_program_may_write_files_itself() {
    let meters = Meters::new();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("7")).unwrap();
    std::fs::write(folder.path().join("7/720p.mp4"), [0; 500]).unwrap();
    let usage = Usage::builder("test").build(&meters.instruments);
    usage.added("7/360p.mp4", 100);
    assert_eq!((usage.bytes(), usage.objects(), usage.status()), (None, None, None));
    meters.assert_gauges(&[]);

    // Nothing to compare with: no drift.
    let source = Source::directory(folder.path());
    let found = usage.reconcile(&source).await.unwrap();
    assert_eq!((found.bytes, found.objects, found.drift), (500, 1, None));
    meters.assert_gauges(&[("usage", 500), ("objects", 1), ("reconciliation.status", 1)]);

    std::fs::write(folder.path().join("7/720p.mp4"), [0; 800]).unwrap();
    usage.added("7/720p.mp4", 800);
    std::fs::write(folder.path().join("7/360p.mp4"), [0; 70]).unwrap();
    usage.added("7/360p.mp4", 70);
    assert_eq!(held(&usage), (870, 2));
    let found = usage.reconcile(&source).await.unwrap();
    assert_eq!((found.bytes, found.objects, found.drift), (870, 2, Some(0)));
    usage.removed("7/360p.mp4");
    usage.removed("7/360p.mp4");
    std::fs::remove_file(folder.path().join("7/360p.mp4")).unwrap();
    meters.assert_gauges(&[("usage", 800), ("objects", 1), ("drift", 0), ("reconciliation.status", 1)]);
}

#[tokio::test]
async fn what_came_and_went_unseen_is_the_drift_of_one_scan() {
    let meters = Meters::new();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let usage = Usage::builder("test").starts_empty().build(&meters.instruments);
    let local: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap());
    let store = metered(&local, &usage, &meters);
    store.put(&"a.mp4".into(), vec![0; 100].into()).await.unwrap();
    std::fs::write(path("behind.mp4"), [0; 30]).unwrap();
    let source = Source::directory(folder.path());
    assert_eq!(usage.reconcile(&source).await.unwrap().drift, Some(30));
    meters.assert_gauges(&[("usage", 130), ("objects", 2), ("drift", 30), ("reconciliation.status", 1)]);

    std::fs::remove_file(path("a.mp4")).unwrap();
    assert_eq!(usage.reconcile(&source).await.unwrap().drift, Some(-100));
    meters.assert_gauges(&[("usage", 30), ("objects", 1), ("drift", -100), ("reconciliation.status", 1)]);
    assert_eq!(usage.reconcile(&source).await.unwrap().drift, Some(0));
    meters.assert_gauges(&[("usage", 30), ("objects", 1), ("drift", 0), ("reconciliation.status", 1)]);
}

#[tokio::test]
async fn tenants_have_totals_limits_and_drifts_of_their_own() {
    let meters = Meters::new();
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let usage = Usage::builder("test")
        .prefix("tenants/")
        .tenants(|key| match key.split('/').nth(1) {
            Some("k-1") => Some("Acme"),
            Some("k-2") => Some("Bolt"),
            _ => None,
        })
        .build(&meters.instruments);
    let store = metered(&inner, &usage, &meters);
    usage.set_tenant_limit("Acme", 5000);
    usage.set_limit(9000);
    meters.assert_gauges(&[("limit{Acme}", 5000), ("limit", 9000)]);
    let put = async |key: &str, bytes: usize| store.put(&key.into(), vec![0; bytes].into()).await.unwrap();
    put("tenants/k-1/a.mp4", 100).await;
    put("tenants/k-2/a.mp4", 20).await;
    put("tenants/trailer.mp4", 3).await;
    put("tenants.mp4", 1000).await;
    put("elsewhere/a.mp4", 1000).await;
    let source = Source::store(Arc::clone(&inner));
    usage.reconcile(&source).await.unwrap();
    put("tenants/k-1/b.mp4", 11).await;
    put("elsewhere/b.mp4", 1000).await;
    let status = ("reconciliation.status", 1);
    meters.assert_gauges(&[
        ("limit", 9000),
        ("limit{Acme}", 5000),
        ("objects", 1),
        ("objects{Acme}", 2),
        ("objects{Bolt}", 1),
        status,
        ("usage", 3),
        ("usage{Acme}", 111),
        ("usage{Bolt}", 20),
    ]);
    assert_eq!(held(&usage), (134, 4));

    // What a tenant held goes unseen: its drift says so once. Then the tenant has left, and its series too.
    inner.delete(&"tenants/k-2/a.mp4".into()).await.unwrap();
    usage.set_limit(None);
    usage.set_tenant_limit("Acme", None);
    usage.reconcile(&source).await.unwrap();
    let here = [("objects", 1), ("objects{Acme}", 2), status, ("usage", 3), ("usage{Acme}", 111)];
    let drifts = [("drift", 0), ("drift{Acme}", 0)];
    let mut with_bolt = [("drift{Bolt}", -20), ("objects{Bolt}", 0), ("usage{Bolt}", 0)].to_vec();
    with_bolt.extend(here.iter().chain(&drifts));
    meters.assert_gauges(&with_bolt);
    usage.reconcile(&source).await.unwrap();
    meters.assert_gauges(&here.iter().chain(&drifts).copied().collect::<Vec<_>>());
}

/// A label has a budget, and never says a key: what is past the one, or is the other, is added up.
#[tokio::test]
async fn tenants_without_a_label_of_their_own_are_one() {
    let meters = Meters::new();
    let usage = Usage::builder("test")
        .tenants(|key| key.split('/').next().map(str::to_owned))
        .starts_empty()
        .build(&meters.instruments);
    for secret in ["0123456789abcdef0123456789abcdef", "ffffffffffffffffffffffffffffffff"] {
        usage.added(format!("{secret}/a.mp4"), 10);
        usage.set_tenant_limit(secret, 100);
    }
    meters.assert_gauges(&[("usage{other}", 20), ("objects{other}", 2), ("limit{other}", 200)]);
    for tenant in 0..2000 {
        usage.added(format!("tenant {tenant}/a.mp4"), 1);
    }
    let gauges = meters.gauges();
    assert_eq!(gauges.keys().filter(|name| name.starts_with("usage{")).count(), 65);
    assert_eq!(gauges["usage{other}"], 20 + 2000 - 64);
    for tenant in 0..2000 {
        usage.removed(format!("tenant {tenant}/a.mp4"));
    }
    let gauges = meters.gauges();
    assert!(gauges.iter().filter(|(name, _)| name.starts_with("usage{tenant")).all(|(_, bytes)| *bytes == 0));
    assert_eq!(gauges["usage{other}"], 20);

    // Those that have left make room.
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("tenant 1999")).unwrap();
    std::fs::write(folder.path().join("tenant 1999/a.mp4"), [0; 5]).unwrap();
    usage.reconcile(&Source::directory(folder.path())).await.unwrap();
    assert_eq!(meters.gauges()["usage{tenant 1999}"], 5);
}

#[tokio::test]
async fn more_objects_than_are_remembered_are_said_to_be_partial() {
    let meters = Meters::new();
    let usage = Usage::builder("test").starts_empty().max_objects(2).build(&meters.instruments);
    usage.added("a", 1);
    usage.added("b", 2);
    assert_eq!(usage.status(), None);
    usage.added("c", 4);
    usage.added("c", 4);
    usage.removed("c");
    usage.added("a", 8);
    assert_eq!((held(&usage), usage.status()), ((10, 2), Some(Status::Partial)));
}

#[tokio::test]
async fn after_any_sequence_of_operations_the_total_is_what_a_scan_finds() {
    for seed in 1_u64..=40 {
        let folder = tempfile::tempdir().unwrap();
        let local = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
        let stores: [(Arc<dyn ObjectStore>, bool); 2] = [(Arc::new(InMemory::new()), false), (Arc::new(local), true)];
        for (inner, on_disk) in stores {
            let meters = Meters::new();
            let usage = Usage::builder("test").starts_empty().build(&meters.instruments);
            let store = metered(&inner, &usage, &meters);
            let mut dice = Dice::new(seed);
            for step in 0..60 {
                random_step(&mut dice, &store, &*inner).await;
                assert_eq!(held(&usage), listed(&*inner).await, "seed {seed}, step {step}, {inner}");
            }
            let source = if on_disk { Source::directory(folder.path()) } else { Source::store(inner) };
            let running = held(&usage);
            let found = usage.reconcile(&source).await.unwrap();
            assert_eq!((found.bytes, found.objects, found.drift), (running.0, running.1, Some(0)), "seed {seed}");
        }
    }
}
