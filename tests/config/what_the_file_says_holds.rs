use std::time::Duration;

use telecine::Telemetry;
use telecine::media::FileType;
use telecine::telemetry::Environment;
use telecine_parts::http;

const FILE: &str = r#"
file_format: "1.1"
resource:
  attributes:
    - {name: service.name, value: worker}
  detection/development:
    detectors: [{host: }]
    attributes: {excluded: [host.name]}
meter_provider:
  readers:
    - pull:
        exporter:
          prometheus/development:
            port: ${PORT:-0}
  views:
    - selector: {instrument_name: media.upload.duration}
      stream:
        aggregation: {explicit_bucket_histogram: {boundaries: [1, 60]}}
        attribute_keys: {included: [media.file.type]}
    - selector: {instrument_name: media.upload.size}
      stream: {aggregation: {drop: }}
distribution:
  telecine:
    prometheus:
      bearer_token: ${TOKEN}
      mapping:
        rules:
          - match: {name: media.upload.duration}
            name: upload_duration_seconds
            labels: {rename: {media.file.type: kind}, values: {kind: {video: film}}}
          - match: {name: media.upload.duration}
            name: uploads_total
            take: count
            labels: {keep: []}
"#;

#[tokio::test]
async fn of_the_endpoint_its_views_and_its_mapping() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.yaml");
    std::fs::write(&path, FILE).unwrap();
    let environment: Environment = [
        ("OTEL_CONFIG_FILE", path.to_str().unwrap()),
        ("TOKEN", "hunter2"),
        // Silenced: nothing is pushed, and the port is another.
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "1"),
    ]
    .into_iter()
    .collect();
    let telemetry = Telemetry::builder().service("not me").version("1.2.3").environment(environment).build().unwrap();
    telemetry.media().upload(FileType::Video).store("s3").start().success();

    let address = telemetry.exits().prometheus_address().unwrap();
    let scrape = async |token: &str| {
        let request = http().get(format!("http://{address}/metrics")).bearer_auth(token);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(scrape("none").await.0, 401);
    let (status, text) = scrape("hunter2").await;
    assert_eq!(status, 200);
    let lines: Vec<_> = text.lines().filter(|line| line.contains("upload")).collect();
    let has = |part: &str| lines.iter().any(|line| line.contains(part));
    assert!(has("upload_duration_seconds_bucket{") && has(r#"kind="film""#) && has(r#"le="60"#), "{lines:#?}");
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("upload_duration_seconds_bucket{")).count(),
        3,
        "{lines:#?}"
    );
    assert!(lines.iter().any(|line| line.starts_with("uploads_total") && line.ends_with(" 1")), "{lines:#?}");
    assert!(!has("media_upload_duration") && !has("media_upload_size"), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.starts_with("upload") && line.contains("store")), "{lines:#?}");

    let target = text.lines().find(|line| line.starts_with("target_info{")).unwrap();
    for part in [r#"service_name="worker""#, r#"service_version="1.2.3""#, "host_arch="] {
        assert!(target.contains(part), "{target}");
    }
    for part in ["host_name=", "service_instance_id=", "process_pid="] {
        assert!(!target.contains(part), "{target}");
    }
    let ignored: Vec<_> = telemetry.ignored().iter().map(|ignored| ignored.setting.as_str()).collect();
    assert_eq!(ignored, ["OTEL_EXPORTER_PROMETHEUS_PORT"]);
    telemetry.shutdown(Duration::from_secs(20)).await.unwrap();
}
