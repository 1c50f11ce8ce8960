use reqwest::StatusCode;
use serde_json::json;

use crate::api::{Api, Folders};

#[tokio::test]
async fn a_tenant_that_has_its_fill_is_refused_and_others_are_not() {
    let folders = Folders::new();
    let mut command = folders.command();
    command.args(["--tenant", "demo=1000", "--tenant", "acme=1000"]);
    let api = Api::start_with(folders, command).await;
    let job = |tenant: &str| json!({"type": "thumbnail", "input": "film.mp4", "tenant": tenant});

    let id = api.answer("/jobs", &job("demo")).await["id"].as_str().unwrap().to_owned();
    let claimed = api.answer("/worker/claim", &json!({"worker": "one", "types": ["thumbnail"]})).await;
    assert_eq!(claimed["id"], id);
    let outputs = json!([{"path": format!("jobs/{id}/film.jpg"), "bytes": 1000}]);
    let ended = json!({"worker": "one", "outcome": "success", "outputs": outputs});
    api.answer(&format!("/worker/jobs/{id}/end"), &ended).await;

    let refused = api.post("/jobs", &job("demo")).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let said = refused.json::<serde_json::Value>().await.unwrap();
    assert_eq!(said["error"], "demo has 1000 bytes of 1000");
    assert_eq!(api.post("/jobs", &job("acme")).await.status(), StatusCode::ACCEPTED);

    let of = |tenant: &'static str| ["media_store=\"file\"", tenant];
    api.until_sum("media_storage_usage_bytes", &of("\"demo\""), |bytes| bytes == 1000.0).await;
    assert_eq!(api.sum("media_storage_limit_bytes", &of("\"demo\"")).await, 1000.0);
    assert_eq!(api.sum("media_storage_usage_bytes", &of("\"acme\"")).await, 0.0);
}
