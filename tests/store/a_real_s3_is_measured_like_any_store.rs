use super::{Meters, s3};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectStore, ObjectStoreExt as _, PutMultipartOptions, path::Path};
use telecine::{
    media::{FileType, Media},
    store::{MeteredConnector, MeteredStore, RecordedBy as _},
};
use telecine_parts::S3;

/// S3's least size of a part that is not the last.
const PART: usize = 5 << 20;

#[tokio::test]
async fn a_real_s3_is_measured_like_any_store() {
    let server = S3::start(&["renditions"]).await.unwrap();
    let meters = Meters::new();
    let client =
        s3(server.url()).with_http_connector(MeteredConnector::reqwest("test", &meters.instruments)).build().unwrap();
    let store = MeteredStore::new("test", client, &meters.instruments);
    let media = Media::new(&meters.instruments);
    let (small, large, gone) =
        (Path::from("jobs/7/index.m3u8"), Path::from("jobs/7/720p.mp4"), Path::from("jobs/7/1080p.mp4"));

    store.put(&small, vec![b'#'; 100].into()).await.unwrap();
    assert_eq!(store.get(&small).await.unwrap().bytes().await.unwrap().len(), 100);

    let upload = media.upload(FileType::Video).store("test").key(large.as_ref()).start();
    let options = PutMultipartOptions::default().recorded_by(&upload.recorder());
    upload
        .run(async {
            let mut parts = store.put_multipart_opts(&large, options).await?;
            let sent = [parts.put_part(vec![1; PART].into()), parts.put_part(vec![2; 1000].into())];
            futures_util::future::try_join_all(sent).await?;
            parts.complete().await
        })
        .await
        .unwrap();
    assert_eq!(std::fs::metadata(server.file("renditions", large.as_ref())).unwrap().len(), PART as u64 + 1000);
    assert_eq!(store.get_range(&large, 0..10).await.unwrap().as_ref(), [1; 10]);

    let upload = media.upload(FileType::Video).store("test").key(gone.as_ref()).start();
    let options = PutMultipartOptions::default().recorded_by(&upload.recorder());
    let mut parts = store.put_multipart_opts(&gone, options).await.unwrap();
    parts.put_part(vec![1; PART].into()).await.unwrap();
    parts.abort().await.unwrap();
    upload.cancel();
    store.head(&gone).await.unwrap_err();

    store.copy(&small, &"copy.m3u8".into()).await.unwrap();
    assert_eq!(store.list(None).try_collect::<Vec<_>>().await.unwrap().len(), 3);
    let all = stream::iter([small, large, Path::from("copy.m3u8")].map(Ok)).boxed();
    assert_eq!(store.delete_stream(all).try_collect::<Vec<_>>().await.unwrap().len(), 3);

    meters.assert(&[
        ("storage.operation.duration{success,put}", 1),
        ("storage.operation.duration{success,get}", 2),
        ("storage.operation.duration{success,create}", 2),
        ("storage.operation.duration{success,put_part}", 3),
        ("storage.operation.duration{success,complete}", 1),
        ("storage.operation.duration{success,abort}", 1),
        ("storage.operation.duration{input_missing,failure,head}", 1),
        ("storage.operation.duration{success,copy}", 1),
        ("storage.operation.duration{success,list}", 1),
        ("storage.operation.duration{success,delete}", 1),
        ("storage.io{manifest,write}", 100),
        ("storage.io{manifest,read}", 100),
        ("storage.io{video,write}", 2 * PART as u64 + 1000),
        ("storage.io{video,read}", 10),
        ("upload.duration{video,success}", 1),
        ("upload.duration{video,cancelled}", 1),
        ("upload.io{video}", PART as u64 + 1000),
        ("upload.parts{success}", 3),
        ("upload.aborts{}", 1),
        ("storage.attempts{input_missing,failure}", 1),
        ("storage.attempts{success}", 13),
    ]);
    // What goes on labels is bounded: no part of a key is there.
    let series = meters.series();
    assert!(!series.keys().any(|name| name.contains("jobs") || name.contains("720p")), "{series:?}");
    let log = server.output();
    assert!(log.contains("720p.mp4"), "{log}");
}
