use super::Meters;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{
    GetOptions, ObjectStore, ObjectStoreExt as _, PutMultipartOptions, PutOptions,
    memory::InMemory,
    path::Path,
    throttle::{ThrottleConfig, ThrottledStore},
};
use std::time::Duration;
use telecine::{
    media::{FileType, Media},
    store::{MeteredStore, RecordedBy as _},
};

fn memory(meters: &Meters) -> MeteredStore<InMemory> {
    MeteredStore::new("test", InMemory::new(), &meters.instruments)
}

#[tokio::test]
async fn each_call_is_one_operation_and_bytes_are_those_that_moved() {
    let meters = Meters::new();
    let store = memory(&meters);
    let (video, list) = (Path::from("jobs/7/720p.mp4"), Path::from("jobs/7/index.m3u8"));
    store.put(&video, vec![1; 1000].into()).await.unwrap();
    store.put(&list, vec![2; 10].into()).await.unwrap();
    assert_eq!(store.get(&video).await.unwrap().bytes().await.unwrap().len(), 1000);
    assert_eq!(store.get_range(&video, 100..150).await.unwrap().len(), 50);
    assert_eq!(store.get_ranges(&video, &[0..10, 500..520]).await.unwrap().len(), 2);
    assert_eq!(store.head(&video).await.unwrap().size, 1000);
    assert_eq!(store.list(None).try_collect::<Vec<_>>().await.unwrap().len(), 2);
    assert_eq!(store.list_with_offset(None, &video).try_collect::<Vec<_>>().await.unwrap().len(), 1);
    assert_eq!(store.list_with_delimiter(None).await.unwrap().common_prefixes.len(), 1);
    store.copy(&video, &"copy.mp4".into()).await.unwrap();
    store.rename(&"copy.mp4".into(), &"moved.mp4".into()).await.unwrap();
    store.delete(&list).await.unwrap();
    let both = stream::iter([Ok(video.clone()), Ok(Path::from("moved.mp4"))]).boxed();
    assert_eq!(store.delete_stream(both).try_collect::<Vec<_>>().await.unwrap().len(), 2);

    meters.assert(&[
        ("storage.operation.duration{success,put}", 2),
        ("storage.operation.duration{success,get}", 3),
        ("storage.operation.duration{success,head}", 1),
        ("storage.operation.duration{success,list}", 3),
        ("storage.operation.duration{success,copy}", 1),
        ("storage.operation.duration{success,rename}", 1),
        ("storage.operation.duration{success,delete}", 2),
        ("storage.io{video,write}", 1000),
        ("storage.io{manifest,write}", 10),
        ("storage.io{video,read}", 1000 + 50 + 30),
    ]);
}

#[tokio::test]
async fn an_upload_in_parts_is_its_parts_and_its_end() {
    let meters = Meters::new();
    let store = memory(&meters);
    let path = Path::from("720p.mp4");
    let mut upload = store.put_multipart(&path).await.unwrap();
    let parts = [upload.put_part(vec![1; 600].into()), upload.put_part(vec![2; 300].into())];
    futures_util::future::try_join_all(parts).await.unwrap();
    upload.complete().await.unwrap();
    assert_eq!(store.head(&path).await.unwrap().size, 900);

    let mut given_up = store.put_multipart(&path).await.unwrap();
    given_up.put_part(vec![3; 50].into()).await.unwrap();
    given_up.abort().await.unwrap();
    meters.assert(&[
        ("storage.operation.duration{success,create}", 2),
        ("storage.operation.duration{success,put_part}", 3),
        ("storage.operation.duration{success,complete}", 1),
        ("storage.operation.duration{success,abort}", 1),
        ("storage.operation.duration{success,head}", 1),
        ("storage.io{video,write}", 950),
    ]);
}

#[tokio::test]
async fn an_upload_hears_of_its_bytes_parts_and_aborts() {
    let meters = Meters::new();
    let (store, media) = (memory(&meters), Media::new(&meters.instruments));
    let path = Path::from("thumbs/7.jpg");
    let upload = media.upload(FileType::Thumbnail).store("test").key(path.as_ref()).start();
    let options = PutOptions::default().recorded_by(&upload.recorder());
    upload.run(store.put_opts(&path, vec![0; 70].into(), options)).await.unwrap();

    let upload = media.upload(FileType::Video).store("test").start();
    let options = PutMultipartOptions::default().recorded_by(&upload.recorder());
    upload
        .run(async {
            let mut parts = store.put_multipart_opts(&"720p.mp4".into(), options).await?;
            parts.put_part(vec![1; 600].into()).await?;
            drop(parts.put_part(vec![2; 5].into()));
            parts.put_part(vec![2; 300].into()).await?;
            parts.abort().await
        })
        .await
        .unwrap();
    meters.assert(&[
        ("upload.duration{thumbnail,success}", 1),
        ("upload.duration{video,success}", 1),
        ("upload.io{thumbnail}", 70),
        ("upload.io{video}", 900),
        ("upload.size{thumbnail}", 1),
        ("upload.size{video}", 1),
        ("upload.parts{success}", 2),
        ("upload.aborts{}", 1),
    ]);
}

#[tokio::test]
async fn a_body_that_is_dropped_early_counts_what_was_read() {
    let meters = Meters::new();
    let throttled = ThrottledStore::new(InMemory::new(), ThrottleConfig::default());
    let store = MeteredStore::new("test", throttled, &meters.instruments);
    let path = Path::from("720p.mp4");
    store.put(&path, vec![0; 4096].into()).await.unwrap();

    // To the last byte, without asking whether there is more.
    let mut body = store.get(&path).await.unwrap().into_stream();
    let mut read = 0;
    while read < 4096 {
        read += body.next().await.unwrap().unwrap().len();
    }
    drop(body);
    meters.assert(&[
        ("storage.operation.duration{success,get}", 1),
        ("storage.operation.duration{success,put}", 1),
        ("storage.io{video,read}", 4096),
        ("storage.io{video,write}", 4096),
    ]);

    // Not even begun.
    drop(store.get(&path).await.unwrap());
    meters.assert(&[
        ("storage.operation.duration{cancelled,get}", 1),
        ("storage.operation.duration{success,get}", 1),
        ("storage.operation.duration{success,put}", 1),
        ("storage.io{video,read}", 4096),
        ("storage.io{video,write}", 4096),
    ]);
}

#[tokio::test]
async fn what_nobody_waits_for_is_cancelled_and_what_never_began_is_nothing() {
    let meters = Meters::new();
    let slow = ThrottleConfig {
        wait_put_per_call: Duration::from_secs(3600),
        wait_list_per_entry: Duration::from_secs(3600),
        ..ThrottleConfig::default()
    };
    let store = MeteredStore::new("test", ThrottledStore::new(InMemory::new(), slow), &meters.instruments);
    let path = Path::from("720p.mp4");
    drop(store.put(&path, vec![0; 10].into()));
    drop(store.list(None));
    assert!(meters.series().is_empty(), "{:?}", meters.series());

    {
        let mut put = std::pin::pin!(store.put(&path, vec![0; 10].into()));
        assert!(futures_util::poll!(&mut put).is_pending());
    }
    meters.assert(&[("storage.operation.duration{cancelled,put}", 1)]);
}

#[tokio::test]
async fn an_object_that_has_not_changed_is_an_answer() {
    let meters = Meters::new();
    let store = memory(&meters);
    let path = Path::from("720p.mp4");
    let put = store.put(&path, vec![0; 10].into()).await.unwrap();
    let options = GetOptions { if_none_match: put.e_tag, ..GetOptions::default() };
    let error = store.get_opts(&path, options).await.unwrap_err();
    assert!(matches!(error, object_store::Error::NotModified { .. }), "{error:?}");
    meters.assert(&[("storage.operation.duration{success,get}", 1), ("storage.operation.duration{success,put}", 1)]);
}

#[tokio::test]
async fn a_store_behind_a_pointer_is_a_store() {
    let meters = Meters::new();
    let inner: std::sync::Arc<dyn ObjectStore> = std::sync::Arc::new(InMemory::new());
    let store = MeteredStore::new("test", inner, &meters.instruments);
    assert_eq!(store.to_string(), "MeteredStore(InMemory)");
    let store: Box<dyn ObjectStore> = Box::new(store);
    store.put(&"a".into(), "b".into()).await.unwrap();
    meters.assert(&[("storage.operation.duration{success,put}", 1), ("storage.io{other,write}", 1)]);
}
