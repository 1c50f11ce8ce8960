//! The tables.

use rusqlite::Connection;

/// Times are seconds since 1970.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS videos (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    file TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    seconds REAL,
    status TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS captions (
    video TEXT PRIMARY KEY REFERENCES videos (id),
    cues TEXT NOT NULL
);
CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5 (video UNINDEXED, title, words);
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    input TEXT NOT NULL,
    tenant TEXT NOT NULL,
    state TEXT NOT NULL,
    context TEXT NOT NULL,
    trace_id TEXT,
    worker TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    created REAL NOT NULL,
    -- Not before then.
    available REAL NOT NULL,
    started REAL,
    -- When its worker was last heard of.
    heard REAL,
    ended REAL,
    outcome TEXT,
    error_type TEXT,
    outputs TEXT NOT NULL DEFAULT '[]',
    bytes INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS jobs_waiting ON jobs (state, type, available);
CREATE INDEX IF NOT EXISTS jobs_tenant ON jobs (tenant);
";

pub(super) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)
}
