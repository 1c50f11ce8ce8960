use super::Meters;
use futures_util::TryStreamExt as _;
use object_store::{ObjectStore as _, ObjectStoreExt as _, local::LocalFileSystem, path::Path};
use telecine::store::MeteredStore;

#[tokio::test]
async fn a_directory_is_measured_like_any_store() {
    let folder = tempfile::tempdir().unwrap();
    let meters = Meters::new();
    let inner = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    let store = MeteredStore::new("test", inner, &meters.instruments);
    let path = Path::from("jobs/7/720p.mp4");
    store.put(&path, vec![1; 100_000].into()).await.unwrap();
    assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap().len(), 100_000);
    let pieces: Vec<_> = store.get(&path).await.unwrap().into_stream().try_collect().await.unwrap();
    assert!(pieces.len() > 1);
    let mut upload = store.put_multipart(&"jobs/7/index.m3u8".into()).await.unwrap();
    upload.put_part(vec![2; 500].into()).await.unwrap();
    upload.complete().await.unwrap();
    store.get(&"jobs/8/720p.mp4".into()).await.unwrap_err();
    assert_eq!(store.list(None).try_collect::<Vec<_>>().await.unwrap().len(), 2);
    store.delete(&path).await.unwrap();

    meters.assert(&[
        ("storage.operation.duration{success,put}", 1),
        ("storage.operation.duration{success,get}", 2),
        ("storage.operation.duration{input_missing,failure,get}", 1),
        ("storage.operation.duration{success,create}", 1),
        ("storage.operation.duration{success,put_part}", 1),
        ("storage.operation.duration{success,complete}", 1),
        ("storage.operation.duration{success,list}", 1),
        ("storage.operation.duration{success,delete}", 1),
        ("storage.io{video,write}", 100_000),
        ("storage.io{manifest,write}", 500),
        ("storage.io{video,read}", 200_000),
    ]);
}

#[tokio::test]
async fn what_the_disk_refuses_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let meters = Meters::new();
    let inner = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    let store = MeteredStore::new("test", inner, &meters.instruments);
    // A file stands where a folder should be.
    std::fs::write(folder.path().join("jobs"), "").unwrap();
    store.put(&"jobs/7/720p.mp4".into(), "x".into()).await.unwrap_err();
    let series = meters.series();
    let failed = |name: &String| name.starts_with("storage.operation.duration{") && name.ends_with("failure,put}");
    assert!(series.keys().any(failed), "{series:?}");
}
