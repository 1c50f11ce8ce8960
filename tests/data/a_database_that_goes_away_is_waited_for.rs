//! A database that is killed in the middle of an operation, and started again.

use std::time::Duration;

use redis::AsyncCommands as _;
use telecine::data::Retry;
use telecine_parts::{Postgres, Redis, eventually};
use tokio::sync::Mutex;

use crate::a_real_redis_is_measured_like_any_database as of_redis;
use crate::pool::{Pool, database};
use crate::support::{Page, telemetry};

const GONE: &[&str] = &["error_type=\"network\"", "media_outcome=\"failure\""];

#[tokio::test]
async fn a_postgresql_that_is_killed_is_of_the_network_and_reads_are_tried_again() {
    let mut server = Postgres::start().await.unwrap();
    let telemetry = telemetry();
    let database = database(telemetry.data(), server.port());
    let pool = Pool::new(&server);

    // Two that run when it goes: one waits for an answer, the other finds its connection closed.
    let (client, witness) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    let query = database.operation("SELECT").run(async move { client.batch_execute("SELECT pg_sleep(600)").await });
    let query = tokio::spawn(query);
    eventually("the query to run", || async {
        let running =
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' AND wait_event = 'PgSleep'";
        (witness.query_one(running, &[]).await.ok()?.get::<_, i64>(0) == 1).then_some(())
    })
    .await
    .unwrap();
    server.kill();
    query.await.unwrap().unwrap_err();
    database.operation("SELECT").run(witness.batch_execute("SELECT 1")).await.unwrap_err();
    drop(witness);
    let page = Page::of(&telemetry).await;
    assert_eq!(page.operations(GONE), 2, "{}", page.text());
    assert_eq!(page.retries("network"), 0);

    // It is back after the second pause.
    let pauses = Mutex::new((0, server));
    let reads = Retry::new(async |_| {
        let (pauses, server) = &mut *pauses.lock().await;
        *pauses += 1;
        if *pauses == 2 {
            server.start_again().await.unwrap();
        }
    })
    .attempts(5);
    let one = database.operation("SELECT").retry(&reads, async || pool.get().await?.query_one("SELECT 1", &[]).await);
    assert_eq!(one.await.unwrap().get::<_, i32>(0), 1);
    let page = Page::of(&telemetry).await;
    assert_eq!((page.operations(GONE), page.retries("network")), (4, 2), "{}", page.text());
    assert_eq!(page.operations(&["media_outcome=\"success\""]), 1);
    assert_eq!(pool.connections().idle, 1);
}

#[tokio::test]
async fn a_redis_that_is_killed_is_of_the_network_and_reads_are_tried_again() {
    let mut server = Redis::start().await.unwrap();
    let telemetry = telemetry();
    let database = of_redis::database(telemetry.data(), &server);
    let mut redis = of_redis::connect(&server).await.unwrap();
    let mut waiting = of_redis::connect(&server).await.unwrap();
    let pop = database.operation("BLPOP").run(async move { waiting.blpop::<_, ()>("jobs", 0.0).await });
    let pop = tokio::spawn(pop);
    eventually("the command to wait", || async {
        let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut redis.clone()).await.ok()?;
        clients.contains("cmd=blpop").then_some(())
    })
    .await
    .unwrap();
    server.kill();
    pop.await.unwrap().unwrap_err();
    database.operation("GET").run(redis.get::<_, Option<String>>("state")).await.unwrap_err();

    let server = Mutex::new(server);
    let reads = Retry::new(async |_| server.lock().await.start_again().await.unwrap());
    let get = database.operation("GET").retry(&reads, async || {
        let mut redis = of_redis::connect(&*server.lock().await).await?;
        redis.get::<_, Option<String>>("state").await
    });
    assert_eq!(get.await.unwrap(), None);
    let page = Page::of(&telemetry).await;
    assert_eq!((page.operations(GONE), page.retries("network")), (3, 1), "{}", page.text());
    assert_eq!(page.operations(&["media_outcome=\"success\""]), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_is_refused_is_not_tried_again_and_one_that_times_out_is_until_it_is_enough() {
    let server = Postgres::start().await.unwrap();
    let telemetry = telemetry();
    let database = database(telemetry.data(), server.port());
    let pool = Pool::new(&server);
    let task = async move {
        let reads =
            Retry::new(tokio::time::sleep).attempts(3).pauses(Duration::from_millis(1), Duration::from_millis(1));
        for statement in ["SELECT * FROM nowhere", "SET statement_timeout = 1; SELECT pg_sleep(600)"] {
            let read = database.operation("SELECT");
            let read = read.retry(&reads, async || pool.get().await?.batch_execute(statement).await);
            read.await.unwrap_err();
        }
    };
    // It can be spawned.
    tokio::spawn(task).await.unwrap();
    let page = Page::of(&telemetry).await;
    assert_eq!(page.operations(&["error_type=\"storage_client\""]), 1, "{}", page.text());
    assert_eq!((page.operations(&["error_type=\"timeout\""]), page.retries("timeout")), (3, 2));
    assert_eq!(page.value("media_db_retries_total", &[]), Some(2.0));
}
