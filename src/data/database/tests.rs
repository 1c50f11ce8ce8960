use std::cell::RefCell;
use std::io;
use std::time::Duration;

use super::text::without_literals;
use super::{code, *};
use crate::data::Data;
use crate::operation::Classified;

fn text(system: &str, sql: &str) -> String {
    without_literals(system, sql).unwrap_or_default()
}

#[test]
fn literals_of_a_query_are_replaced_and_what_names_things_stays() {
    for (sql, clean) in [
        (
            "SELECT id FROM jobs WHERE state = 'queued' AND size > 42",
            "SELECT id FROM jobs WHERE state = ? AND size > ?",
        ),
        ("SELECT $1, $2::int8, :name, @p1, ?", "SELECT $1, $2::int8, :name, @p1, ?"),
        ("SELECT t1.a2 FROM t1", "SELECT t1.a2 FROM t1"),
        ("SELECT 1.5e-3, -7, 0xff, 1_000", "SELECT ?, -?, ?, ?"),
        ("VALUES ('it''s', E'a\\'b', N'x', X'ff', B'01', U&'d')", "VALUES (?, ?, ?, ?, ?, U&?)"),
        ("SELECT $$secret$$, $tag$it's $$ here$tag$, 1", "SELECT ?, ?, ?"),
        ("SELECT 1 -- secret\nFROM jobs", "SELECT ?  \nFROM jobs"),
        ("SELECT /* a /* nested */ secret */ 1", "SELECT   ?"),
        ("SELECT \"Id\" FROM \"Jobs\"", "SELECT \"Id\" FROM \"Jobs\""),
        ("SELECT 'ключ', ключ", "SELECT ?, ключ"),
        ("", ""),
    ] {
        assert_eq!(text("postgresql", sql), clean);
    }
    assert_eq!(text("mysql", "SELECT \"secret\", `it's`, 5--1 # secret\n"), "SELECT ?, `it's`, ?--?  \n");
    assert_eq!(text("sqlite", "SELECT \"secret\", [it's], 1"), "SELECT ?, [it's], ?");
}

/// Where settings of the server or another product's rules would end a literal elsewhere.
#[test]
fn what_may_be_a_literal_is_one() {
    for (system, sql) in [
        ("postgresql", r"SELECT 'C:\', 'secret'"),
        ("postgresql", r"SELECT E'\'', 'secret'"),
        ("postgresql", r"SELECT E'\\', 'secret'"),
        ("mysql", r"SELECT 'C:\', 'secret'"),
        ("mysql", r"SELECT 'it\'s', 'secret'"),
        ("mysql", "SELECT $$, 'a $$ secret'"),
        ("mysql", "SELECT 5--'1\nsecret'"),
        ("mysql", "SELECT /* /* */ '*/ secret'"),
        ("sqlite", "SELECT [it's], 'secret'"),
        ("sqlite", "SELECT `it's`, 'secret'"),
        ("sqlite", "SELECT 'it''s', 'secret'"),
        ("microsoft.sql_server", "SELECT [a]]'s], 'secret'"),
        ("microsoft.sql_server", "SELECT /* /* */ ' */ 'secret'"),
    ] {
        assert!(!text(system, sql).contains("secret"), "{sql}: {}", text(system, sql));
    }
}

#[test]
fn what_is_not_closed_is_literal_to_its_end() {
    for sql in [
        "SELECT 'secret",
        "SELECT 'a\\'secret",
        "SELECT E'a\\'secret",
        "SELECT $$secret",
        "SELECT $a$secret$b$",
        "SELECT /* secret",
        "-- secret",
    ] {
        assert!(!text("postgresql", sql).contains("secret"), "{sql}");
    }
    for odd in ["$", "$$", "'", "\"", "/*", "/**/", "-", "$1$", "E'", "[", "`", "é'", "0", "\\", "'\\"] {
        for system in ["postgresql", "mysql", "sqlite", "microsoft.sql_server"] {
            text(system, odd);
        }
    }
}

#[test]
fn no_text_is_kept_of_what_is_not_sql_nor_of_more_than_a_page() {
    assert_eq!(without_literals("redis", "SET session secret"), None);
    let long = format!("SELECT {}", "é, ".repeat(5000));
    assert!(text("postgresql", &long).len() <= 2048);
}

#[test]
fn a_code_has_the_type_that_says_who_acts() {
    use ErrorType as E;
    for (system, code, error_type) in [
        ("postgresql", "08006", E::Network),
        ("postgresql", "57P01", E::Network),
        ("postgresql", "57014", E::Timeout),
        ("postgresql", "53300", E::Throttled),
        ("postgresql", "53100", E::DiskFull),
        ("postgresql", "53200", E::OutOfMemory),
        ("postgresql", "28P01", E::Permission),
        ("postgresql", "42501", E::Permission),
        ("postgresql", "40P01", E::StorageServer),
        ("postgresql", "XX000", E::StorageServer),
        ("postgresql", "23505", E::StorageClient),
        ("mysql", "42S02", E::StorageClient),
        ("mysql", "é", E::StorageClient),
        ("sqlite", "5", E::Timeout),
        ("sqlite", "261", E::Timeout),
        ("sqlite", "13", E::DiskFull),
        ("sqlite", "2067", E::StorageClient),
        ("sqlite", "778", E::StorageServer),
        ("redis", "LOADING", E::Throttled),
        ("redis", "MISCONF", E::DiskFull),
        ("redis", "NOAUTH", E::Permission),
        ("redis", "WRONGTYPE", E::StorageClient),
    ] {
        assert_eq!(code::error_type(system, code), error_type, "{system} {code}");
    }
}

#[test]
fn the_type_of_an_error_is_that_of_the_first_who_knows_it() {
    let database = |instruments| Data::new(instruments).database("postgresql");
    let plain = database(&Instruments::noop());
    let type_of = |error: io::Error| plain.error_type(&error);
    assert_eq!(type_of(io::ErrorKind::ConnectionRefused.into()), ErrorType::Network);
    // A stream that was cut off, a socket that is not there.
    assert_eq!(type_of(io::ErrorKind::UnexpectedEof.into()), ErrorType::Network);
    assert_eq!(type_of(io::ErrorKind::NotFound.into()), ErrorType::Network);
    assert_eq!(type_of(io::ErrorKind::TimedOut.into()), ErrorType::Timeout);
    assert_eq!(type_of(io::ErrorKind::InvalidData.into()), ErrorType::Other);
    assert_eq!(type_of(io::Error::other("who knows")), ErrorType::Other);
    assert_eq!(type_of(io::Error::other(io::Error::from(io::ErrorKind::UnexpectedEof))), ErrorType::Network);

    // What the client's error tells, found at any depth; and what the program knows better.
    let read = plain.faults(|error| error.to_string().strip_prefix("code ").map(Fault::code));
    assert_eq!(read.error_type(&io::Error::other("code 40P01")), ErrorType::StorageServer);
    assert_eq!(read.error_type(&io::Error::other(io::Error::other("code 23505"))), ErrorType::StorageClient);
    let known = Classified::new(ErrorType::InputInvalid, "code 23505");
    assert_eq!(read.error_type(&known), ErrorType::InputInvalid);
}

#[tokio::test]
async fn pauses_double_up_to_the_longest_and_are_not_all_alike() {
    let slept = RefCell::new(Vec::new());
    let retry = Retry::new(async |pause| slept.borrow_mut().push(pause))
        .attempts(6)
        .pauses(Duration::from_millis(100), Duration::from_millis(450));
    let database = Data::new(&Instruments::noop()).database("postgresql");
    let gone = async || Err::<(), _>(io::Error::from(io::ErrorKind::ConnectionReset));
    database.operation("SELECT").retry(&retry, gone).await.unwrap_err();
    let slept = slept.into_inner();
    assert_eq!(slept.len(), 5);
    for (pause, full) in slept.iter().zip([100, 200, 400, 450, 450]) {
        let full = Duration::from_millis(full);
        assert!((full / 2..=full).contains(pause), "{slept:?}");
    }
    assert_ne!(slept[3], slept[4]);

    // Nothing overflows, and one attempt is made at least.
    let asked = RefCell::new(0);
    let endless = Retry::new(async |_| *asked.borrow_mut() += 1).pauses(Duration::MAX, Duration::MAX).attempts(40);
    database.operation("SELECT").retry(&endless, gone).await.unwrap_err();
    assert_eq!(*asked.borrow(), 39);
    database.operation("SELECT").retry(&endless.attempts(0), gone).await.unwrap_err();
    assert_eq!(*asked.borrow(), 39);
}
