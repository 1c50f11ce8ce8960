use reqwest::StatusCode;

use crate::api::{Api, Folders};

#[tokio::test]
async fn its_runtime_is_on_the_endpoint() {
    let api = Api::start().await;
    let workers = api.sum("media_runtime_worker_limit", &["media_runtime_name=\"main\""]).await;
    assert!(workers >= 1.0, "{}", api.page().await);
    api.until_sum("media_runtime_task_active", &["media_runtime_name=\"main\""], |alive| alive >= 1.0).await;
}

#[cfg(feature = "profiling")]
#[tokio::test]
async fn profiles_are_there_for_those_who_asked_for_them() {
    let path = "/debug/pprof/profile?seconds=1";
    let api = Api::start().await;
    assert_eq!(api.beside_metrics(path).await.status(), StatusCode::NOT_FOUND);

    let folders = Folders::new();
    let mut command = folders.command();
    command.arg("--profiling");
    let api = Api::start_with(folders, command).await;
    let answer = api.beside_metrics(path).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let profile = answer.bytes().await.unwrap();
    assert_eq!(profile[..2], [0x1f, 0x8b], "a profile is gzip");
}
