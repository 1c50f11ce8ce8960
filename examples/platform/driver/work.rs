//! Uploads, and jobs of every kind.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Trace, Users, Video, again};
use crate::media::{BROKEN, DAMAGED, FILM, LONG, NO_SPEECH, SNOW, UNEVEN};

/// What is uploaded, in place of the name of a file.
const UPLOADED: &str = "";

/// The jobs of each type, one after the other.
const JOBS: [(&str, &[&str]); 7] = [
    ("transcode", &[UPLOADED, UNEVEN, BROKEN, DAMAGED, UPLOADED]),
    ("reencode", &[UPLOADED, BROKEN]),
    ("clip", &[UPLOADED, BROKEN, LONG]),
    ("thumbnail", &[UPLOADED, "not there.mp4"]),
    ("single", &["welcome.wav", "broken.wav"]),
    ("channel", &["lectures", NO_SPEECH]),
    ("convert", &["kitchen", SNOW, "kitchen/000002", "kitchen", "cellar"]),
];

/// How many jobs of each type may wait while there is much to do.
const BACKLOG: usize = 3;
/// Work comes in waves: so long there is much of it, and so long there is little.
const WAVE: Duration = Duration::from_secs(40);

const PAUSE: Duration = Duration::from_millis(300);
const BETWEEN_UPLOADS: Duration = Duration::from_secs(3);

const CAPTIONS: &str = "1\n00:00:00,000 --> 00:00:01,500\nGood morning, and welcome.\n";

/// Uploads a film now and then, with its captions.
pub(super) async fn uploads(users: Arc<Users>) -> Result<()> {
    let film = tokio::fs::read(users.films.join(FILM)).await?;
    again(BETWEEN_UPLOADS, || async {
        let title = format!("/videos?title=Film&name={FILM}&seconds=2&tenant=acme");
        let video = users.ask(users.request(Method::POST, &title).body(film.clone())).await?;
        let text = |key: &str| video[key].as_str().map(str::to_owned).context("a video without an id");
        let video = Video { id: text("id")?, file: text("file")? };
        users.ask(users.request(Method::PUT, &format!("/videos/{}/captions", video.id)).body(CAPTIONS)).await?;
        users.state().videos.push(video);
        Ok(())
    })
    .await
}

/// Keeps jobs waiting, and sees what becomes of them.
pub(super) async fn jobs(users: Arc<Users>) -> Result<()> {
    let turns = Mutex::new([0_usize; JOBS.len()]);
    again(PAUSE, || async {
        let known = users.get("/jobs").await?;
        let known = known.as_array().map_or(&[][..], Vec::as_slice);
        let waiting = look(&users, known);
        let busy = users.hurry || (users.since.elapsed().as_secs() / WAVE.as_secs()) % 2 == 0;
        for (number, (job_type, inputs)) in JOBS.into_iter().enumerate() {
            let waits = waiting.get(job_type).copied().unwrap_or_default();
            if waits >= if busy { BACKLOG } else { 1 } {
                continue;
            }
            let turn = turns.lock().unwrap_or_else(PoisonError::into_inner)[number];
            let input = match inputs[turn % inputs.len()] {
                UPLOADED => users.video()?.file,
                named => named.to_owned(),
            };
            let tenant = if turn % 2 == 0 { "demo" } else { "acme" };
            submit(&users, job_type, &input, tenant).await?;
            turns.lock().unwrap_or_else(PoisonError::into_inner)[number] += 1;
        }
        // The media worker has an interface of its own, and a queue.
        let here = json!({"type": "clip", "input": users.video()?.file});
        let own: Value = users.ask(users.client.get(format!("{}/jobs", users.worker))).await?;
        let open = own.as_array().into_iter().flatten().filter(|job| job["outcome"].is_null()).count();
        if open < if busy { BACKLOG } else { 1 } {
            users.ask(users.client.post(format!("{}/jobs", users.worker)).body(here.to_string())).await?;
        }
        Ok(())
    })
    .await
}

/// Asks for a job. The first that transcodes an upload carries a trace of ours.
async fn submit(users: &Users, job_type: &str, input: &str, tenant: &str) -> Result<()> {
    let mut request = users.request(Method::POST, "/jobs");
    let traced = job_type == "transcode" && users.state().trace.is_none();
    if traced {
        let random = || format!("{:016x}", RandomState::new().hash_one(0) | 1);
        request = request.header("traceparent", format!("00-{}{}-{}-01", random(), random(), random()));
    }
    let job = json!({"type": job_type, "input": input, "tenant": tenant});
    let accepted = users.ask(request.body(job.to_string())).await?;
    if traced {
        let text = |key: &str| accepted[key].as_str().map(str::to_owned).context("a job without an id or a trace");
        users.state().trace = Some(Trace { id: text("trace_id")?, job: text("id")? });
    }
    Ok(())
}

/// Remembers what has become of jobs, and says how many of each type wait.
fn look(users: &Users, known: &[Value]) -> BTreeMap<String, usize> {
    let mut waiting = BTreeMap::new();
    let mut jobs = BTreeMap::new();
    let mut outputs = Vec::new();
    for job in known {
        let text = |key: &str| job[key].as_str().unwrap_or_default().to_owned();
        let state = if job["outcome"].is_null() { text("state") } else { text("outcome") };
        if state == "queued" {
            *waiting.entry(text("type")).or_default() += 1;
        }
        *jobs.entry(state).or_default() += 1;
        let written = job["outputs"].as_array().into_iter().flatten();
        let here = |path: &&str| users.outputs.join(path).exists();
        outputs.extend(written.filter_map(|output| output["path"].as_str()).filter(here).map(str::to_owned));
    }
    let mut state = users.state();
    state.jobs = jobs;
    state.outputs = outputs;
    waiting
}
