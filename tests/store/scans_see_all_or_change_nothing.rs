use super::{Meters, random::held, s3};
use futures_util::{TryStreamExt as _, stream};
use object_store::{
    ObjectStore, ObjectStoreExt as _,
    memory::InMemory,
    throttle::{ThrottleConfig, ThrottledStore},
};
use rustix::{process::Uid, thread::set_thread_res_uid};
use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{PermissionsExt as _, symlink},
        net::UnixListener,
    },
    path::Path,
    sync::{Arc, mpsc},
    time::Duration,
};
use telecine::store::{Error, MeteredStore, Source, Status, Usage};
use telecine_parts::S3;

fn file(folder: &Path, key: &str, bytes: usize) {
    let path = folder.join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, vec![0; bytes]).unwrap();
}

/// A tracker that knows of 7 bytes in one object.
fn known(meters: &Meters) -> Usage {
    let usage = Usage::builder("test").starts_empty().build(&meters.instruments);
    usage.added("known.mp4", 7);
    usage
}

fn assert_unchanged(meters: &Meters, status: Status) {
    meters.assert_gauges(&[("usage", 7), ("objects", 1), ("reconciliation.status", status.as_i64())]);
}

#[tokio::test]
async fn links_are_not_followed_and_loops_not_entered() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = folder.path();
    file(outside.path(), "secret.mp4", 10_000);
    file(root, "7/720p.mp4", 100);
    file(root, "7/part/0001.ts", 10);
    file(root, "7/720p.mp4#3", 1000);
    file(root, "7/a#b.ts", 1);
    fs::hard_link(root.join("7/720p.mp4"), root.join("again.mp4")).unwrap();
    symlink(root, root.join("7/loop")).unwrap();
    symlink("..", root.join("7/part/up")).unwrap();
    symlink(outside.path(), root.join("outside")).unwrap();
    symlink(outside.path().join("secret.mp4"), root.join("secret.mp4")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    let _socket = UnixListener::bind(root.join("socket")).unwrap();
    let meters = Meters::new();
    let usage = Usage::builder("test").build(&meters.instruments);
    let found = usage.reconcile(&Source::directory(root)).await.unwrap();
    assert_eq!((found.bytes, found.objects), (100 + 10 + 1 + 100, 4));

    // What was configured may be a link.
    let other = tempfile::tempdir().unwrap();
    symlink(root, other.path().join("videos")).unwrap();
    usage.reconcile(&Source::directory(other.path().join("videos"))).await.unwrap();
    assert_eq!(held(&usage), (211, 4));

    // Below it, a prefix may not.
    let usage = Usage::builder("test").prefix("outside").build(&meters.instruments);
    let error = usage.reconcile(&Source::directory(root)).await.unwrap_err();
    assert!(matches!(error, Error::Directory { .. }), "{error}");
    let usage = Usage::builder("test").prefix("7/part").build(&meters.instruments);
    usage.reconcile(&Source::directory(root)).await.unwrap();
    assert_eq!(held(&usage), (10, 1));
    let usage = Usage::builder("test").prefix("not/yet").build(&meters.instruments);
    usage.reconcile(&Source::directory(root)).await.unwrap();
    assert_eq!(held(&usage), (0, 0));
}

#[tokio::test]
async fn what_is_left_out_is_left_out_of_scans_and_of_what_is_told() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "7/720p.mp4", 100);
    file(folder.path(), "7/.720p.mp4.part", 50);
    file(folder.path(), "lost+found/#12", 50);
    let meters = Meters::new();
    let usage =
        Usage::builder("test").except(|key| key == "lost+found" || key.ends_with(".part")).build(&meters.instruments);
    usage.reconcile(&Source::directory(folder.path())).await.unwrap();
    usage.added("7/.1080p.mp4.part", 30);
    usage.added("lost+found/x/y", 30);
    usage.added("7/1080p.mp4", 5);
    assert_eq!(held(&usage), (105, 2));
}

/// Runs on threads that may read only what everybody may. Of root this takes the right to read all; others never had it.
fn as_nobody<F: Future>(future: F) -> F::Output {
    let nobody = Uid::from_raw(65534);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_start(move || {
            let _ = set_thread_res_uid(nobody, nobody, nobody);
        })
        .build()
        .unwrap();
    runtime.block_on(future)
}

#[test]
fn a_directory_that_cannot_be_read_makes_a_scan_partial() {
    for mode in [0o000, 0o444] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        file(root, "open/a.ts", 10);
        file(root, "closed/b.ts", 20);
        fs::set_permissions(root, Permissions::from_mode(0o755)).unwrap();
        // Its content is nobody's business here.
        fs::set_permissions(root.join("open/a.ts"), Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(root.join("closed"), Permissions::from_mode(mode)).unwrap();
        let meters = Meters::new();
        let usage = known(&meters);
        let error = as_nobody(usage.reconcile(&Source::directory(root))).unwrap_err();
        assert!(error.is_partial() && error.to_string().contains("closed"), "{error}");
        assert!(matches!(error, Error::Unreadable { .. }), "{error}");
        assert_unchanged(&meters, Status::Partial);

        // The remedy that the documentation names.
        let usage = Usage::builder("test").except(|key| key == "closed").build(&meters.instruments);
        as_nobody(usage.reconcile(&Source::directory(root))).unwrap();
        assert_eq!(held(&usage), (10, 1));
        fs::set_permissions(root.join("closed"), Permissions::from_mode(0o755)).unwrap();
    }
}

#[tokio::test]
async fn a_directory_that_is_not_there_fails_the_scan() {
    let folder = tempfile::tempdir().unwrap();
    let meters = Meters::new();
    let usage = known(&meters);
    file(folder.path(), "a.ts", 10);
    for path in ["not-here", "a.ts"] {
        let error = usage.reconcile(&Source::directory(folder.path().join(path))).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot scan ") && error.to_string().contains(path), "{error}");
        assert!(!error.is_partial());
        assert_unchanged(&meters, Status::Failed);
    }
    usage.reconcile(&Source::directory(folder.path())).await.unwrap();
    meters.assert_gauges(&[("usage", 10), ("objects", 1), ("drift", 3), ("reconciliation.status", 1)]);
}

#[tokio::test]
async fn more_files_than_may_be_and_deeper_ones_make_a_scan_partial() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..11 {
        file(folder.path(), &format!("{number}.ts"), 1);
    }
    let meters = Meters::new();
    let usage = Usage::builder("test").starts_empty().max_objects(10).build(&meters.instruments);
    usage.added("known.mp4", 7);
    let error = usage.reconcile(&Source::directory(folder.path())).await.unwrap_err();
    assert_eq!(error.to_string(), "the scan is partial: there are more than 10 objects, raise max_objects");
    assert_unchanged(&meters, Status::Partial);
    let memory = InMemory::new();
    for number in 0..11 {
        memory.put(&format!("{number}.ts").into(), "x".into()).await.unwrap();
    }
    let memory = Arc::new(memory);
    let error = usage.reconcile(&Source::store(Arc::clone(&memory) as _)).await.unwrap_err();
    assert!(matches!(error, Error::TooMany { limit: 10 }), "{error}");
    assert_unchanged(&meters, Status::Partial);
    memory.delete(&"0.ts".into()).await.unwrap();
    usage.reconcile(&Source::store(memory)).await.unwrap();
    assert_eq!((held(&usage), usage.status()), ((10, 10), Some(Status::Ok)));

    let meters = Meters::new();
    let usage = known(&meters);
    file(folder.path(), &format!("{}x.ts", "d/".repeat(127)), 1);
    usage.reconcile(&Source::directory(folder.path())).await.unwrap();
    assert_eq!(held(&usage), (12, 12));
    file(folder.path(), &format!("{}x.ts", "d/".repeat(128)), 1);
    let error = usage.reconcile(&Source::directory(folder.path())).await.unwrap_err();
    assert!(matches!(error, Error::TooDeep { limit: 128, .. }), "{error}");
    assert_eq!(usage.status(), Some(Status::Partial));
}

#[tokio::test]
async fn a_scan_that_takes_too_long_is_partial() {
    let slow = ThrottleConfig { wait_list_per_entry: Duration::from_secs(3600), ..ThrottleConfig::default() };
    let store = ThrottledStore::new(InMemory::new(), slow);
    store.put(&"a.ts".into(), "x".into()).await.unwrap();
    let meters = Meters::new();
    let usage = known(&meters);
    let source = Source::store(Arc::new(store)).timeout(Duration::from_millis(20));
    let error = usage.reconcile(&source).await.unwrap_err();
    assert_eq!(error.to_string(), "the scan is partial: it was not done after 0.02s");
    assert_unchanged(&meters, Status::Partial);
}

/// A disk that does not answer holds a thread for ever, which nobody can end; a second is not given to it.
#[tokio::test]
async fn a_walk_that_hangs_is_given_up_and_none_is_begun_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "a.ts", 10);
    let meters = Meters::new();
    let (free, hangs) = mpsc::channel();
    let hangs = std::sync::Mutex::new(hangs);
    let usage = Usage::builder("test")
        .starts_empty()
        .except(move |key| {
            if key == "a.ts" {
                // Until the other end is dropped.
                let _ = hangs.lock().unwrap().recv();
            }
            false
        })
        .build(&meters.instruments);
    usage.added("known.mp4", 7);
    let source = Source::directory(folder.path());
    let error = usage.reconcile(&source.clone().timeout(Duration::from_millis(20))).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    assert_unchanged(&meters, Status::Partial);
    assert!(matches!(usage.reconcile(&source).await, Err(Error::Running)));
    drop::<mpsc::Sender<()>>(free);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    let found = loop {
        match usage.reconcile(&source).await {
            Err(Error::Running) if tokio::time::Instant::now() < deadline => tokio::task::yield_now().await,
            ended => break ended.unwrap(),
        }
    };
    assert_eq!((found.bytes, found.drift), (10, Some(3)));
}

#[tokio::test]
async fn a_panic_in_the_programs_own_function_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "a.ts", 10);
    let meters = Meters::new();
    let usage = Usage::builder("test")
        .tenants(|key| if key == "a.ts" { panic!("no tenant") } else { Some("Acme") })
        .build(&meters.instruments);
    let source = Source::directory(folder.path());
    let error = usage.reconcile(&source).await.unwrap_err();
    assert!(matches!(error, Error::Ended(_)), "{error}");
    meters.assert_gauges(&[("reconciliation.status", 0)]);
    fs::rename(folder.path().join("a.ts"), folder.path().join("b.ts")).unwrap();
    usage.reconcile(&source).await.unwrap();
    assert_eq!(held(&usage), (10, 1));
}

/// Pages of a thousand, as S3 gives them.
#[tokio::test]
async fn a_real_s3_is_scanned_below_a_prefix() {
    let server = S3::start(&["renditions"]).await.unwrap();
    for number in 0..2500 {
        file(&server.file("renditions", "videos"), &format!("{}/{number}.ts", number % 7), 10);
    }
    file(&server.file("renditions", "videos-of-others"), "a.ts", 1000);
    let meters = Meters::new();
    let client = Arc::new(s3(server.url()).build().unwrap());
    let usage = Usage::builder("test").prefix("videos").build(&meters.instruments);
    let store = MeteredStore::new("test", Arc::clone(&client), &meters.instruments).with_usage(&usage);
    let source = Source::store(Arc::clone(&client) as _);
    usage.reconcile(&source).await.unwrap();
    assert_eq!(held(&usage), (25_000, 2500));

    // An overwrite, a multipart upload over another, a copy, a removal of two, and one of what is not there.
    store.put(&"videos/0/0.ts".into(), vec![0; 3].into()).await.unwrap();
    let mut parts = store.put_multipart(&"videos/1/1.ts".into()).await.unwrap();
    let sent = [parts.put_part(vec![1; 5 << 20].into()), parts.put_part(vec![2; 100].into())];
    futures_util::future::try_join_all(sent).await.unwrap();
    parts.complete().await.unwrap();
    store.copy(&"videos/1/1.ts".into(), &"videos/copy.ts".into()).await.unwrap();
    store.copy(&"videos-of-others/a.ts".into(), &"videos/theirs.ts".into()).await.unwrap();
    let gone = ["videos/2/2.ts", "videos/3/3.ts", "videos/never.ts"].map(|key| Ok(key.into()));
    store.delete_stream(Box::pin(stream::iter(gone))).try_collect::<Vec<_>>().await.unwrap();
    let large = (5 << 20) + 100;
    assert_eq!(held(&usage), (24_960 + 3 + 2 * large + 1000, 2500));
    assert_eq!(usage.reconcile(&source).await.unwrap().drift, Some(0));

    // Behind telecine's back.
    file(&server.file("renditions", "videos"), "behind.ts", 77);
    assert_eq!(usage.reconcile(&source).await.unwrap().drift, Some(77));
    meters.assert_gauges(&[
        ("usage", 25_963 + 77 + 2 * large as i64),
        ("objects", 2501),
        ("drift", 77),
        ("reconciliation.status", 1),
    ]);
}
