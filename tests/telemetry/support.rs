//! A collector, and telemetry that pushes to it.

use std::sync::{Mutex, Once};
use std::time::Duration;

use serde_json::Value;
use telecine::Telemetry;
use telecine::logs::{self, Writer};
use telecine::telemetry::Builder;
use telecine_parts::Collector;
use tracing_subscriber::layer::SubscriberExt as _;

pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// The lines that were logged outside of any test's own subscriber: by the threads that export.
///
/// Somebody who listens everywhere is also needed for the tests' own subscribers: a callsite that is seen
/// for the first time while one of them is set may miss that one.
pub(crate) fn heard() -> &'static Mutex<Vec<String>> {
    static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let writer = Writer::new(|line| {
            HEARD.lock().unwrap().push(String::from_utf8_lossy(line).into_owned());
            Ok(())
        });
        let config = logs::Config { writer: Some(writer), ..logs::Config::default() };
        let (layer, guard) = logs::layers(&config).unwrap();
        std::mem::forget(guard);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
    });
    &HEARD
}

/// Telemetry that serves metrics on a free port and pushes to `endpoint`.
pub(crate) fn builder(endpoint: &str, more: &[(&str, &str)]) -> Builder {
    heard();
    let mut variables = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "3600000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "3600000"),
    ];
    variables.extend(more);
    Telemetry::builder()
        .service("worker")
        .version("1.2.3")
        .environment(variables.into_iter().collect::<telecine::telemetry::Environment>())
        .log_writer(Writer::new(|_| Ok(())))
}

pub(crate) async fn collector() -> Collector {
    Collector::start().await.unwrap()
}

/// A page of the endpoint.
pub(crate) async fn get(telemetry: &Telemetry, path: &str, accept: &str) -> String {
    let address = telemetry.exits().prometheus_address().unwrap();
    let request = telecine_parts::http().get(format!("http://{address}{path}")).header("accept", accept);
    request.send().await.unwrap().text().await.unwrap()
}

/// Every entry of lists in lists.
pub(crate) fn each(requests: &[Value], path: &[&str]) -> Vec<Value> {
    path.iter().fold(requests.to_vec(), |values, key| {
        values.iter().flat_map(|value| value[key].as_array().cloned().unwrap_or_default()).collect()
    })
}
