use std::collections::BTreeMap;

use serde_json::Value;
use telecine::Telemetry;
use telecine::logs::Writer;
use telecine::media::{FileType, Stage};
use telecine::operation::ErrorType;
use telecine_parts::{Configured, Prometheus, eventually, free_port};

use crate::otlp::{AGENT, GATEWAY, ONE_MACHINE, Store};

/// What an operator asks. None depends on when it is asked.
const QUESTIONS: [&str; 8] = [
    r#"sum by (media_job_type, media_outcome) (media_job_duration_seconds_count)"#,
    r#"histogram_quantile(0.95, sum by (le, media_job_type) (media_job_duration_seconds_bucket))"#,
    r#"sum(media_job_duration_seconds_count{media_outcome="failure"}) / sum(media_job_duration_seconds_count)"#,
    r#"sum by (media_rendition) (media_transcode_frames_total)"#,
    r#"sum by (media_file_type) (media_upload_io_bytes_total)"#,
    r#"sum by (error_type) (media_job_duration_seconds_count{error_type!=""})"#,
    r#"count({__name__=~"media_.+",__name__!~"media_telemetry_.+"})"#,
    r#"count(target_info{job="media-worker"})"#,
];
/// Labels that say by which way a series came, not what was measured.
const WAY: [&str; 6] =
    ["job", "instance", "otel_scope_name", "otel_scope_version", "otel_scope_schema_url", "exported_job"];
const FLAGS: [&str; 2] = ["--enable-feature=exemplar-storage", "--web.enable-remote-write-receiver"];

fn telemetry(endpoint: &str) -> Telemetry {
    let endpoint = format!("http://{endpoint}");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
    ];
    let telemetry = Telemetry::builder()
        .service("media-worker")
        .environment(variables.into_iter().collect::<telecine::telemetry::Environment>())
        .log_writer(Writer::new(|_| Ok(())))
        .without_process_metrics()
        .build()
        .unwrap();
    let dispatch = telemetry.dispatch().unwrap();
    let _current = tracing::dispatcher::set_default(&dispatch);
    for number in 0..5 {
        let job = telemetry.work().job("transcode").start();
        job.in_scope(|| {
            let step = telemetry.media().transcode("720p").codec("h264").encoder("libx264").start();
            step.recorder().frames(250 + number);
            step.success();
            let upload = telemetry.media().upload(FileType::Video).store("s3").key("jobs/a1b2/720p.mp4").start();
            upload.recorder().bytes(4096);
            upload.success();
        });
        drop(job.stage(Stage::Package).start());
        if number == 3 { job.failure(ErrorType::InputInvalid) } else { job.success() }
    }
    telemetry
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

/// Series by what was measured, without by which way they came.
fn series(of: &[Value]) -> BTreeMap<String, String> {
    let one = |series: &Value| {
        let mut labels: BTreeMap<&str, String> = series["metric"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (&**name, value.as_str().unwrap().to_owned()))
            .collect();
        labels.retain(|name, _| !WAY.contains(name));
        // 1 and 1.0 are one bound.
        if let Some(bound) = labels.get_mut("le") {
            *bound = format!("{:?}", number(bound));
        }
        (format!("{labels:?}"), series["value"][1].as_str().unwrap().to_owned())
    };
    of.iter().map(one).collect()
}

async fn everything(of: &Prometheus) -> BTreeMap<String, String> {
    series(&of.query(r#"{__name__=~"media_.+",__name__!~"media_telemetry_.+"}"#).await.unwrap())
}

async fn alike(scraping: &Prometheus, behind: &Prometheus, collectors: &[&Configured]) -> String {
    let same = || async {
        let (scraped, pushed) = (everything(scraping).await, everything(behind).await);
        (!scraped.is_empty() && scraped == pushed).then_some(scraped.len())
    };
    let number = match eventually("both to show the same", same).await {
        Ok(number) => number,
        Err(late) => {
            let (scraped, pushed) = (everything(scraping).await, everything(behind).await);
            let only = |left: &BTreeMap<String, String>, right: &BTreeMap<String, String>| -> Vec<String> {
                left.iter()
                    .filter(|(series, value)| right.get(*series) != Some(value))
                    .map(|(series, value)| format!("{series} {value}"))
                    .collect()
            };
            let said: Vec<String> = collectors.iter().map(|collector| collector.complaints()).collect();
            panic!(
                "{late}\nscraped: {:#?}\nbehind: {:#?}\n{}",
                only(&scraped, &pushed),
                only(&pushed, &scraped),
                said.join("\n")
            );
        }
    };
    for question in QUESTIONS {
        let (scraped, pushed) = (scraping.query(question).await.unwrap(), behind.query(question).await.unwrap());
        assert!(!scraped.is_empty(), "{question}");
        assert_eq!(series(&scraped), series(&pushed), "{question}");
    }
    let exemplars = |of: Vec<Value>| {
        let all = of
            .iter()
            .flat_map(|series| series["exemplars"].as_array().cloned().unwrap_or_default())
            .collect::<Vec<_>>();
        let mut ids: Vec<String> =
            all.iter().map(|exemplar| exemplar["labels"]["trace_id"].as_str().unwrap_or_default().to_owned()).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    let bucket = "media_job_duration_seconds_bucket";
    let scraped = exemplars(scraping.query_exemplars(bucket).await.unwrap());
    let pushed = exemplars(behind.query_exemplars(bucket).await.unwrap());
    assert!(!scraped.is_empty() && scraped == pushed, "exemplars: {scraped:?} {pushed:?}");
    format!("{number} series and {} questions answered alike, {} traces in exemplars", QUESTIONS.len(), scraped.len())
}

async fn scraping(telemetry: &Telemetry) -> Prometheus {
    let target = telemetry.exits().prometheus_address().unwrap();
    let configuration = Prometheus::scrape(&[target], "").replace("job_name: telecine", "job_name: media-worker");
    Prometheus::start(&configuration, &FLAGS).await.unwrap()
}

#[tokio::test]
async fn by_remote_write_behind_agent_and_gateway() {
    let store = Store::start().await;
    let behind = Prometheus::start("", &FLAGS).await.unwrap();
    let to = format!("{}/api/v1/write", behind.url());
    let files = [&GATEWAY[..], &["exits/remote-write.yaml"]].concat();
    let variables = [&store.variables()[..], &[("TELECINE_REMOTE_WRITE_URL", &*to)]].concat();
    let gateway = Configured::start(&files, &variables).await.unwrap();
    let gateways = format!("[{}]", gateway.grpc());
    let variables = [("TELECINE_GATEWAYS", &*gateways), ("TELECINE_GATEWAY", gateway.grpc())];
    let agent = Configured::start(&AGENT, &variables).await.unwrap();

    let telemetry = telemetry(agent.http());
    let scraping = scraping(&telemetry).await;
    println!("{}", alike(&scraping, &behind, &[&agent, &gateway]).await);
    telemetry.shutdown(telecine_parts::DEADLINE).await.unwrap();
}

#[tokio::test]
async fn by_a_scrape_of_the_collector() {
    let store = Store::start().await;
    let endpoint = format!("127.0.0.1:{}", free_port().unwrap());
    let files = [&ONE_MACHINE[..], &["exits/scrape.yaml"]].concat();
    let variables = [&store.variables()[..], &[("TELECINE_SCRAPE_ENDPOINT", &*endpoint)]].concat();
    let collector = Configured::start(&files, &variables).await.unwrap();
    let behind = Prometheus::start(&Prometheus::scrape(&[&endpoint], "honor_labels: true"), &FLAGS).await.unwrap();

    let telemetry = telemetry(collector.http());
    let scraping = scraping(&telemetry).await;
    println!("{}", alike(&scraping, &behind, &[&collector]).await);
    telemetry.shutdown(telecine_parts::DEADLINE).await.unwrap();
}
