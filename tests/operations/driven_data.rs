//! Databases, caches and buffers: what is done to them here, and what is to be read of it. Real ones are driven by
//! tests/data.

use std::io;
use std::time::Duration;

use futures_util::FutureExt as _;
use telecine::catalog::{cache, database};
use telecine::data::{Connections, Fault, Retry};
use telecine::operation::{ErrorType, Observed};

use crate::expected::{Expected, Labels, Want};
use crate::support::Bench;

/// What is observed lasts as long as what is given back.
pub(crate) fn drive(bench: &Bench) -> Observed {
    let manifests = bench.data.cache("manifests");
    manifests.hit();
    assert_eq!(manifests.found(Some(1)), Some(1));
    assert_eq!(manifests.get_with(None, || 2), 2);

    let frames = bench.data.buffer("frames");
    let held = frames.hold(4096);
    drop(frames.hold(1024));
    assert_eq!(frames.usage(), 4096);
    // Never dropped, so that there is something to read.
    std::mem::forget(held);

    let jobs = bench
        .data
        .database("postgresql")
        .namespace("media")
        .server("db1")
        .port(5433)
        .faults(|error| error.to_string().starts_with("duplicate key").then(|| Fault::code("23505")));
    jobs.operation("SELECT").collection("jobs").text("SELECT 'secret'").start().success();
    let insert = jobs.operation("INSERT").collection("jobs").start();
    insert.error(&io::Error::other("duplicate key value violates unique constraint"));
    let update = jobs.operation("UPDATE").start();
    update.status_code("40P01");
    update.failure(ErrorType::StorageServer);
    let redis = bench.data.database("redis");
    let mut gone = [Err(io::Error::from(io::ErrorKind::ConnectionRefused)), Ok("queued")].into_iter();
    let at_once = Retry::new(|_: Duration| std::future::ready(()));
    let get = redis.operation("GET").retry(&at_once, || std::future::ready(gone.next().unwrap()));
    assert_eq!(get.now_or_never().unwrap().unwrap(), "queued");
    jobs.pool("jobs", || Connections::of_size(5, 3))
}

pub(crate) fn expect(expected: &mut Expected) {
    use Want::{Count, Is};
    const MANIFESTS: Labels = &[("media.cache.name", "manifests")];
    expected.want(&cache::HITS, vec![(MANIFESTS, Is(2.0))]);
    expected.want(&cache::MISSES, vec![(MANIFESTS, Is(1.0))]);
    expected.want(&cache::BUFFER_USAGE, vec![(&[("media.buffer.name", "frames")], Is(4096.0))]);
    expected.want(
        &database::OPERATION_DURATION,
        vec![
            (
                &[
                    ("db.collection.name", "jobs"),
                    ("db.namespace", "media"),
                    ("db.operation.name", "SELECT"),
                    ("db.system.name", "postgresql"),
                    ("media.outcome", "success"),
                    ("server.address", "db1"),
                    ("server.port", "5433"),
                ][..],
                Count(1),
            ),
            (
                &[
                    ("db.collection.name", "jobs"),
                    ("db.namespace", "media"),
                    ("db.operation.name", "INSERT"),
                    ("db.response.status_code", "23505"),
                    ("db.system.name", "postgresql"),
                    ("error.type", "storage_client"),
                    ("media.outcome", "failure"),
                    ("server.address", "db1"),
                    ("server.port", "5433"),
                ],
                Count(1),
            ),
            (
                &[
                    ("db.namespace", "media"),
                    ("db.operation.name", "UPDATE"),
                    ("db.response.status_code", "40P01"),
                    ("db.system.name", "postgresql"),
                    ("error.type", "storage_server"),
                    ("media.outcome", "failure"),
                    ("server.address", "db1"),
                    ("server.port", "5433"),
                ],
                Count(1),
            ),
            (
                &[
                    ("db.operation.name", "GET"),
                    ("db.system.name", "redis"),
                    ("error.type", "network"),
                    ("media.outcome", "failure"),
                ],
                Count(1),
            ),
            (&[("db.operation.name", "GET"), ("db.system.name", "redis"), ("media.outcome", "success")], Count(1)),
        ],
    );
    expected.want(
        &database::CONNECTIONS,
        vec![
            (&[("db.client.connection.pool.name", "jobs"), ("db.client.connection.state", "idle")], Is(3.0)),
            (&[("db.client.connection.pool.name", "jobs"), ("db.client.connection.state", "used")], Is(2.0)),
        ],
    );
    expected
        .want(&database::RETRIES, vec![(&[("db.system.name", "redis"), ("media.retry.reason", "network")], Is(1.0))]);
}
