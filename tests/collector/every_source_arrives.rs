use std::collections::BTreeSet;
use std::fs;
use std::net::UdpSocket;

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use telecine::Telemetry;
use telecine::logs::Format;
use telecine::telemetry::Environment;
use telecine_parts::{Configured, Exporter, Postgres, Received, Redis, S3, http};
use tempfile::TempDir;

use crate::otlp::{ONE_MACHINE, Store, all, attribute, gauge, now, send, spans};

const QUICKLY: [(&str, &str); 5] = [
    ("TELECINE_SCRAPE_INTERVAL", "1s"),
    ("TELECINE_SCRAPE_TIMEOUT", "1s"),
    ("TELECINE_MINIO_INTERVAL", "1s"),
    ("TELECINE_STATSD_INTERVAL", "1s"),
    ("TELECINE_HOST_INTERVAL", "1s"),
];

/// One machine with these sources, which delivers to the store.
async fn reading(store: &Store, sources: &[&str], variables: &[(&str, &str)]) -> Configured {
    let sources: Vec<String> = sources.iter().map(|source| format!("sources/{source}.yaml")).collect();
    let files: Vec<&str> = ONE_MACHINE.iter().copied().chain(sources.iter().map(String::as_str)).collect();
    let variables = [&store.variables()[..], &QUICKLY, variables].concat();
    Configured::start(&files, &variables).await.unwrap()
}

/// Waits until a service has told all of these metrics.
async fn told(store: &Store, collector: &Configured, service: &str, metrics: &[&str]) {
    let missing = |requests: &[Value]| {
        let all = all(requests, Received::Metrics);
        let of = all.iter().filter(|(resource, _)| attribute(resource, "service.name") == Some(service));
        let names: BTreeSet<&str> = of.filter_map(|(_, metric)| metric["name"].as_str()).collect();
        metrics.iter().all(|name| names.contains(name)).then_some(())
    };
    let what = format!("{metrics:?} of {service}");
    if let Err(late) = store.collector.until(&what, Received::Metrics, missing).await {
        let all = store.collector.received(Received::Metrics).unwrap();
        let all = crate::otlp::all(&all, Received::Metrics);
        let names: BTreeSet<String> = all
            .iter()
            .map(|(resource, metric)| format!("{:?} {}", attribute(resource, "service.name"), metric["name"]))
            .collect();
        let late = late.to_string();
        panic!("{}\n{names:#?}\n{}", late.lines().next().unwrap(), collector.complaints());
    }
}

/// A point of a metric with this attribute.
async fn point(store: &Store, metric: &str, key: &str, value: &str) -> Value {
    let find = |requests: &[Value]| {
        let all = all(requests, Received::Metrics);
        let of = all.iter().filter(|(_, told)| told["name"] == metric);
        let mut points = of.flat_map(|(_, told)| {
            let kinds = ["sum", "gauge", "histogram", "exponentialHistogram"];
            kinds.into_iter().filter_map(|kind| told[kind]["dataPoints"].as_array()).flatten()
        });
        points.rfind(|point| attribute(point, key) == Some(value)).cloned()
    };
    store.collector.until(&format!("{metric} with {key}={value}"), Received::Metrics, find).await.unwrap()
}

/// A page that answers with what a server that cannot run here serves.
async fn page(path: &'static str, text: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route(path, get(move || async move { text }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("[{address}]")
}

#[tokio::test]
async fn the_host_and_its_databases() {
    let store = Store::start().await;
    let (postgresql, redis) = (Postgres::start().await.unwrap(), Redis::start().await.unwrap());
    let exporters = [
        Exporter::postgresql(&postgresql).await.unwrap(),
        Exporter::redis(&redis).await.unwrap(),
        Exporter::node().await.unwrap(),
    ];
    let [on_postgresql, on_redis, on_node] = exporters.each_ref().map(|exporter| format!("[{}]", exporter.address()));
    let variables = [
        ("TELECINE_POSTGRESQL_TARGETS", &*on_postgresql),
        ("TELECINE_REDIS_TARGETS", &on_redis),
        ("TELECINE_NODE_TARGETS", &on_node),
    ];
    let sources = ["host", "postgresql", "redis", "node", "collector"];
    let collector = reading(&store, &sources, &variables).await;
    let host = [
        "system.cpu.time",
        "system.memory.utilization",
        "system.disk.io",
        "system.network.io",
        "system.cpu.load_average.1m",
    ];
    told(&store, &collector, "host", &host).await;
    let postgresql = ["pg_up", "pg_stat_database_xact_commit", "pg_settings_max_connections", "pg_stat_activity_count"];
    told(&store, &collector, "postgresql", &postgresql).await;
    told(&store, &collector, "redis", &["redis_up", "redis_memory_used_bytes", "redis_evicted_keys_total"]).await;
    told(&store, &collector, "node", &["node_cpu_seconds_total", "node_memory_MemAvailable_bytes"]).await;
    let itself =
        ["otelcol_exporter_queue_size", "otelcol_process_memory_rss", "otelcol_receiver_accepted_metric_points"];
    told(&store, &collector, "otelcol-telecine-full", &itself).await;
    let hosts = |requests: &[Value]| {
        let all = all(requests, Received::Metrics);
        let host = all.iter().find(|(resource, _)| attribute(resource, "service.name") == Some("host"))?;
        attribute(host.0, "service.instance.id").map(str::to_owned)
    };
    let instance = store.collector.until("the host's name", Received::Metrics, hosts).await.unwrap();
    assert!(!instance.is_empty());
}

/// MinIO and Celery's exporter do not run here: these pages are written after the lists of metrics that they document.
#[tokio::test]
async fn pages_of_servers_that_do_not_run_here() {
    let store = Store::start().await;
    let minio = page("/minio/v2/metrics/cluster", include_str!("pages/minio.txt")).await;
    let celery = page("/metrics", include_str!("pages/celery.txt")).await;
    let variables = [("TELECINE_MINIO_TARGETS", &*minio), ("TELECINE_CELERY_TARGETS", &celery)];
    let collector = reading(&store, &["minio", "celery"], &variables).await;
    let minio =
        ["minio_cluster_capacity_usable_free_bytes", "minio_cluster_drive_offline_total", "minio_s3_requests_total"];
    told(&store, &collector, "minio", &minio).await;
    let celery = ["celery_task_failed_total", "celery_queue_length", "celery_worker_up", "celery_task_runtime"];
    told(&store, &collector, "celery", &celery).await;
}

/// Two programs that are scraped keep their names, and are called by their machine.
#[tokio::test]
async fn programs_that_are_scraped() {
    let store = Store::start().await;
    let program = |service: &'static str| {
        let none = ["OTEL_TRACES_EXPORTER", "OTEL_LOGS_EXPORTER"].map(|name| (name, "none"));
        let metrics = [("OTEL_METRICS_EXPORTER", "prometheus"), ("OTEL_EXPORTER_PROMETHEUS_PORT", "0")];
        let environment: Environment = none.into_iter().chain(metrics).collect();
        Telemetry::builder().service(service).environment(environment).build().unwrap()
    };
    let programs = ["video-api", "encoder"].map(program);
    let targets = programs.each_ref().map(|program| program.exits().prometheus_address().unwrap().to_string());
    let collector = reading(&store, &["programs"], &[("TELECINE_PROGRAM_TARGETS", &*format!("{targets:?}"))]).await;
    for (service, target) in ["video-api", "encoder"].into_iter().zip(&targets) {
        told(&store, &collector, service, &["process_uptime_seconds"]).await;
        let port = target.rsplit(':').next().unwrap();
        let instance = |requests: &[Value]| {
            let all = all(requests, Received::Metrics);
            let mut of = all.iter().filter(|(resource, _)| attribute(resource, "service.name") == Some(service));
            of.find_map(|(resource, _)| attribute(resource, "service.instance.id").map(str::to_owned))
        };
        let instance = store.collector.until("its instance", Received::Metrics, instance).await.unwrap();
        assert!(instance.ends_with(port) && !instance.starts_with("127."), "{instance}");
    }
}

#[tokio::test]
async fn an_object_store_and_airflow_by_statsd() {
    let store = Store::start().await;
    let address = || format!("127.0.0.1:{}", telecine_parts::free_port().unwrap());
    let (s3, airflow) = (address(), address());
    let variables = [("TELECINE_S3_STATSD", &*s3), ("TELECINE_AIRFLOW_STATSD", &airflow)];
    let collector = reading(&store, &["s3", "airflow"], &variables).await;

    let server = S3::start_telling(&["renditions"], &s3).await.unwrap();
    for _ in 0..3 {
        // Without a signature it is refused, which is counted.
        let refused = http().get(format!("{}/renditions/720p.mp4", server.url())).send().await.unwrap();
        assert!(!refused.status().is_success());
    }
    let refused = point(&store, "versitygw.failed_count", "bucket", "renditions").await;
    assert!(refused["asInt"].as_str().unwrap().parse::<u64>().unwrap() >= 1, "{refused}");
    assert_eq!(attribute(&refused, "api"), Some("s3"));

    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let packets = [
        "airflow.scheduler_heartbeat:1|c",
        "airflow.executor.open_slots:32|g",
        "airflow.dag.ingest.transcode.duration:61000|ms",
        "airflow.ti.finish.ingest.transcode.failed:1|c",
        "airflow.dagrun.duration.success.ingest:90500|ms",
        "airflow.dagrun.schedule_delay.ingest:1500|ms",
    ];
    for packet in packets {
        sender.send_to(packet.as_bytes(), &airflow).unwrap();
    }
    let names = ["airflow.scheduler_heartbeat", "airflow.executor.open_slots"];
    told(&store, &collector, "airflow", &names).await;
    let duration = point(&store, "airflow.task.duration", "task_id", "transcode").await;
    assert_eq!(
        (attribute(&duration, "dag_id"), duration["sum"].as_f64()),
        (Some("ingest"), Some(61000.0)),
        "{duration}"
    );
    let failed = point(&store, "airflow.ti.finish", "state", "failed").await;
    assert_eq!((attribute(&failed, "dag_id"), &failed["asInt"]), (Some("ingest"), &json!("1")), "{failed}");
    point(&store, "airflow.dagrun.duration.success", "dag_id", "ingest").await;
    point(&store, "airflow.dagrun.schedule_delay", "dag_id", "ingest").await;
    // Added to what was there, though StatsD says only what is new.
    for _ in 0..2 {
        sender.send_to(b"airflow.ti.finish.ingest.transcode.failed:1|c", &airflow).unwrap();
    }
    let three = |requests: &[Value]| {
        let all = all(requests, Received::Metrics);
        let of = all.iter().filter(|(_, told)| told["name"] == "airflow.ti.finish");
        of.flat_map(|(_, told)| told["sum"]["dataPoints"].as_array().unwrap())
            .any(|point| point["asInt"] == "3")
            .then_some(())
    };
    store.collector.until("three failures", Received::Metrics, three).await.unwrap();
}

/// Airflow 3 sends OTLP as any program does.
#[tokio::test]
async fn airflow_by_otlp() {
    let store = Store::start().await;
    let collector = reading(&store, &[], &[]).await;
    let points = json!([{"timeUnixNano": now().to_string(), "asDouble": 32.0}]);
    send(&collector, &gauge("airflow", "airflow.executor.open_slots", points)).await;
    told(&store, &collector, "airflow", &["airflow.executor.open_slots"]).await;
}

#[tokio::test]
async fn files_of_log_lines_and_of_otlp() {
    let store = Store::start().await;
    let folder = TempDir::new().unwrap();
    let lines = folder.path().join("worker.json");
    let telemetry = Telemetry::builder()
        .service("media-worker")
        .environment(
            [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")]
                .into_iter()
                .collect::<telecine::telemetry::Environment>(),
        )
        .log_format(Format::Json)
        .log_file(&lines)
        .build()
        .unwrap();
    let spool = folder.path().join("spool.jsonl");
    let span = json!({
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "job", "kind": 1,
        "startTimeUnixNano": now().to_string(), "endTimeUnixNano": now().to_string(), "status": {"code": 2},
    });
    let points = json!([{"timeUnixNano": now().to_string(), "asDouble": 7.0}]);
    let requests = [spans("media-worker", json!([span])), gauge("media-worker", "media.spooled", points)];
    fs::write(&spool, requests.map(|request| format!("{request}\n")).concat()).unwrap();
    let (lines, spool) = (format!("[{}]", lines.display()), format!("[{}]", spool.display()));
    let variables =
        [("TELECINE_LOG_FILES", &*lines), ("TELECINE_SPOOL_FILES", &spool), ("TELECINE_LOG_SERVICE", "media-worker")];
    let collector = reading(&store, &["logs", "spool"], &variables).await;

    let dispatch = telemetry.dispatch().unwrap();
    tracing::dispatcher::with_default(&dispatch, || {
        telemetry.work().job("transcode").start().in_scope(|| {
            tracing::warn!(password = "hunter2", frames = 250, "stalled");
        });
    });
    telemetry.shutdown(telecine_parts::DEADLINE).await.unwrap();

    told(&store, &collector, "media-worker", &["media.spooled"]).await;
    let job = |requests: &[Value]| {
        let all = all(requests, Received::Traces);
        all.iter().any(|(_, span)| span["name"] == "job").then_some(())
    };
    store.collector.until("the spooled span", Received::Traces, job).await.unwrap();
    let line = |requests: &[Value]| {
        let all = all(requests, Received::Logs);
        let found = all.iter().find(|(_, record)| record["body"]["stringValue"] == "stalled")?;
        Some((found.0.clone(), found.1.clone()))
    };
    let (resource, record) = store.collector.until("the line", Received::Logs, line).await.unwrap();
    assert_eq!((&record["severityNumber"], &record["severityText"]), (&json!(13), &json!("WARN")), "{record}");
    assert_eq!(attribute(&resource, "service.name"), Some("media-worker"), "{resource}");
    assert_eq!(record["traceId"].as_str().map(str::len), Some(32), "{record}");
    assert_eq!(record["spanId"].as_str().map(str::len), Some(16), "{record}");
    assert!(!record.to_string().contains("hunter2"), "{record}");
}
