use super::{
    Meters,
    front::{BODY, Front, Step},
    s3,
};
use futures_util::future::join_all;
use object_store::{
    ObjectStore, ObjectStoreExt as _, PutMultipartOptions, PutOptions,
    aws::AmazonS3,
    path::Path,
    retry::{RetryContext, RetryPolicy},
};
use std::sync::Arc;
use telecine::{
    media::{FileType, Media},
    store::{MeteredConnector, MeteredStore, RecordedBy as _, Source, Usage},
};

fn client(meters: &Meters, front: &Front) -> AmazonS3 {
    s3(&front.url()).with_http_connector(MeteredConnector::reqwest("test", &meters.instruments)).build().unwrap()
}

#[tokio::test]
async fn each_reason_has_its_count() {
    for (step, attempt, reason) in [
        (Step::Status(503, "SlowDown"), "throttled,failure", "throttled"),
        (Step::Status(429, "TooMany"), "throttled,failure", "throttled"),
        (Step::Status(500, "InternalError"), "storage_server,failure", "server"),
        (Step::Status(408, "RequestTimeout"), "timeout,timeout", "timeout"),
        (Step::HangUp, "network,failure", "network"),
    ] {
        let front = Front::start(&[step, step]).await;
        let meters = Meters::new();
        client(&meters, &front).put(&"720p.mp4".into(), vec![0; 10].into()).await.unwrap();
        assert_eq!(front.requests(), ["PUT /renditions/720p.mp4"; 3]);
        meters.assert(&[
            (&format!("storage.attempts{{{attempt}}}"), 2),
            ("storage.attempts{success}", 1),
            (&format!("storage.retries{{{reason}}}"), 2),
        ]);
    }
}

/// The instruments of other areas are driven in `tests/operations`.
#[tokio::test]
async fn no_instrument_of_the_store_stands_still() {
    let front = Front::start(&[Step::Status(503, "SlowDown")]).await;
    let meters = Meters::new();
    let usage = Usage::builder("test").starts_empty().build(&meters.instruments);
    usage.set_limit(1 << 30);
    let store = MeteredStore::new("test", client(&meters, &front), &meters.instruments).with_usage(&usage);
    store.put(&"720p.mp4".into(), vec![0; 10].into()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("720p.mp4"), [0; 25]).unwrap();
    usage.reconcile(&Source::directory(folder.path())).await.unwrap();
    let series = meters.series();
    for instrument in telecine::catalog::storage::ALL {
        let name = instrument.name().strip_prefix("media.").unwrap();
        assert!(series.keys().any(|series| series.split('{').next() == Some(name)), "{name}: {series:?}");
    }
}

#[tokio::test]
async fn what_succeeds_or_fails_for_good_is_no_retry() {
    let front = Front::start(&[Step::Status(404, "NoSuchKey"), Step::Good, Step::Status(403, "AccessDenied")]).await;
    let meters = Meters::new();
    let store = client(&meters, &front);
    let path = Path::from("720p.mp4");
    store.head(&path).await.unwrap_err();
    store.head(&path).await.unwrap_or_else(|error| panic!("{error}"));
    store.head(&path).await.unwrap_err();
    store.head(&path).await.unwrap();
    meters.assert(&[
        ("storage.attempts{input_missing,failure}", 1),
        ("storage.attempts{permission,failure}", 1),
        ("storage.attempts{success}", 2),
    ]);
    assert!(!meters.series().keys().any(|name| name.starts_with("storage.retries")));
}

#[tokio::test]
async fn a_client_that_gives_up_counts_the_retries_that_it_made() {
    let front = Front::start(&[Step::Status(503, "SlowDown"); 5]).await;
    let meters = Meters::new();
    client(&meters, &front).get(&"720p.mp4".into()).await.unwrap_err();
    assert_eq!(front.requests().len(), 5);
    meters.assert(&[("storage.attempts{throttled,failure}", 5), ("storage.retries{throttled}", 4)]);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_asked_for_again() {
    let front = Front::start(&[Step::HalfBody]).await;
    let meters = Meters::new();
    let store = MeteredStore::new("test", client(&meters, &front), &meters.instruments);
    let body = store.get(&"720p.mp4".into()).await.unwrap().bytes().await.unwrap();
    assert_eq!(body, BODY);
    meters.assert(&[
        ("storage.attempts{success}", 2),
        ("storage.retries{network}", 1),
        ("storage.operation.duration{success,get}", 1),
        ("storage.io{video,read}", BODY.len() as u64),
    ]);
}

#[tokio::test]
async fn requests_side_by_side_are_counted_one_by_one() {
    let front = Front::start(&[Step::Status(503, "SlowDown"); 6]).await;
    let meters = Meters::new();
    let store = client(&meters, &front);
    let (one, two) = (Path::from("1.ts"), Path::from("2.ts"));
    let puts = (0..12).map(|n| store.put(if n % 2 == 0 { &one } else { &two }, vec![0; 10].into()));
    for result in join_all(puts).await {
        result.unwrap();
    }
    meters.assert(&[
        ("storage.attempts{throttled,failure}", 6),
        ("storage.attempts{success}", 12),
        ("storage.retries{throttled}", 6),
    ]);
}

#[tokio::test]
async fn an_upload_hears_of_its_retries_and_of_no_others() {
    let front = Front::start(&[
        Step::Status(503, "SlowDown"),
        // Another's.
        Step::Good,
        Step::Status(500, "InternalError"),
        // The upload in parts: its beginning, and a part.
        Step::Good,
        Step::Good,
        Step::HangUp,
    ])
    .await;
    let meters = Meters::new();
    let (store, media) =
        (MeteredStore::new("test", client(&meters, &front), &meters.instruments), Media::new(&meters.instruments));
    let upload = media.upload(FileType::Thumbnail).store("test").start();
    let options = PutOptions::default().recorded_by(&upload.recorder());
    upload.run(store.put_opts(&"7.jpg".into(), vec![0; 10].into(), options)).await.unwrap();
    store.put(&"8.jpg".into(), vec![0; 10].into()).await.unwrap();

    let upload = media.upload(FileType::Video).store("test").start();
    let options = PutMultipartOptions::default().recorded_by(&upload.recorder());
    upload
        .run(async {
            let mut parts = store.put_multipart_opts(&"720p.mp4".into(), options).await?;
            let part = parts.put_part(vec![1; 600].into());
            tokio::spawn(part).await.unwrap()?;
            parts.complete().await
        })
        .await
        .unwrap();
    meters.assert(&[
        ("upload.retries{throttled}", 1),
        ("upload.retries{network}", 1),
        ("upload.parts{success}", 1),
        ("storage.retries{throttled}", 1),
        ("storage.retries{server}", 1),
        ("storage.retries{network}", 1),
    ]);
}

/// A policy of the program's repeats a part after the client has given up; the request is signed anew.
#[tokio::test]
async fn a_retry_policy_s_retries_are_seen() {
    #[derive(Debug)]
    struct Once;
    #[async_trait::async_trait]
    impl RetryPolicy for Once {
        async fn retry(&self, context: RetryContext) -> bool {
            context.attempt == 1
        }
    }
    let mut steps = vec![Step::Good];
    steps.extend([Step::Status(503, "SlowDown"); 5]);
    let front = Front::start(&steps).await;
    let meters = Meters::new();
    let store = client(&meters, &front);
    let options = PutMultipartOptions::default().with_retry_policy(Arc::new(Once));
    let mut upload = store.put_multipart_opts(&"720p.mp4".into(), options).await.unwrap();
    upload.put_part(vec![0; 10].into()).await.unwrap();
    meters.assert(&[
        ("storage.attempts{throttled,failure}", 5),
        ("storage.attempts{success}", 2),
        ("storage.retries{throttled}", 5),
    ]);
}

#[tokio::test]
async fn a_request_that_is_dropped_was_cancelled() {
    let front = Front::start(&[Step::Silence]).await;
    let meters = Meters::new();
    let store = client(&meters, &front);
    let get = tokio::spawn(async move { store.head(&"720p.mp4".into()).await });
    telecine_parts::eventually("the request to arrive", || async { (front.requests().len() == 1).then_some(()) })
        .await
        .unwrap();
    get.abort();
    assert!(get.await.unwrap_err().is_cancelled());
    meters.assert(&[("storage.attempts{cancelled}", 1)]);
}
