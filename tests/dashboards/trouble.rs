//! What panels of failures show, and the platform does not do by itself: a program whose work fails in every way, and
//! a collector that cannot deliver.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use object_store::ObjectStoreExt as _;
use object_store::memory::InMemory;
use serde_json::{Value, json};
use telecine::Telemetry;
use telecine::media::FileType;
use telecine::media::transcode::QualityMetric;
use telecine::operation::{ErrorType, Outcome};
use telecine::store::MeteredStore;
use telecine::telemetry::Environment;
use telecine::work::Heartbeat;
use telecine_parts::{Collector, free_port, http};
use tokio::task::JoinSet;

pub(crate) struct Trouble {
    collector: Collector,
    telemetry: Arc<Telemetry>,
    /// Where each of them serves metrics, by its job.
    pub(crate) metrics: [(&'static str, String); 2],
    busy: JoinSet<()>,
}

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:1";

impl Trouble {
    pub(crate) async fn start() -> Result<Self> {
        let port = free_port()?;
        let collector = Collector::start_with(&that_delivers_nothing(port)).await?;
        let environment = [("OTEL_EXPORTER_PROMETHEUS_PORT", "0"), ("OTEL_EXPORTER_OTLP_ENDPOINT", NOBODY)];
        let telemetry = Telemetry::builder()
            .service("unlucky")
            .environment(environment.into_iter().collect::<Environment>())
            .log_writer(telecine::logs::Writer::new(|_| Ok(())))
            .build()?;
        let telemetry = Arc::new(telemetry);
        let address = telemetry.exits().prometheus_address().context("no endpoint")?;
        let metrics = [("collector", format!("127.0.0.1:{port}")), ("unlucky", address.to_string())];
        let mut busy = JoinSet::new();
        busy.spawn(send(collector.http().to_owned()));
        busy.spawn(fail(Arc::clone(&telemetry)));
        Ok(Self { collector, telemetry, metrics, busy })
    }

    pub(crate) async fn stop(mut self) -> Result<()> {
        self.busy.shutdown().await;
        // What it could not deliver is what it was for.
        let _ = self.telemetry.shutdown(Duration::from_secs(1)).await;
        Ok(self.collector.stop().await?)
    }
}

/// One exporter gives up at once, one tries again until its queue is full.
fn that_delivers_nothing(port: u16) -> String {
    format!(
        "
exporters:
  otlp_http/gives_up:
    endpoint: {NOBODY}
    retry_on_failure: {{enabled: false}}
  otlp_http/insists:
    endpoint: {NOBODY}
    sending_queue: {{queue_size: 1, num_consumers: 1}}
service:
  telemetry:
    metrics:
      level: detailed
      readers: [{{pull: {{exporter: {{prometheus: {{host: 127.0.0.1, port: {port}}}}}}}}}]
  pipelines:
    traces: {{exporters: [otlp_http/gives_up, otlp_http/insists]}}
    metrics: {{exporters: [otlp_http/gives_up, otlp_http/insists]}}
    logs: {{exporters: [otlp_http/gives_up, otlp_http/insists]}}
"
    )
}

/// One span, one data point and one log record, again and again.
async fn send(collector: String) {
    let id = "0af7651916cd43dd8448eb211c80319c";
    let span = json!({"traceId": id, "spanId": "b7ad6b7169203331", "name": "job", "startTimeUnixNano": "1", "endTimeUnixNano": "2"});
    let metric = json!({"name": "one", "gauge": {"dataPoints": [{"asInt": "1", "timeUnixNano": "1"}]}});
    let record = json!({"timeUnixNano": "1", "body": {"stringValue": "one"}});
    let bodies: [(&str, Value); 3] = [
        ("traces", json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})),
        ("metrics", json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]})),
        ("logs", json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})),
    ];
    let client = http();
    let mut time = tokio::time::interval(Duration::from_millis(500));
    loop {
        time.tick().await;
        for (path, body) in &bodies {
            // That it does not want more of them is what is looked at.
            let _ = client.post(format!("http://{collector}/v1/{path}")).json(body).send().await;
        }
    }
}

async fn fail(telemetry: Arc<Telemetry>) {
    let media = telemetry.media();
    let store = MeteredStore::new("memory", InMemory::new(), telemetry.instruments());
    let mut time = tokio::time::interval(Duration::from_millis(500));
    loop {
        time.tick().await;
        media.upload(FileType::Video).store("memory").start().failure(ErrorType::Network);
        media.transcription("none").start().failure(ErrorType::OutOfMemory);
        media.conversion("none").start().failure(ErrorType::InputInvalid);
        let upload = media.upload(FileType::Video).store("memory").start();
        upload.recorder().part(Outcome::Success);
        upload.recorder().abort();
        upload.success();
        let transcode = media.transcode("720p").codec("h264").encoder("libx264").start();
        transcode.recorder().fallback("h264_nvenc", "libx264");
        transcode.recorder().quality(QualityMetric::Ssim, 0.98);
        transcode.recorder().quality(QualityMetric::Psnr, 41.0);
        transcode.failure(ErrorType::DiskFull);
        // There is nothing in it.
        let _ = store.get(&"jobs/7/720p.mp4".into()).await;
        // More resources than there are names for.
        let heartbeat = (0..64).fold(Heartbeat::new(), |beat, n| beat.load(format!("resource-{n}"), 0.5));
        telemetry.work().workers().hear("talkative", &heartbeat);
    }
}
