//! The worker as its clients see it: jobs by HTTP, and what it serves to Prometheus.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use telecine_parts::http;

use crate::{
    openmetrics::{self, Sample},
    parts::Addresses,
};

pub(crate) struct Worker {
    client: Client,
    jobs: String,
    metrics: String,
}

/// A job as the worker tells of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Where it stands while it has no outcome.
    pub(crate) state: String,
    pub(crate) outcome: Option<String>,
    pub(crate) error_type: Option<String>,
    pub(crate) trace_id: String,
    pub(crate) outputs: Vec<Output>,
    pub(crate) attempts: u64,
    pub(crate) seconds: f64,
}

/// A file that it made.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) url: String,
    pub(crate) bytes: f64,
}

impl Worker {
    pub(crate) fn new(addresses: &Addresses) -> Self {
        Self {
            client: http(),
            jobs: format!("http://{}/jobs", addresses.jobs),
            metrics: format!("http://{}/metrics", addresses.metrics),
        }
    }

    /// Asks for a job, again when the queue is full. Returns its id.
    pub(crate) async fn feed(&self, input: &str, job_type: &str, traceparent: Option<&str>) -> Result<String> {
        loop {
            let mut request = self.client.post(&self.jobs).json(&json!({ "input": input, "type": job_type }));
            if let Some(traceparent) = traceparent {
                request = request.header("traceparent", traceparent);
            }
            let response = request.send().await?;
            match response.status() {
                StatusCode::ACCEPTED => {
                    let answer: Value = response.json().await?;
                    return text(&answer["id"]).context("the worker accepted a job without an id");
                }
                StatusCode::SERVICE_UNAVAILABLE => tokio::time::sleep(Duration::from_millis(200)).await,
                status => bail!("the worker refused {input}: {status}: {}", response.text().await?),
            }
        }
    }

    pub(crate) async fn cancel(&self, id: &str) -> Result<()> {
        self.client.delete(format!("{}/{id}", self.jobs)).send().await?.error_for_status()?;
        Ok(())
    }

    pub(crate) async fn state(&self, id: &str) -> Result<State> {
        let answer: Value =
            self.client.get(format!("{}/{id}", self.jobs)).send().await?.error_for_status()?.json().await?;
        let outputs = answer["outputs"].as_array().map_or(&[][..], Vec::as_slice).iter().map(|output| Output {
            url: text(&output["url"]).unwrap_or_default(),
            bytes: output["bytes"].as_f64().unwrap_or_default(),
        });
        Ok(State {
            state: text(&answer["state"]).unwrap_or_default(),
            outcome: text(&answer["outcome"]),
            error_type: text(&answer["error_type"]),
            trace_id: text(&answer["trace_id"]).unwrap_or_default(),
            outputs: outputs.collect(),
            attempts: answer["attempts"].as_u64().unwrap_or_default(),
            seconds: answer["duration_seconds"].as_f64().unwrap_or_default(),
        })
    }

    /// What Prometheus would get, in OpenMetrics.
    pub(crate) async fn scrape(&self) -> Result<Vec<Sample>> {
        let accept = "application/openmetrics-text; version=1.0.0";
        let response = self.client.get(&self.metrics).header("accept", accept).send().await?.error_for_status()?;
        Ok(openmetrics::parse(&response.text().await?))
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
