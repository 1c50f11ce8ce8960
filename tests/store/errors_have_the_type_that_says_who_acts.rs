use super::{
    Meters,
    front::{Front, Step},
    s3,
};
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, memory::InMemory, path::Path};
use telecine::{
    operation::Instruments,
    store::{MeteredStore, classify},
};

/// The error type of a `put` and a `get` whose every attempt has this end.
async fn of(step: Step) -> (String, String) {
    let front = Front::start(&[step; 20]).await;
    let meters = Meters::new();
    let store = MeteredStore::new("test", s3(&front.url()).build().unwrap(), &meters.instruments);
    let path = Path::from("720p.mp4");
    store.put(&path, vec![0; 10].into()).await.unwrap_err();
    let error = store.get(&path).await.unwrap_err();
    let types: Vec<String> = meters
        .series()
        .into_keys()
        .filter_map(|name| Some(name.strip_prefix("storage.operation.duration{")?.trim_end_matches('}').to_owned()))
        .collect();
    let of = |operation: &str| {
        types.iter().find(|labels| labels.ends_with(operation)).unwrap_or_else(|| panic!("{types:?} {error}")).clone()
    };
    (of("put"), of("get"))
}

#[tokio::test]
async fn statuses_and_lost_connections_are_told_apart() {
    let both = |labels: &str| (format!("{labels},put"), format!("{labels},get"));
    assert_eq!(of(Step::Status(503, "SlowDown")).await, both("throttled,failure"));
    assert_eq!(of(Step::Status(429, "TooManyRequests")).await, both("throttled,failure"));
    assert_eq!(of(Step::Status(500, "InternalError")).await, both("storage_server,failure"));
    assert_eq!(of(Step::Status(400, "InvalidArgument")).await, both("storage_client,failure"));
    assert_eq!(of(Step::Status(403, "AccessDenied")).await, both("permission,failure"));
    assert_eq!(of(Step::HangUp).await, both("network,failure"));
    assert_eq!(
        of(Step::Status(404, "NoSuchKey")).await,
        ("storage_client,failure,put".into(), "input_missing,failure,get".into())
    );
    assert_eq!(of(Step::Status(404, "NoSuchBucket")).await, both("storage_client,failure"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_a_timeout() {
    let front = Front::start(&[Step::Silence; 4]).await;
    let meters = Meters::new();
    let options =
        object_store::ClientOptions::new().with_allow_http(true).with_timeout(std::time::Duration::from_millis(50));
    let client = s3(&front.url())
        .with_client_options(options)
        .with_retry(object_store::RetryConfig { max_retries: 0, ..Default::default() })
        .build()
        .unwrap();
    let store = MeteredStore::new("test", client, &meters.instruments);
    store.head(&"720p.mp4".into()).await.unwrap_err();
    meters.assert(&[("storage.operation.duration{timeout,timeout,head}", 1)]);
}

#[tokio::test]
async fn nobody_there_is_a_matter_of_the_network() {
    let meters = Meters::new();
    let url = format!("http://127.0.0.1:{}", telecine_parts::free_port().unwrap());
    let store = MeteredStore::new("test", s3(&url).build().unwrap(), &meters.instruments);
    store.head(&"720p.mp4".into()).await.unwrap_err();
    meters.assert(&[("storage.operation.duration{network,failure,head}", 1)]);
}

#[tokio::test]
async fn a_store_s_own_refusals_are_the_client_s() {
    let meters = Meters::new();
    let store = MeteredStore::new("test", InMemory::new(), &meters.instruments);
    let path = Path::from("720p.mp4");
    store.put(&path, "x".into()).await.unwrap();
    store.put_opts(&path, "x".into(), PutOptions::from(PutMode::Create)).await.unwrap_err();
    store.get(&"missing".into()).await.unwrap_err();
    meters.assert(&[
        ("storage.operation.duration{success,put}", 1),
        ("storage.operation.duration{storage_client,failure,put}", 1),
        ("storage.operation.duration{input_missing,failure,get}", 1),
    ]);
}

/// The program's own operations know these errors when it is told of the classifier.
#[tokio::test]
async fn a_program_s_operations_can_use_the_classifier() {
    let meters = Meters::new();
    let instruments: Instruments = meters.instruments.clone().with_classifiers([classify as _]);
    let media = telecine::media::Media::new(&instruments);
    let front = Front::start(&[Step::Status(503, "SlowDown"); 5]).await;
    let store = s3(&front.url()).build().unwrap();
    let upload = media.upload(telecine::media::FileType::Video).store("test");
    let error = upload.run(store.put(&"720p.mp4".into(), "x".into())).await.unwrap_err();
    assert_eq!(front.requests().len(), 5, "{error}");
    meters.assert(&[("upload.duration{throttled,video,failure}", 1)]);

    // What only the end of the chain knows.
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let full = object_store::Error::Generic { store: "file", source: full.into() };
    let upload = media.upload(telecine::media::FileType::Audio).store("test");
    upload.run(async { Err::<(), _>(full) }).await.unwrap_err();
    meters.assert(&[("upload.duration{throttled,video,failure}", 1), ("upload.duration{disk_full,audio,failure}", 1)]);
}
