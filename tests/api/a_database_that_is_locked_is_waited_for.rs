use reqwest::StatusCode;
use serde_json::json;
use telecine_parts::eventually;

use crate::api::Api;

#[tokio::test]
async fn a_database_that_is_locked_is_waited_for_and_then_said_to_be_away() {
    let api = Api::start().await;
    let id = api.submit("clip", "film.mp4").await;
    api.until_sum("media_queue_size", &["\"clip\""], |jobs| jobs == 1.0).await;

    assert_eq!(api.answer("/admin/faults", &json!({"database": "down", "seconds": 30})).await["database"], "down");
    let refused = || async {
        let response = api.get("/jobs").await;
        (response.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(response)
    };
    let response = eventually("a request to be refused", refused).await.unwrap();
    assert_eq!(response.headers()["retry-after"], "2");
    let failed = ["db_system_name=\"sqlite\"", "error_type=\"timeout\"", "db_operation_name=\"SELECT\""];
    api.until_sum("db_client_operation_duration_seconds_count", &failed, |count| count >= 3.0).await;
    assert!(api.sum("media_db_retries_total", &["sqlite", "timeout"]).await >= 2.0);
    // Nobody knows how many wait, and nobody is told the number of before.
    let is_gone = || async { (!api.page().await.contains("media_queue_size{")).then_some(()) };
    eventually("the queue's size to be gone", is_gone).await.unwrap();
    api.until_sum("media_background_errors_total", &["media_task=\"queues\""], |errors| errors >= 1.0).await;

    // It comes back, and nothing was lost.
    api.answer("/admin/faults", &json!({"database": "none"})).await;
    let served = || async { (api.get("/jobs").await.status() == StatusCode::OK).then_some(()) };
    eventually("a request to be served", served).await.unwrap();
    assert_eq!(api.job(&id).await["state"], "queued");
    api.until_sum("media_queue_size", &["\"clip\""], |jobs| jobs == 1.0).await;
}

#[tokio::test]
async fn a_database_that_is_slow_is_waited_for_and_nobody_is_refused() {
    let api = Api::start().await;
    let waited = ["db_system_name=\"sqlite\"", "db_operation_name=\"SELECT\""];
    let seconds = || api.sum("db_client_operation_duration_seconds_sum", &waited);
    api.get("/jobs").await;
    let before = seconds().await;
    assert_eq!(api.answer("/admin/faults", &json!({"database": "slow", "seconds": 30})).await["database"], "slow");
    let slower = || async {
        let response = api.get("/jobs").await;
        assert_eq!(response.status(), StatusCode::OK);
        (seconds().await > before + 0.5).then_some(())
    };
    eventually("the operations to last longer", slower).await.unwrap();
    assert_eq!(
        api.sum("http_server_request_duration_seconds_count", &["http_response_status_code=\"503\""]).await,
        0.0
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let api = Api::start().await;
    let refused = async |body: serde_json::Value| {
        let response = api.post("/jobs", &body).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
        response.json::<serde_json::Value>().await.unwrap()["error"].as_str().unwrap().to_owned()
    };
    assert!(refused(json!({"type": "bake", "input": "film.mp4"})).await.contains("transcode"));
    assert!(refused(json!({"type": "clip", "input": "../film.mp4"})).await.contains("media directory"));
    assert!(refused(json!({"type": "clip", "input": "film.mp4", "tenant": "nobody"})).await.contains("nobody"));
    assert!(refused(json!({"type": "clip"})).await.contains("input"));
    let label = api.post("/worker/heartbeat", &json!({"worker": "a\nb", "state": "idle"})).await;
    assert_eq!(label.status(), StatusCode::BAD_REQUEST);
}
