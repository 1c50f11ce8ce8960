//! The chain from a number to what made it: gathered from every part, and judged link by link.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::Value;
use telecine_parts::Received;

use crate::{
    exits,
    jobs::{Job, Producer, sum},
    openmetrics::{Exemplar, Sample},
    otlp::{self, Point, PointValue, Record, Series, Span},
    parts::Parts,
    screen::seconds,
    worker::Worker,
};

/// How long the parts may take to agree, once all jobs are over.
const DEADLINE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(200);

const BUCKET: &str = "media_transcode_duration_seconds_bucket";

/// The gauges of what is in flight.
const IN_FLIGHT: [&str; 4] =
    ["media_job_active", "media_transcode_active", "media_upload_active", "media_upload_pending"];

/// What all parts know of the round.
pub(crate) struct Evidence {
    scrape: Vec<Sample>,
    /// `media_job_created_total` by type of job, as Prometheus has it.
    created: BTreeMap<String, f64>,
    /// What Prometheus' `query_exemplars` says of the buckets.
    stored: Vec<Value>,
    spans: Vec<Span>,
    points: BTreeMap<Series, Point>,
    records: Vec<Record>,
    log: Vec<Value>,
}

/// The slowest transcode that an exemplar tells of.
pub(crate) struct Slowest<'a> {
    pub(crate) bucket: &'a Sample,
    pub(crate) exemplar: &'a Exemplar,
}

/// A link of the chain: what was found, or what was missing.
pub(crate) struct Link {
    pub(crate) name: &'static str,
    pub(crate) found: Result<String, String>,
}

/// Looks until every link is found, or [`DEADLINE`] is over.
pub(crate) async fn examine(parts: &Parts, worker: &Worker, log: &Path, jobs: &[Job]) -> Result<(Evidence, Vec<Link>)> {
    let started = Instant::now();
    loop {
        let evidence = Evidence::gather(parts, worker, log).await?;
        let links = evidence.links(jobs);
        if links.iter().all(|link| link.found.is_ok()) || started.elapsed() > DEADLINE {
            return Ok((evidence, links));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Evidence {
    async fn gather(parts: &Parts, worker: &Worker, log: &Path) -> Result<Self> {
        let prometheus = parts.prometheus.as_ref().context("Prometheus does not run")?;
        let collector = parts.collector.as_ref().context("the collector does not run")?;
        let created = prometheus.query("sum by (media_job_type) (media_job_created_total)").await?;
        let created = created.iter().filter_map(|series| {
            let value = series["value"][1].as_str()?.parse().ok()?;
            Some((series["metric"]["media_job_type"].as_str()?.to_owned(), value))
        });
        Ok(Self {
            scrape: worker.scrape().await?,
            created: created.collect(),
            stored: prometheus.query_exemplars(BUCKET).await?,
            spans: otlp::spans(&collector.received(Received::Traces)?),
            points: otlp::points(&collector.received(Received::Metrics)?),
            records: otlp::records(&collector.received(Received::Logs)?),
            log: std::fs::read_to_string(log)?.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
        })
    }

    pub(crate) fn slowest(&self) -> Option<Slowest<'_>> {
        self.scrape
            .iter()
            .filter(|sample| sample.name == BUCKET)
            .filter(|sample| sample.labels.get("media_outcome").is_some_and(|outcome| outcome == "success"))
            .filter_map(|bucket| Some(Slowest { bucket, exemplar: bucket.exemplar.as_ref()? }))
            .max_by(|a, b| a.exemplar.value.total_cmp(&b.exemplar.value))
    }

    /// The spans of a trace, in the order of their start.
    pub(crate) fn trace(&self, trace_id: &str) -> Vec<&Span> {
        let mut spans: Vec<_> = self.spans.iter().filter(|span| span.trace_id == trace_id).collect();
        spans.sort_by_key(|span| (span.start, u64::MAX - span.end));
        spans
    }

    /// The log lines that were written in a trace.
    pub(crate) fn lines(&self, trace_id: &str) -> Vec<&Value> {
        self.log.iter().filter(|line| line["trace_id"] == trace_id).collect()
    }

    /// The exemplar as Prometheus stored it.
    pub(crate) fn stored(&self, exemplar: &Exemplar) -> Option<&Value> {
        let same = |stored: &Value| {
            stored["labels"]["trace_id"] == *exemplar.trace_id
                && stored["labels"]["span_id"] == *exemplar.span_id
                && stored["value"].as_str().and_then(|value| value.parse().ok()) == Some(exemplar.value)
        };
        self.stored.iter().filter_map(|series| series["exemplars"].as_array()).flatten().find(|stored| same(stored))
    }

    fn links(&self, jobs: &[Job]) -> Vec<Link> {
        let slowest = self.slowest();
        let with = |judge: &dyn Fn(&Slowest<'_>) -> Result<String, String>| match &slowest {
            Some(slowest) => judge(slowest),
            None => Err("there is no exemplar to follow".to_owned()),
        };
        [
            ("outcomes", self.outcomes(jobs)),
            ("counter", self.counter(jobs)),
            ("histogram bucket", self.bucket()),
            ("exemplar", with(&|slowest| self.exemplar(slowest))),
            ("trace id", with(&|slowest| trace_id(slowest, jobs))),
            ("spans", with(&|slowest| self.tree(slowest))),
            ("producer's span", self.producers(jobs)),
            ("log lines", with(&|slowest| self.logs(slowest))),
            ("both exits agree", with(&|slowest| self.exits(slowest))),
            ("nothing in flight", self.in_flight()),
        ]
        .map(|(name, found)| Link { name, found })
        .into()
    }

    fn outcomes(&self, jobs: &[Job]) -> Result<String, String> {
        let unexpected = jobs.iter().find(|job| job.outcome() != job.expected);
        if let Some(job) = unexpected {
            let Job { job_type, input, expected, .. } = job;
            return Err(format!("the {job_type} of {input} is {}, not {expected}", job.outcome()));
        }
        let mut found = Vec::new();
        for outcome in ["success", "failure", "cancelled"] {
            let count = jobs.iter().filter(|job| job.outcome() == outcome).count();
            let measured = self.scrape.iter().filter(|sample| {
                sample.name == "media_job_duration_seconds_count"
                    && sample.labels.get("media_outcome").is_some_and(|measured| measured == outcome)
            });
            let measured: f64 = measured.map(|sample| sample.value).sum();
            if measured != count as f64 {
                return Err(format!("{count} jobs are {outcome}, but media_job_duration_seconds_count is {measured}"));
            }
            found.push(format!("{count} {outcome}"));
        }
        Ok(format!("{}, also by media_job_duration_seconds_count", found.join(", ")))
    }

    fn counter(&self, jobs: &[Job]) -> Result<String, String> {
        let mut fed: BTreeMap<String, f64> = BTreeMap::new();
        for job in jobs {
            *fed.entry(job.job_type.to_owned()).or_default() += 1.0;
        }
        let list = |counts: &BTreeMap<String, f64>| {
            counts.iter().map(|(of, count)| format!("{count} {of}")).collect::<Vec<_>>().join(", ")
        };
        let created: BTreeMap<_, _> =
            self.created.iter().filter(|(_, count)| **count > 0.0).map(|(of, count)| (of.clone(), *count)).collect();
        if created == fed {
            Ok(format!("media_job_created_total in Prometheus: {}", list(&created)))
        } else {
            Err(format!("fed were {}, but Prometheus has {}", list(&fed), list(&created)))
        }
    }

    fn bucket(&self) -> Result<String, String> {
        let Some(Slowest { bucket, .. }) = self.slowest() else {
            let count = self.scrape.iter().filter(|sample| sample.name == BUCKET).count();
            return Err(format!("of {count} samples of {BUCKET}, none has an exemplar of a success"));
        };
        let label = |name| bucket.labels.get(name).map_or("", String::as_str);
        Ok(format!("transcodes to {} that took up to {} s: {}", label("media_rendition"), label("le"), bucket.value))
    }

    fn exemplar(&self, slowest: &Slowest<'_>) -> Result<String, String> {
        let value = seconds(slowest.exemplar.value);
        self.stored(slowest.exemplar)
            .map(|_| format!("{value}, in the scrape and in Prometheus"))
            .ok_or_else(|| format!("{value} in the scrape, but Prometheus' query_exemplars does not have it"))
    }

    fn tree(&self, slowest: &Slowest<'_>) -> Result<String, String> {
        let spans = self.trace(&slowest.exemplar.trace_id);
        let by_id = |id: &str| spans.iter().find(|span| span.span_id == id);
        let measured = by_id(&slowest.exemplar.span_id)
            .ok_or(format!("the collector has {} spans of the trace, not the exemplar's", spans.len()))?;
        if measured.name != "transcode" {
            return Err(format!("the exemplar's span is not a transcode but {}", measured.name));
        }
        for name in ["transcode", "upload"] {
            let mut of_that_name = spans.iter().filter(|span| span.name == name).peekable();
            if of_that_name.peek().is_none() {
                return Err(format!("the trace has no span {name}"));
            }
            if let Some(stray) = of_that_name.find(|span| !ancestors(&spans, span).any(|above| above.name == "job")) {
                return Err(format!("the span {name} {} is not below a job", stray.span_id));
            }
        }
        Ok(format!("{} at the collector, transcodes and uploads below their job", spans.len()))
    }

    fn producers(&self, jobs: &[Job]) -> Result<String, String> {
        for (job, producer) in jobs.iter().filter_map(|job| Some((job, job.producer.as_ref()?))) {
            let Producer { trace_id, span_id } = producer;
            let spans = self.trace(trace_id);
            let span = spans
                .iter()
                .find(|span| span.name == "job")
                .ok_or_else(|| format!("{} was asked for in trace {trace_id}, which has no job", job.input))?;
            let top = ancestors(&spans, span).last().unwrap_or(span);
            if top.parent_id != *span_id {
                return Err(format!("the parent of {} is {:?}, not {span_id}", top.name, top.parent_id));
            }
        }
        Ok("a job that came with a traceparent is in the trace of whoever asked for it".to_owned())
    }

    fn logs(&self, slowest: &Slowest<'_>) -> Result<String, String> {
        let lines = self.lines(&slowest.exemplar.trace_id).len();
        let records = self.records.iter().filter(|record| record.trace_id == slowest.exemplar.trace_id).count();
        let found = format!("{lines} in the worker's log, {records} at the collector");
        if lines > 0 && records == lines { Ok(found) } else { Err(format!("with that trace id: {found}")) }
    }

    fn exits(&self, slowest: &Slowest<'_>) -> Result<String, String> {
        let compared = exits::compare(&self.scrape, &self.points)?;
        let kept = self.points.values().any(|point| match &point.value {
            PointValue::Histogram { exemplars, .. } => exemplars.contains(slowest.exemplar),
            _ => false,
        });
        if kept {
            Ok(format!("{compared} numbers and the exemplar are the same by scrape and by OTLP"))
        } else {
            Err("the collector did not get the exemplar".to_owned())
        }
    }

    fn in_flight(&self) -> Result<String, String> {
        let left: Vec<_> = IN_FLIGHT
            .iter()
            .map(|name| (name, sum(&self.scrape, name)))
            .filter(|(_, value)| *value != 0.0)
            .map(|(name, value)| format!("{name} is {value}"))
            .collect();
        if left.is_empty() { Ok("jobs, transcodes and uploads are at 0".to_owned()) } else { Err(left.join(", ")) }
    }
}

/// The spans above a span, the nearest first.
fn ancestors<'a>(spans: &'a [&'a Span], of: &'a Span) -> impl Iterator<Item = &'a Span> {
    let above = |span: &&Span| {
        let parent = span.parent_id.clone();
        spans.iter().copied().find(|other| other.span_id == parent)
    };
    std::iter::successors(above(&of), above)
}

fn trace_id(slowest: &Slowest<'_>, jobs: &[Job]) -> Result<String, String> {
    let id = &slowest.exemplar.trace_id;
    jobs.iter()
        .find(|job| job.state.trace_id == *id)
        .map(|job| format!("{id}, the {} of {}", job.job_type, job.input))
        .ok_or_else(|| format!("no job has {id}"))
}
