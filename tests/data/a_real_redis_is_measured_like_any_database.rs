//! Commands of a Redis, its own word for what was wrong, and a cache that it keeps.

use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;
use telecine::data::{Data, Database, Fault};
use telecine_parts::Redis;

use crate::support::{Page, telemetry};

pub(crate) fn database(data: &Data, redis: &Redis) -> Database {
    data.database("redis").namespace("0").server("127.0.0.1").port(redis.port()).faults(|error| {
        let error = error.downcast_ref::<redis::RedisError>()?;
        if error.is_connection_dropped() || error.is_connection_refusal() {
            return Some(Fault::gone());
        }
        error.code().map(Fault::code)
    })
}

pub(crate) async fn connect(redis: &Redis) -> redis::RedisResult<MultiplexedConnection> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{}/0", redis.port()))?;
    // An answer may take its time: a loaded machine is slow, and one of the commands waits for nothing.
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await
}

#[tokio::test]
async fn commands_are_operations() {
    let server = Redis::start().await.unwrap();
    let telemetry = telemetry();
    let database = database(telemetry.data(), &server);
    let mut redis = connect(&server).await.unwrap();

    database.operation("SET").run(redis.set::<_, _, ()>("state", "queued")).await.unwrap();
    let state: String = database.operation("GET").run(redis.get("state")).await.unwrap();
    assert_eq!(state, "queued");
    let wrong = database.operation("LPUSH").run(redis.lpush::<_, _, ()>("state", 1)).await.unwrap_err();
    assert_eq!(wrong.code(), Some("WRONGTYPE"));

    let page = Page::of(&telemetry).await;
    let of = |operation: &str, more: &str| page.operations(&[&format!("db_operation_name=\"{operation}\""), more]);
    assert_eq!(of("SET", "media_outcome=\"success\""), 1, "{}", page.text());
    assert_eq!(of("GET", "db_system_name=\"redis\""), 1);
    assert_eq!(of("LPUSH", "error_type=\"storage_client\""), 1);
    assert_eq!(of("LPUSH", "db_response_status_code=\"WRONGTYPE\""), 1);
}

#[tokio::test]
async fn a_redis_that_has_no_room_or_wants_a_password_says_so() {
    let server = Redis::start().await.unwrap();
    let telemetry = telemetry();
    let database = database(telemetry.data(), &server);
    let mut redis = connect(&server).await.unwrap();
    let configure = async |mut redis: MultiplexedConnection, key: &str, value: &str| {
        redis::cmd("CONFIG").arg("SET").arg(key).arg(value).query_async::<()>(&mut redis).await.unwrap();
    };
    configure(redis.clone(), "maxmemory", "1").await;
    database.operation("SET").run(redis.set::<_, _, ()>("state", "queued")).await.unwrap_err();
    configure(redis.clone(), "maxmemory", "0").await;
    configure(redis, "requirepass", "secret").await;
    // A new connection has said no password.
    let mut stranger = connect(&server).await.unwrap();
    database.operation("GET").run(stranger.get::<_, Option<String>>("state")).await.unwrap_err();

    let page = Page::of(&telemetry).await;
    let of = |code: &str, error_type: &str| {
        page.operations(&[&format!("db_response_status_code=\"{code}\""), &format!("error_type=\"{error_type}\"")])
    };
    assert_eq!((of("OOM", "out_of_memory"), of("NOAUTH", "permission")), (1, 1), "{}", page.text());
}

#[tokio::test]
async fn a_cache_that_it_keeps_counts_hits_and_misses() {
    let server = Redis::start().await.unwrap();
    let telemetry = telemetry();
    let cache = telemetry.data().cache("manifests");
    let redis = connect(&server).await.unwrap();
    let counted = async || {
        let page = Page::of(&telemetry).await;
        let of = |name| page.value(name, &["media_cache_name=\"manifests\""]).unwrap();
        (of("media_cache_hits_total"), of("media_cache_misses_total"))
    };
    assert_eq!(counted().await, (0.0, 0.0));

    let manifest = async || -> redis::RedisResult<String> {
        let mut redis = redis.clone();
        let found = redis.get("manifest").await?;
        cache
            .try_get_with(found, async || {
                redis.set::<_, _, ()>("manifest", "#EXTM3U").await?;
                Ok("#EXTM3U".to_owned())
            })
            .await
    };
    for _ in 0..3 {
        assert_eq!(manifest().await.unwrap(), "#EXTM3U");
    }
    assert_eq!(counted().await, (2.0, 1.0));
    assert_eq!(cache.get_with(None, || 1), 1);
    assert_eq!(counted().await, (2.0, 2.0));
}
