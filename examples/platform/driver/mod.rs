//! The platform's users, and what befalls it: until this is dropped.
//!
//! - [`work`]: uploads and jobs of every kind, good, slow and bad
//! - [`viewers`]: players, searches, exports, streams, and those who ask for what is not there
//! - [`faults`]: a database that is locked, a Redis that is gone, workers that vanish, engines that are killed

mod faults;
mod viewers;
mod work;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use telecine_parts::Redis;
use tokio::task::JoinHandle;

use crate::parts::{Folder, Parts};

/// Everybody who uses the platform. They stop when it is dropped.
pub(crate) struct Driver {
    pub(crate) client: Client,
    users: Arc<Users>,
    loops: Vec<JoinHandle<Result<()>>>,
}

/// What they share.
struct Users {
    client: Client,
    api: String,
    worker: String,
    films: std::path::PathBuf,
    outputs: std::path::PathBuf,
    /// The media worker's process: its children are ffmpegs.
    encoder: Option<u32>,
    redis: Option<Arc<tokio::sync::Mutex<Redis>>>,
    /// Whether work never pauses.
    hurry: bool,
    since: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What befalls the platform now.
    fault: Option<&'static str>,
    /// How many answers there were, by the first digit of their status.
    answers: BTreeMap<u16, u64>,
    /// The jobs that are known, by what has become of them.
    jobs: BTreeMap<String, usize>,
    /// Videos that were uploaded, by id; the newest is last.
    videos: Vec<Video>,
    /// Paths of what jobs have written, the newest first.
    outputs: Vec<String>,
    /// The trace that begins with a request of ours.
    trace: Option<Trace>,
}

#[derive(Clone)]
struct Video {
    id: String,
    file: String,
}

/// A job's trace, asked for by a request that names it.
#[derive(Clone)]
pub(crate) struct Trace {
    pub(crate) id: String,
    pub(crate) job: String,
}

impl Driver {
    /// Lets them begin. In a `hurry` there is always work that waits.
    pub(crate) fn start(parts: &Parts, folder: &Folder, hurry: bool) -> Self {
        let client = telecine_parts::http();
        let users = Arc::new(Users {
            client: client.clone(),
            api: format!("http://{}", parts.api()),
            worker: format!("http://{}", parts.worker()),
            films: folder.films(),
            outputs: folder.outputs(),
            encoder: parts.program("media_worker").map(|program| program.process.id()),
            redis: parts.redis.clone(),
            hurry,
            since: Instant::now(),
            state: Mutex::default(),
        });
        let of = || Arc::clone(&users);
        let loops = vec![
            tokio::spawn(work::uploads(of())),
            tokio::spawn(work::jobs(of())),
            tokio::spawn(viewers::players(of())),
            tokio::spawn(viewers::readers(of())),
            tokio::spawn(viewers::strangers(of())),
            tokio::spawn(faults::of_the_database(of())),
            tokio::spawn(faults::of_the_cache(of())),
            tokio::spawn(faults::of_workers(of())),
            tokio::spawn(faults::of_ffmpeg(of())),
        ];
        Self { client, users, loops }
    }

    /// Fails where one of them cannot go on, and says why.
    pub(crate) async fn still_drives(&mut self) -> Result<()> {
        for users in self.loops.iter_mut().filter(|users| users.is_finished()) {
            users.await.context("the driver")?.context("the driver cannot go on")?;
        }
        Ok(())
    }

    /// A trace to be found at the collector.
    pub(crate) fn trace(&self) -> Option<Trace> {
        self.users.state().trace.clone()
    }

    /// What goes on, in few words.
    pub(crate) fn says(&self) -> String {
        let state = self.users.state();
        let jobs = |name: &str| state.jobs.get(name).copied().unwrap_or_default();
        let answers = |class: u16| state.answers.get(&class).copied().unwrap_or_default();
        let fault = state.fault.map(|fault| format!("; {fault}")).unwrap_or_default();
        format!(
            "{} wait, {} run, {} ok, {} failed{fault}; {} requests, {} refused",
            jobs("queued"),
            jobs("running"),
            jobs("success"),
            jobs("failure") + jobs("killed") + jobs("timeout"),
            state.answers.values().sum::<u64>(),
            answers(4) + answers(5),
        )
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.loops.iter().for_each(JoinHandle::abort);
    }
}

impl Users {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.api))
    }

    /// Sends a request and counts its answer, whatever it is.
    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await?;
        *self.state().answers.entry(response.status().as_u16() / 100).or_default() += 1;
        Ok(response)
    }

    /// What is answered, where it is good.
    async fn ask(&self, request: RequestBuilder) -> Result<Value> {
        let response = self.send(request).await?.error_for_status()?;
        let text = response.text().await?;
        if text.is_empty() { Ok(Value::Null) } else { serde_json::from_str(&text).context("an answer") }
    }

    async fn get(&self, path: &str) -> Result<Value> {
        self.ask(self.request(Method::GET, path)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.ask(self.request(Method::POST, path).body(body.to_string())).await
    }

    /// The newest video, once there is one.
    fn video(&self) -> Result<Video> {
        self.state().videos.last().cloned().ok_or_else(|| anyhow!("there is no video yet"))
    }

    fn befalls(&self, fault: Option<&'static str>) {
        self.state().fault = fault;
    }

    /// Waits until something is so that can be asked for.
    async fn until<Answer>(&self, what: &str, mut is_so: impl FnMut() -> Answer) -> Result<()>
    where
        Answer: Future<Output = bool>,
    {
        telecine_parts::eventually(what, || {
            let answer = is_so();
            async move { answer.await.then_some(()) }
        })
        .await
        .map_err(Into::into)
    }
}

/// How soon a round is begun again that failed, as it does while something befalls the platform.
const SOON: Duration = Duration::from_secs(1);

/// Does something again and again, with a pause after each round.
async fn again<Round>(pause: Duration, mut round: impl FnMut() -> Round) -> Result<()>
where
    Round: Future<Output = Result<()>>,
{
    loop {
        // What was refused is counted where it was sent.
        let pause = if round().await.is_ok() { pause } else { pause.min(SOON) };
        tokio::time::sleep(pause).await;
    }
}
