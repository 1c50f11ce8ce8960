//! The jobs of one round: fed, one of them cancelled, all of them waited for.

use std::{
    hash::{BuildHasher, RandomState},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use reqwest::Url;

use crate::{
    film,
    openmetrics::Sample,
    screen::{Screen, Style, seconds},
    worker::{State, Worker},
};

/// A round that takes longer has failed.
const DEADLINE: Duration = Duration::from_secs(300);

const PAUSE: Duration = Duration::from_millis(100);

/// A job to ask for.
struct Order {
    input: &'static str,
    job_type: &'static str,
    expected: &'static str,
}

/// A job that was fed.
pub(crate) struct Job {
    pub(crate) input: &'static str,
    pub(crate) job_type: &'static str,
    /// The outcome that it should have.
    pub(crate) expected: &'static str,
    pub(crate) id: String,
    /// The span that asked for it, if one did.
    pub(crate) producer: Option<Producer>,
    pub(crate) state: State,
    /// How much film it made, in seconds, renditions added up.
    pub(crate) media_seconds: f64,
}

/// The place in a trace from which a job is asked for.
#[derive(Clone)]
pub(crate) struct Producer {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
}

const fn order(input: &'static str, job_type: &'static str, expected: &'static str) -> Order {
    Order { input, job_type, expected }
}

/// The film that takes long enough to be cancelled.
const LONG: &str = "long.mp4";

/// Films that the worker makes where its media directory is empty, and the long one. The first job is
/// cancelled, the second carries the trace context of whoever asks for it.
const ORDERS: [Order; 8] = [
    order(LONG, "transcode", "cancelled"),
    order("portrait.mp4", "transcode", "success"),
    order("landscape.mp4", "transcode", "success"),
    order("silent.mp4", "transcode", "success"),
    order("variable frame rate.mkv", "transcode", "success"),
    order("broken.mp4", "transcode", "failure"),
    order("landscape.mp4", "clip", "success"),
    order("portrait.mp4", "thumbnail", "success"),
];

impl Producer {
    fn new() -> Self {
        let random = || format!("{:016x}", RandomState::new().hash_one(0));
        Self { trace_id: random() + &random(), span_id: random() }
    }

    /// The header of W3C Trace Context: version, trace, span, and that it is sampled.
    fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace_id, self.span_id)
    }
}

/// Feeds the jobs and returns them when all are over.
pub(crate) async fn run(screen: &mut Screen, worker: &Worker, media: &Path) -> Result<Vec<Job>> {
    film::repeat(&media.join("landscape.mp4"), &media.join(LONG)).await?;
    let started = Instant::now();
    let mut jobs = Vec::new();
    for (number, order) in ORDERS.iter().enumerate() {
        let producer = (number == 1).then(Producer::new);
        let traceparent = producer.as_ref().map(Producer::traceparent);
        let id = worker.feed(order.input, order.job_type, traceparent.as_deref()).await?;
        let Order { input, job_type, expected } = *order;
        jobs.push(Job { input, job_type, expected, id, producer, state: State::default(), media_seconds: 0.0 });
        if number == 0 {
            // Alone, so that the transcode that runs is its own.
            until_it_transcodes(worker, &jobs[0].id).await?;
        }
    }
    worker.cancel(&jobs[0].id).await?;
    while jobs.iter().any(|job| job.state.outcome.is_none()) {
        for job in &mut jobs {
            if job.state.outcome.is_none() {
                job.state = worker.state(&job.id).await?;
                if job.state.outcome.is_some() {
                    job.measure().await?;
                    tell(screen, job);
                }
            }
        }
        screen.status(&progress(&jobs, &worker.scrape().await?, started.elapsed()));
        if started.elapsed() > DEADLINE {
            let late: Vec<_> = jobs.iter().filter(|job| job.state.outcome.is_none()).map(|job| job.input).collect();
            bail!("not done after {} s: {}", DEADLINE.as_secs(), late.join(", "));
        }
        tokio::time::sleep(PAUSE).await;
    }
    screen.clear();
    Ok(jobs)
}

async fn until_it_transcodes(worker: &Worker, id: &str) -> Result<()> {
    let started = Instant::now();
    while sum(&worker.scrape().await?, "media_transcode_active") < 1.0 {
        let state = worker.state(id).await?;
        if let Some(outcome) = state.outcome {
            bail!("{LONG} was to be cancelled while it is transcoded, but ended before: {outcome}");
        }
        if started.elapsed() > DEADLINE {
            bail!("{LONG} is not transcoded after {} s; its state is {}", DEADLINE.as_secs(), state.state);
        }
        tokio::time::sleep(PAUSE / 5).await;
    }
    Ok(())
}

impl Job {
    pub(crate) fn bytes(&self) -> f64 {
        self.state.outputs.iter().map(|output| output.bytes).sum()
    }

    pub(crate) fn outcome(&self) -> &str {
        self.state.outcome.as_deref().unwrap_or("none")
    }

    /// Film made in the time of the job, in times real time.
    pub(crate) fn speed(&self) -> Option<f64> {
        (self.media_seconds > 0.0 && self.state.seconds > 0.0).then(|| self.media_seconds / self.state.seconds)
    }

    async fn measure(&mut self) -> Result<()> {
        for output in &self.state.outputs {
            let file = Url::parse(&output.url)?.to_file_path().unwrap_or_default();
            if file.extension().is_some_and(|extension| extension == "mp4") {
                self.media_seconds += film::seconds(&file).await?;
            }
        }
        Ok(())
    }
}

/// How a value of `media.outcome` looks.
pub(crate) fn style(outcome: &str) -> Style {
    match outcome {
        "success" => Style::Good,
        "cancelled" => Style::Warning,
        _ => Style::Bad,
    }
}

fn tell(screen: &mut Screen, job: &Job) {
    let mark = match job.outcome() {
        "success" => "✓",
        "cancelled" => "–",
        _ => "✗",
    };
    let mark = screen.paint(style(job.outcome()), mark);
    let why = job.state.error_type.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let time = seconds(job.state.seconds);
    screen.line(format_args!("  {mark} {} of {}, {} after {time}{why}", job.job_type, job.input, job.outcome()));
}

/// What the worker does now, by its own metrics.
fn progress(jobs: &[Job], scrape: &[Sample], elapsed: Duration) -> String {
    let over = jobs.iter().filter(|job| job.state.outcome.is_some()).count();
    let running: Vec<_> = scrape
        .iter()
        .filter(|sample| sample.name == "media_transcode_active" && sample.value > 0.0)
        .filter_map(|sample| sample.labels.get("media_rendition"))
        .map(String::as_str)
        .collect();
    let now = if running.is_empty() { String::new() } else { format!("; transcoding to {}", running.join(" ")) };
    let bar: String = (0..jobs.len()).map(|at| if at < over { '█' } else { '░' }).collect();
    let frames = sum(scrape, "media_transcode_frames_total");
    format!("  {bar} {over} of {} jobs, {} s; {frames:.0} frames made{now}", jobs.len(), elapsed.as_secs())
}

/// All series of a metric added up.
pub(crate) fn sum(scrape: &[Sample], name: &str) -> f64 {
    scrape.iter().filter(|sample| sample.name == name).map(|sample| sample.value).sum()
}
