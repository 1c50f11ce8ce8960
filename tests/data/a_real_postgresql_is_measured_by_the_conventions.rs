//! Operations of a PostgreSQL, its own word for what was wrong, and the connections of a pool.

use telecine_parts::Postgres;

use crate::pool::{Pool, database};
use crate::support::{Page, telemetry};

#[tokio::test]
async fn operations_have_the_attributes_of_the_conventions() {
    let postgres = Postgres::start().await.unwrap();
    let telemetry = telemetry();
    let database = database(telemetry.data(), postgres.port());
    let pool = Pool::new(&postgres);
    let client = pool.get().await.unwrap();

    let create = "CREATE TABLE jobs (id int PRIMARY KEY, state text)";
    database.operation("CREATE TABLE").collection("jobs").run(client.batch_execute(create)).await.unwrap();
    let insert = "INSERT INTO jobs VALUES ($1, $2)";
    for id in 0..3 {
        let operation = database.operation("INSERT").collection("jobs").text(insert);
        operation.run(client.execute(insert, &[&id, &"queued"])).await.unwrap();
    }
    let count = database.operation("SELECT").collection("jobs");
    let count = count.run(client.query_one("SELECT count(*) FROM jobs", &[])).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), 3);

    let page = Page::of(&telemetry).await;
    let of = |operation: &str| page.operations(&[&format!("db_operation_name=\"{operation}\"")]);
    assert_eq!((of("CREATE TABLE"), of("INSERT"), of("SELECT")), (1, 3, 1), "{}", page.text());
    let port = postgres.port();
    let labels = [
        "db_collection_name=\"jobs\"",
        "db_namespace=\"postgres\"",
        "db_system_name=\"postgresql\"",
        "media_outcome=\"success\"",
        "server_address=\"127.0.0.1\"",
        &format!("server_port=\"{port}\""),
    ];
    assert_eq!(page.operations(&labels), 5, "{}", page.text());
    assert_eq!(page.operations(&["error_type="]) + page.operations(&["db_response_status_code="]), 0);
    // The convention's buckets.
    for bound in ["0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1", "5", "10", "+Inf"] {
        let bound = format!("le=\"{bound}\"");
        assert!(page.value("db_client_operation_duration_seconds_bucket", &[&bound]).is_some(), "{bound}");
    }
}

#[tokio::test]
async fn what_it_refuses_has_its_code_and_a_type() {
    let postgres = Postgres::start().await.unwrap();
    let telemetry = telemetry();
    let database = database(telemetry.data(), postgres.port());
    let client = Pool::new(&postgres).get().await.unwrap();
    client.batch_execute("CREATE TABLE jobs (id int PRIMARY KEY); INSERT INTO jobs VALUES (1)").await.unwrap();
    for (statement, code, outcome, error_type) in [
        ("INSERT INTO jobs VALUES (1)", "23505", "failure", "storage_client"),
        ("SELEC 1", "42601", "failure", "storage_client"),
        ("SELECT * FROM nowhere", "42P01", "failure", "storage_client"),
        ("SET statement_timeout = 1; SELECT pg_sleep(600)", "57014", "timeout", "timeout"),
        ("SET ROLE pg_monitor; SELECT * FROM pg_authid", "42501", "failure", "permission"),
    ] {
        database.operation("EXECUTE").run(client.batch_execute(statement)).await.unwrap_err();
        client.batch_execute("RESET ROLE; RESET statement_timeout").await.unwrap();
        let page = Page::of(&telemetry).await;
        let labels = [
            &format!("db_response_status_code=\"{code}\"")[..],
            &format!("error_type=\"{error_type}\""),
            &format!("media_outcome=\"{outcome}\""),
        ];
        assert_eq!(page.operations(&labels), 1, "{statement}: {}", page.text());
    }
}

#[tokio::test]
async fn a_query_that_nobody_waits_for_is_cancelled() {
    let postgres = Postgres::start().await.unwrap();
    let telemetry = telemetry();
    let database = database(telemetry.data(), postgres.port());
    let client = Pool::new(&postgres).get().await.unwrap();
    let mut query = Box::pin(database.operation("SELECT").run(client.batch_execute("SELECT pg_sleep(600)")));
    assert!(futures_util::poll!(query.as_mut()).is_pending());
    drop(query);
    assert_eq!(Page::of(&telemetry).await.operations(&["media_outcome=\"cancelled\""]), 1);
}

#[tokio::test]
async fn the_connections_of_a_pool_are_seen_while_it_is_there() {
    let postgres = Postgres::start().await.unwrap();
    let telemetry = telemetry();
    let database = database(telemetry.data(), postgres.port());
    let pool = Pool::new(&postgres);
    let observed = database.pool("jobs", {
        let pool = pool.clone();
        move || pool.connections()
    });
    let connections = async || {
        let page = Page::of(&telemetry).await;
        let in_state = |state: &str| {
            let state = format!("db_client_connection_state=\"{state}\"");
            page.value("db_client_connection_count", &["db_client_connection_pool_name=\"jobs\"", &state])
        };
        (in_state("idle"), in_state("used"))
    };
    assert_eq!(connections().await, (Some(0.0), Some(0.0)));
    let (one, two) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    assert_eq!(connections().await, (Some(0.0), Some(2.0)));
    drop(one);
    assert_eq!(connections().await, (Some(1.0), Some(1.0)));
    drop(two);
    assert_eq!(connections().await, (Some(2.0), Some(0.0)));
    drop(observed);
    assert_eq!(connections().await, (None, None));
}
