//! SQLite, which no future runs: a guard measures it.

use rusqlite::Connection;
use telecine::data::{Data, Database, Fault};

use crate::support::{Page, telemetry};

fn database(data: &Data) -> Database {
    data.database("sqlite").namespace("jobs").faults(|error| match error.downcast_ref()? {
        rusqlite::Error::SqliteFailure(error, _) => Some(Fault::code(error.extended_code.to_string())),
        _ => None,
    })
}

#[tokio::test]
async fn statements_are_operations_and_what_it_refuses_has_its_code() {
    let telemetry = telemetry();
    let database = database(telemetry.data());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.sqlite");
    let (one, two) = (Connection::open(&file).unwrap(), Connection::open(&file).unwrap());
    two.busy_timeout(std::time::Duration::ZERO).unwrap();

    let create = database.operation("CREATE TABLE").collection("jobs").start();
    create.finish(one.execute_batch("CREATE TABLE jobs (id INTEGER PRIMARY KEY)")).unwrap();
    let insert = |connection: &Connection| {
        let insert = database.operation("INSERT").collection("jobs").start();
        insert.finish(connection.execute("INSERT INTO jobs VALUES (?1)", [1]))
    };
    insert(&one).unwrap();
    insert(&one).unwrap_err();
    one.execute_batch("BEGIN IMMEDIATE").unwrap();
    insert(&two).unwrap_err();

    let page = Page::of(&telemetry).await;
    let of = |code: &str, error_type: &str| {
        page.operations(&[&format!("db_response_status_code=\"{code}\""), &format!("error_type=\"{error_type}\"")])
    };
    assert_eq!(page.operations(&["media_outcome=\"success\""]), 2, "{}", page.text());
    // A key that is there already; a writer that has the lock.
    assert_eq!((of("1555", "storage_client"), of("5", "timeout")), (1, 1), "{}", page.text());
}
