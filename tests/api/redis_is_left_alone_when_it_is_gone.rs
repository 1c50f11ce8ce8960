use reqwest::StatusCode;
use telecine_parts::Redis;

use crate::api::{Api, Folders};

#[tokio::test]
async fn redis_is_left_alone_when_it_is_gone_and_nothing_fails() {
    let mut redis = Redis::start().await.unwrap();
    let folders = Folders::new();
    let mut command = folders.command();
    command.args(["--redis", &format!("redis://127.0.0.1:{}/0", redis.port())]);
    let api = Api::start_with(folders, command).await;
    let video = api.upload("Film", b"film".to_vec()).await;
    let path = format!("/videos/{}", video["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(api.get(&path).await.status(), StatusCode::OK);
    }
    let counted = ["media_cache_name=\"videos\""];
    assert_eq!(api.sum("media_cache_hits_total", &counted).await, 1.0);
    assert_eq!(api.sum("media_cache_misses_total", &counted).await, 1.0);
    assert_eq!(api.sum("app_circuit_breaker_state", &[]).await, 0.0);
    let of = async |more: &str| api.sum("db_client_operation_duration_seconds_count", &["redis", more]).await;
    assert_eq!((of("SET").await, of("error_type").await), (1.0, 0.0));

    redis.kill();
    for _ in 0..10 {
        assert_eq!(api.get(&path).await.status(), StatusCode::OK);
    }
    assert_eq!(of("error_type=\"network\"").await, 3.0);
    assert_eq!(api.sum("app_circuit_breaker_state", &[]).await, 1.0);

    redis.start_again().await.unwrap();
    let asked_again = || async {
        assert_eq!(api.get(&path).await.status(), StatusCode::OK);
        (api.sum("app_circuit_breaker_state", &[]).await == 0.0).then_some(())
    };
    telecine_parts::eventually("the circuit to close", asked_again).await.unwrap();
}
