//! For those who run the platform, and for demonstrations. Keep it from the public: it asks for no password.
//!
//! | request | answer |
//! |---|---|
//! | `GET /admin/faults` | `{"database": "none"}` |
//! | `POST /admin/faults` `{"database": "slow", "seconds": 5}` | 200 and what is in force: `none`, `slow` or `down` |
//! | `POST /admin/reconcile` | 200 and what a scan of the outputs found; 500 where it did not see all |
//!
//! A fault of the database is a real one: another connection takes the lock that all need, for most of the time
//! (`slow`) or all of it (`down`). Operations last longer, reads are tried again, and then requests are answered 503.
//! It ends by itself: after 10 s, unless said, and after 120 s at the latest.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use crate::answer::{Answer, Refusal};
use crate::app::App;
use crate::body::Body;
use crate::database;
use crate::database::lock::{Fault, LONGEST};

#[derive(Deserialize)]
struct Faults {
    database: Fault,
    seconds: Option<f64>,
}

/// How long a fault lasts unless it is said.
const LASTS: Duration = Duration::from_secs(10);

pub fn router() -> Router<App> {
    Router::new().route("/admin/faults", get(faults).post(set_faults)).route("/admin/reconcile", post(reconcile))
}

async fn faults(State(app): State<App>) -> Answer {
    Ok(Json(json!({"database": app.lock.fault()})).into_response())
}

async fn set_faults(State(app): State<App>, Body(Faults { database, seconds }): Body<Faults>) -> Answer {
    let lasts = seconds.map_or(Ok(LASTS), Duration::try_from_secs_f64);
    let lasts = lasts.map_err(|_| Refusal::BadRequest("seconds is no length of time".to_owned()))?;
    app.lock.set(database, lasts).map_err(database::Error::from)?;
    tracing::warn!("the database's fault, on purpose: {database:?}, for {:?}", lasts.min(LONGEST));
    Ok(Json(json!({"database": database, "seconds": lasts.min(LONGEST).as_secs_f64()})).into_response())
}

async fn reconcile(State(app): State<App>) -> Answer {
    Ok(match app.usage.reconcile(&app.source).await {
        Ok(found) => {
            Json(json!({"bytes": found.bytes, "objects": found.objects, "drift": found.drift})).into_response()
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the outputs were not scanned");
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"error": error.to_string()}))).into_response()
        }
    })
}
