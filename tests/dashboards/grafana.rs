//! What Grafana would ask a Prometheus for: variables replaced, `$__rate_interval` computed, a panel's own time.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use serde_json::Value;
use telecine_parts::{Prometheus, http};

use crate::dashboard::{Dashboard, Target, list, replaced};

/// Seconds between two scrapes: `timeInterval` of the data source.
const INTERVAL: f64 = 1.0;
/// How many points a panel has room for.
const POINTS: f64 = 1_000.0;
/// What a "compare with" stands for here: nobody has waited for a day.
const COMPARE: &str = "20s";

pub(crate) struct Grafana<'a> {
    prometheus: &'a Prometheus,
    from: f64,
}

impl<'a> Grafana<'a> {
    /// Shows the time from now on.
    pub(crate) fn new(prometheus: &'a Prometheus) -> Self {
        Self { prometheus, from: now() }
    }

    /// Whether a query shows anything.
    pub(crate) async fn shows(&self, dashboard: &Dashboard, target: &Target<'_>) -> Result<bool> {
        let to = now();
        let expression = self.expression(dashboard, target.expression(), to);
        let data = if target.json["instant"] == true {
            self.ask("query", &[("query", &expression), ("time", &to.to_string())]).await?
        } else {
            let (from, to, step) = (self.from.to_string(), to.to_string(), step(to - self.from).to_string());
            let range = [("query", expression.as_str()), ("start", &from), ("end", &to), ("step", &step)];
            self.ask("query_range", &range).await?
        };
        Ok(list(&data["result"]).iter().any(|series| {
            let one = [series["value"].clone()];
            let values = series["values"].as_array().map_or(one.as_slice(), Vec::as_slice);
            values.iter().any(|value| value[1].as_str().is_some_and(|value| value != "NaN"))
        }))
    }

    /// The traces that the dots of a query lead to.
    pub(crate) async fn exemplars(&self, dashboard: &Dashboard, target: &Target<'_>) -> Result<BTreeSet<String>> {
        let to = now();
        let expression = self.expression(dashboard, target.expression(), to);
        let (from, to) = (self.from.to_string(), to.to_string());
        let series = self.ask("query_exemplars", &[("query", &expression), ("start", &from), ("end", &to)]).await?;
        let exemplars = list(&series).iter().flat_map(|series| list(&series["exemplars"]));
        Ok(exemplars.filter_map(|exemplar| exemplar["labels"]["trace_id"].as_str()).map(str::to_owned).collect())
    }

    /// "All" is chosen of each variable.
    fn expression(&self, dashboard: &Dashboard, expression: &str, to: f64) -> String {
        let range = to - self.from;
        replaced(expression, |name| match name {
            "__rate_interval" => Some(format!("{:.0}s", (step(range) + INTERVAL).max(4.0 * INTERVAL))),
            "__range" => Some(format!("{:.0}s", range.max(1.0))),
            "compare" => Some(COMPARE.to_owned()),
            name => Some(dashboard.variable(name)?["allValue"].as_str()?.to_owned()),
        })
    }

    async fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value> {
        let url = format!("{}/api/v1/{path}", self.prometheus.url());
        let answer: Value = http().get(url).query(parameters).send().await?.json().await?;
        ensure!(answer["status"] == "success", "{parameters:?}: {}", answer["error"]);
        Ok(answer["data"].clone())
    }
}

fn step(range: f64) -> f64 {
    (range / POINTS).ceil().max(INTERVAL)
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
