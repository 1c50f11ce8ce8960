//! The platform's API is played by a page of code: it gives out jobs, and writes down what it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use telecine_parts::eventually;

use crate::program::{Folders, Program};

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

#[derive(Clone, Default)]
struct Api {
    waiting: Arc<Mutex<VecDeque<Value>>>,
    told: Arc<Mutex<Vec<Value>>>,
}

impl Api {
    /// Has these jobs to give out: their types, and their inputs.
    async fn start(jobs: &[(&str, &str)]) -> (Self, String) {
        let api = Self::default();
        let given = |(number, (job_type, input)): (usize, &(&str, &str))| {
            json!({
                "id": format!("job-{number}"), "type": job_type, "input": input, "attempt": 1,
                "max_attempts": 2, "waited_seconds": 0.5,
                "traceparent": format!("00-{TRACE_ID}-b7ad6b7169203331-01"),
                "context": {"traceparent": format!("00-{TRACE_ID}-b7ad6b7169203331-01")},
            })
        };
        api.waiting.lock().unwrap().extend(jobs.iter().enumerate().map(given));
        let router = Router::new()
            .route("/worker/claim", post(Self::claim))
            .route("/worker/jobs/{id}/end", post(Self::end))
            .fallback(|| async { StatusCode::NO_CONTENT })
            .with_state(api.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        (api, url)
    }

    async fn claim(State(api): State<Self>, Json(asked): Json<Value>) -> Response {
        let mut waiting = api.waiting.lock().unwrap();
        let types = asked["types"].as_array().unwrap();
        let next = waiting.iter().position(|job| types.contains(&job["type"]));
        match next.and_then(|place| waiting.remove(place)) {
            Some(job) => Json(job).into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        }
    }

    async fn end(State(api): State<Self>, Path(id): Path<String>, Json(mut ended): Json<Value>) -> StatusCode {
        ended["id"] = id.into();
        api.told.lock().unwrap().push(ended);
        StatusCode::NO_CONTENT
    }

    /// Waits until a job has ended, and returns what is said of it.
    async fn until_ended(&self, id: &str, program: &Program) -> Value {
        let ended = || async { self.told.lock().unwrap().iter().find(|ended| ended["id"] == id).cloned() };
        let ended = eventually("the job's end", ended).await;
        ended.unwrap_or_else(|error| panic!("{error}\n{}", program.process.output()))
    }
}

#[tokio::test]
async fn speech_is_transcribed() {
    let jobs =
        [("convert", "kitchen"), ("single", "welcome.wav"), ("single", "../secret.wav"), ("channel", "lectures")];
    let (api, url) = Api::start(&jobs).await;
    let mut program = start("transcriber", &url).await;
    let ended = api.until_ended("job-1", &program).await;
    assert_eq!(ended["outcome"], "success", "{ended:#}");
    assert_eq!(ended["worker"], "worker-7");
    assert_eq!(ended["trace_id"], TRACE_ID);
    let published = |extension: &str| format!("jobs/job-1/welcome.wav.{extension}");
    for (output, extension) in ended["outputs"].as_array().unwrap().iter().zip(["srt", "vtt", "json"]) {
        assert_eq!(output["path"], published(extension));
        let file = program.folders().store().join(published(extension));
        assert_eq!(output["bytes"], std::fs::metadata(file).unwrap().len());
    }
    let refused = api.until_ended("job-2", &program).await;
    assert_eq!((&refused["outcome"], &refused["error_type"]), (&json!("failure"), &json!("input_invalid")));
    assert_eq!(api.until_ended("job-3", &program).await["outcome"], "success");
    // Nobody here takes it.
    assert_eq!(api.waiting.lock().unwrap().len(), 1);
    assert!(program.process.stop().await.unwrap().success(), "{}", program.process.output());
}

#[tokio::test]
async fn frames_are_converted() {
    let (api, url) = Api::start(&[("convert", "kitchen"), ("convert", "kitchen/000002"), ("convert", "cellar")]).await;
    let mut program = start("converter", &url).await;
    let ended = api.until_ended("job-0", &program).await;
    assert_eq!(ended["outcome"], "success", "{ended:#}");
    assert_eq!(ended["trace_id"], TRACE_ID);
    // Two videos of each of three episodes, and the index.
    assert_eq!(ended["outputs"].as_array().unwrap().len(), 7);
    for (id, error_type) in [("job-1", "input_invalid"), ("job-2", "input_missing")] {
        let ended = api.until_ended(id, &program).await;
        assert_eq!((&ended["outcome"], &ended["error_type"]), (&json!("failure"), &json!(error_type)));
    }
    assert!(program.process.stop().await.unwrap().success(), "{}", program.process.output());
}

async fn start(example: &str, url: &str) -> Program {
    let folders = Folders::new();
    let mut command = folders.command_with_store(example);
    command.args(["--make", "--api", url, "--name", "worker-7"]);
    Program::start(folders, command).await
}
