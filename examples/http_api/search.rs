//! `GET /search?q=…&backend=…`: videos by their title and by what is said in them.
//!
//! The index of full texts answers (`fts5`), or a scan of all titles and captions (`scan`): where it is asked for, and
//! where the query is no word that an index could have.

use axum::extract::{Query, State};
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Json, Router};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{Answer, Refusal};
use crate::app::App;
use crate::database::Statement;

#[derive(Deserialize)]
struct Search {
    q: String,
    backend: Option<String>,
}

#[derive(Serialize)]
struct Found {
    video: String,
    title: String,
}

const BY_INDEX: Statement =
    Statement::new("SELECT", "search", "SELECT video, title FROM search WHERE search MATCH ?1 ORDER BY rank LIMIT 20");
const BY_SCAN: Statement = Statement::new(
    "SELECT",
    "search",
    "SELECT video, title FROM search WHERE instr(lower(title), lower(?1)) OR instr(lower(words), lower(?1)) LIMIT 20",
);

pub fn router() -> Router<App> {
    Router::new().route("/search", get(search))
}

async fn search(State(app): State<App>, Query(Search { q, backend }): Query<Search>) -> Answer {
    let words: Vec<_> = q.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if q.trim().is_empty() || q.len() > 200 {
        return Err(Refusal::BadRequest("q is empty, or longer than 200 bytes".to_owned()));
    }
    let (backend, statement, query) = match backend.as_deref() {
        None | Some("fts5") if !words.is_empty() => {
            let terms: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
            ("fts5", BY_INDEX, terms.join(" "))
        }
        None | Some("fts5" | "scan") => ("scan", BY_SCAN, q.clone()),
        Some(other) => return Err(Refusal::BadRequest(format!("{other:?} is no backend: fts5 or scan"))),
    };
    let found = app.database.read(statement, move |connection, sql| {
        let read = |row: &Row<'_>| Ok(Found { video: row.get(0)?, title: row.get(1)? });
        let mut statement = connection.prepare(sql)?;
        statement.query_map(params![query], read)?.collect::<Result<Vec<_>, _>>()
    });
    let found = found.await?;
    app.own.searched(backend);
    Ok(Json(json!({"backend": backend, "found": found})).into_response())
}
