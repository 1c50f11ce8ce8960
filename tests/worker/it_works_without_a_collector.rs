use std::time::{Duration, Instant};

use telecine_parts::{Process, free_port};

use crate::clips;
use crate::worker::Folders;

#[tokio::test]
async fn it_works_without_a_collector() {
    let folders = Folders::new();
    let clip = clips::small(&folders.media(), "film.mp4");
    let mut command = folders.command();
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://127.0.0.1:{}", free_port().unwrap()))
        .env("OTEL_METRICS_EXPORTER", "otlp")
        .env("OTEL_TRACES_EXPORTER", "otlp")
        .env("OTEL_LOGS_EXPORTER", "otlp")
        .arg("--input")
        .arg(clip);
    let mut process = Process::start("media_worker", command).unwrap();
    process.until_says("\"outcome\":\"success\"").await.unwrap();
    let over = Instant::now();
    let status = process.until_ended().await.unwrap();
    let output = process.output();
    assert!(status.success(), "{output}");
    assert!(over.elapsed() < Duration::from_secs(15), "{:?}", over.elapsed());
    let said = output.lines().filter(|line| line.contains("the collector does not take what is exported")).count();
    assert_eq!(said, 1, "{output}");
    assert!(output.contains("were not delivered"), "{output}");
}
