//! Telemetry, and what its endpoint says.

use telecine::Telemetry;
use telecine::telemetry::Environment;

pub(crate) fn telemetry() -> Telemetry {
    let variables = [
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_METRICS_EXPORTER", "prometheus"),
    ];
    Telemetry::builder().service("data").environment(variables.into_iter().collect::<Environment>()).build().unwrap()
}

/// What the endpoint says at this moment.
pub(crate) struct Page(String);

impl Page {
    pub(crate) async fn of(telemetry: &Telemetry) -> Self {
        let address = telemetry.exits().prometheus_address().unwrap();
        let response = telecine_parts::http().get(format!("http://{address}/metrics")).send().await.unwrap();
        Self(response.text().await.unwrap())
    }

    /// The sum of the series of this name that have these labels. Nothing where there is none.
    pub(crate) fn value(&self, name: &str, labels: &[&str]) -> Option<f64> {
        let values = self.0.lines().filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let is_it = series.split('{').next() == Some(name) && labels.iter().all(|label| series.contains(label));
            is_it.then(|| value.parse::<f64>().unwrap())
        });
        values.fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value))
    }

    /// How many operations there were with these labels.
    pub(crate) fn operations(&self, labels: &[&str]) -> u64 {
        self.value("db_client_operation_duration_seconds_count", labels).unwrap_or(0.0) as u64
    }

    /// How often it was tried again for this reason.
    pub(crate) fn retries(&self, reason: &str) -> u64 {
        self.value("media_db_retries_total", &[&format!("media_retry_reason=\"{reason}\"")]).unwrap() as u64
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}
