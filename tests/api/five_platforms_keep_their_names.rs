//! A configuration file turns the API's metrics into those that platforms' dashboards ask for, all of them moved.

use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_parts::Redis;

use crate::api::{Api, Folders};
use crate::profile;

#[tokio::test]
async fn vlog() {
    serves("vlog", &["vlog_transcoding_queue_size", "vlog_videos_total"]).await;
}

#[tokio::test]
async fn transcript_create() {
    serves("transcript-create", &["videos_pending"]).await;
}

#[tokio::test]
async fn transcode_flow() {
    serves("transcode-flow", &["jobs_queued"]).await;
}

/// `polled` is what background tasks ask the database for.
async fn serves(platform: &str, polled: &[&str]) {
    let redis = Redis::start().await.unwrap();
    let folders = Folders::new();
    let mut command = folders.command();
    profile::set(&mut command, platform);
    command.args(["--redis", &format!("redis://127.0.0.1:{}/0", redis.port())]);
    let api = Api::start_with(folders, command).await;
    drive(&api).await;
    // It is known again in a moment.
    let is_known = || async {
        let page = api.page().await;
        polled.iter().all(|name| page.contains(&format!("\n{name}"))).then_some(())
    };
    telecine_parts::eventually("what background tasks ask for", is_known).await.unwrap();
    profile::holds(platform, "http_api", &api.page().await, &[]);
}

/// Moves all that the API measures.
async fn drive(api: &Api) {
    let video = api.upload("Film", b"film".to_vec()).await;
    let path = format!("/videos/{}", video["id"].as_str().unwrap());
    let captions = api.request("PUT", &format!("{path}/captions")).body("1\n00:00:00,000 --> 00:00:01,000\nFilm\n");
    assert!(captions.send().await.unwrap().status().is_success());
    for path in [path.clone(), path.clone(), format!("{path}/export.srt"), "/search?q=film".to_owned()] {
        assert!(api.get(&path).await.status().is_success(), "{path}");
    }
    // A player is believed only the time that has gone by: it takes a moment.
    let until = std::time::Instant::now() + std::time::Duration::from_millis(200);
    while std::time::Instant::now() < until {
        api.answer(&format!("{path}/playback"), &json!({"session": "one", "watched_seconds": 0.1})).await;
    }

    for job_type in ["transcode", "reencode", "single"] {
        api.submit(job_type, "film.mp4").await;
    }
    api.answer("/worker/heartbeat", &json!({"worker": "one", "state": "busy", "load": {"cpu": 0.5}})).await;
    let claimed = api.answer("/worker/claim", &json!({"worker": "one", "types": ["transcode"]})).await;
    let id = claimed["id"].as_str().unwrap();
    let output = format!("jobs/{id}/360p.mp4");
    std::fs::create_dir_all(api.folders().output().join("jobs").join(id)).unwrap();
    std::fs::write(api.folders().output().join(&output), "film").unwrap();
    let ended = json!({"worker": "one", "outcome": "success", "outputs": [{"path": output, "bytes": 4}]});
    api.answer(&format!("/worker/jobs/{id}/end"), &ended).await;
    let scanned: Value = api.answer("/admin/reconcile", &json!({})).await;
    assert_eq!(scanned["bytes"], 4);

    // For so long that reads are tried again, and fail, those of the background tasks too.
    api.answer("/admin/faults", &json!({"database": "down", "seconds": 30})).await;
    let refused = || async { (api.get("/jobs").await.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(()) };
    telecine_parts::eventually("a request to be refused", refused).await.unwrap();
    let failed = || async { api.process.output().contains("background task `").then_some(()) };
    telecine_parts::eventually("a background task to fail", failed).await.unwrap();
    api.answer("/admin/faults", &json!({"database": "none"})).await;
    let served = || async { api.get("/jobs").await.status().is_success().then_some(()) };
    telecine_parts::eventually("a request to be served", served).await.unwrap();
}
