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

/// A file whose endpoint is at this port, with more of its own settings.
fn at_port(port: u16, own: &str) -> String {
    format!(
        "file_format: \"1.1\"\nmeter_provider:\n  readers:\n    - periodic: {{exporter: {{console: }}, interval: 3600000}}\n    - pull: {{exporter: {{prometheus/development: {{port: {port}}}}}}}\n{own}"
    )
}

fn start(file: &std::path::Path, variables: &[(&str, &str)]) -> Result<Telemetry, telecine::telemetry::Error> {
    let path = [("OTEL_CONFIG_FILE", file.to_str().unwrap())];
    let environment: Environment = path.into_iter().chain(variables.iter().copied()).collect();
    Telemetry::builder().environment(environment).build()
}

#[test]
fn a_port_that_is_taken_is_named_where_it_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.yaml");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    std::fs::write(&path, at_port(port, "")).unwrap();
    let error = start(&path, &[]).map(|_| ()).unwrap_err().to_string();
    let at =
        "`host` and `port` of meter_provider.readers[1].pull.exporter.prometheus/development choose another address";
    assert!(error.starts_with(&format!("the metrics endpoint cannot listen on localhost:{port}: ")), "{error}");
    assert!(error.ends_with(&format!("(in {}, {at})", path.display())), "{error}");

    let port = port.to_string();
    let variables = [
        ("OTEL_EXPORTER_PROMETHEUS_PORT", port.as_str()),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_METRICS_EXPORTER", "prometheus"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ];
    let environment: Environment = variables.into_iter().collect();
    let error = Telemetry::builder().environment(environment).build().map(|_| ()).unwrap_err().to_string();
    let at = "(OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT choose another address)";
    assert!(error.ends_with(at), "{error}");
}

#[tokio::test]
async fn a_token_may_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, token) = (folder.path().join("f.yaml"), folder.path().join("token"));
    let own = format!("distribution: {{telecine: {{prometheus: {{bearer_token_file: \"{}\"}}}}}}\n", token.display());
    std::fs::write(&path, at_port(0, &own)).unwrap();
    let error = || start(&path, &[]).map(|_| ()).unwrap_err().to_string();
    let about = format!("the bearer token in {} cannot be used: ", token.display());
    assert!(error().starts_with(&about), "{}", error());
    for (content, reason) in [("\n", "it is empty"), ("hunter2\nhunter3\n", "it holds what no header may hold")] {
        std::fs::write(&token, content).unwrap();
        assert_eq!(error(), format!("{about}{reason}"));
    }

    std::fs::write(&token, "hunter2\r\n").unwrap();
    let telemetry = start(&path, &[]).unwrap();
    let address = telemetry.exits().prometheus_address().unwrap();
    for (shown, status) in [("none", 401), ("hunter2", 200)] {
        let request = http().get(format!("http://{address}/metrics")).bearer_auth(shown);
        assert_eq!(request.send().await.unwrap().status().as_u16(), status);
    }
    let yaml = telemetry.settings().to_yaml();
    assert!(yaml.contains("bearer_token_file: ") && !yaml.contains("hunter"), "{yaml}");
    telemetry.shutdown(Duration::from_secs(20)).await.unwrap();
}
