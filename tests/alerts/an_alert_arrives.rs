//! All the way: the worker's jobs fail, Prometheus fires, Alertmanager writes to Slack and by e-mail.
//!
//! Rules and Alertmanager's configuration are those that are committed. Of the latter the test replaces what every user
//! has to (where the mail server is, where the secrets lie), asks for no TLS, and does not wait 30 s for a group's
//! fellows. Of Prometheus it shortens the interval of scrapes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use telecine_parts::{Alertmanager, Process, Prometheus, http};
use tempfile::TempDir;

use crate::sinks::{Mailbox, Webhook};
use crate::{example, rules};

/// The burn rates are evaluated every 30 s, and each evaluation adds to the errors that they want to have seen.
const PATIENCE: Duration = Duration::from_secs(300);
const ALERT: &str = "JobSuccessBudgetPage";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_disk_is_full_makes_a_page() {
    let folder = TempDir::new().unwrap();
    let (worker, api, metrics) = worker_with_a_full_disk(folder.path()).await;
    let (mailbox, webhook) = (Mailbox::start().await, Webhook::start().await);
    let alertmanager = Alertmanager::start(&configuration(folder.path(), &mailbox, &webhook)).await.unwrap();
    let prometheus = prometheus(&metrics, alertmanager.url()).await;

    let started = Instant::now();
    loop {
        submit(&api).await;
        let mailed = mailbox.received().into_iter().find(|mail| mail.text.contains(ALERT));
        let posted =
            webhook.received().into_iter().find(|(path, text)| path == "/slack" && text.to_string().contains(ALERT));
        let alive = webhook.received().iter().any(|(path, _)| path == "/deadman");
        if let (Some(mail), Some((_, post)), true) = (mailed, posted, alive) {
            says_what_to_do(&mail.text);
            assert!(mail.to.iter().any(|to| to.contains("on-call@example.com")), "{mail:?}");
            // \0alerts@example.com\0secret
            assert_eq!(mail.credentials, "AGFsZXJ0c0BleGFtcGxlLmNvbQBzZWNyZXQ=");
            let attachment = &post["attachments"][0];
            assert_eq!(attachment["color"], "danger", "{post}");
            assert!(attachment["title"].as_str().unwrap().contains("[FIRING"), "{post}");
            says_what_to_do(attachment["text"].as_str().unwrap());
            break;
        }
        if started.elapsed() > PATIENCE {
            let alerts = prometheus.query("ALERTS").await;
            let events = prometheus.query("{__name__=~\"slo:(events|errors):rate5m\"}").await;
            panic!("{alerts:#?}\n{events:#?}\n{}\n{}\n{}", alertmanager.output(), prometheus.output(), worker.output());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn says_what_to_do(text: &str) {
    // Mail is quoted-printable, whose lines end early.
    let text = text.replace("=\n", "");
    for part in ["uses up its error budget", "docs/runbooks.md#jobsuccessbudgetpage", "of media-worker's events", "%"] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
}

/// The real worker, with an ffprobe that finds no room. Where its API is, and where its metrics are.
async fn worker_with_a_full_disk(folder: &Path) -> (Process, String, String) {
    let [media, bin, store] = ["media", "bin", "store"].map(|name| folder.join(name));
    for folder in [&media, &bin, &store] {
        std::fs::create_dir(folder).unwrap();
    }
    std::fs::write(media.join("film.mp4"), "film").unwrap();
    for program in ["ffmpeg", "ffprobe"] {
        let path = bin.join(program);
        std::fs::write(&path, "#!/bin/sh\necho 'film.mp4: No space left on device' >&2\nexit 1\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new(example::built("media_worker"));
    command
        .env("PATH", &bin)
        .env("TMPDIR", folder)
        .env("OTEL_METRICS_EXPORTER", "prometheus")
        .env("OTEL_TRACES_EXPORTER", "none")
        .env("OTEL_LOGS_EXPORTER", "none")
        .env("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
        .env_remove("RUST_LOG")
        .args(["--listen", "127.0.0.1:0", "--store", &format!("file://{}", store.display())])
        .arg("--media")
        .arg(&media);
    let mut worker = Process::start("media_worker", command).unwrap();
    let line = worker.until_says("jobs are taken at").await.unwrap();
    let api = line.split(['"', ' ']).find(|word| word.ends_with("/jobs")).unwrap().to_owned();
    let output = worker.output();
    let is_page = |word: &&str| word.ends_with("/metrics") && word.contains("127.0.0.1");
    let metrics = output.split(['"', ' ', ';']).find(is_page).unwrap();
    let metrics = metrics.trim_start_matches("http://").trim_end_matches("/metrics").to_owned();
    (worker, api, metrics)
}

/// The queue may be full, which is no matter.
async fn submit(api: &str) {
    let job = json!({"input": "film.mp4", "type": "transcode"}).to_string();
    http().post(api).body(job).send().await.unwrap();
}

async fn prometheus(target: &str, alertmanager: &str) -> Prometheus {
    let rules = rules::root().join("alerts/*.yaml");
    let configuration = json!({
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "5s"},
        "rule_files": [rules],
        "scrape_configs": [{"job_name": "media-worker", "static_configs": [{"targets": [target]}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager.trim_start_matches("http://")]}]}]},
    });
    Prometheus::start(&configuration.to_string(), &[]).await.unwrap()
}

fn configuration(folder: &Path, mailbox: &Mailbox, webhook: &Webhook) -> std::path::PathBuf {
    let secrets = folder.join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    let secret = |name: &str, text: &str| std::fs::write(secrets.join(name), text).unwrap();
    secret("smtp_password", "secret");
    secret("slack_url", &format!("http://{}/slack", webhook.address));
    secret("deadman_url", &format!("http://{}/deadman", webhook.address));
    let committed = rules::root().join("alerts/alertmanager");
    let mut text = std::fs::read_to_string(committed.join("alertmanager.yml")).unwrap();
    let mut replace = |what: &str, with: &str| {
        assert!(text.contains(what), "{what}");
        text = text.replace(what, with);
    };
    replace("/etc/alertmanager/secrets", secrets.to_str().unwrap());
    replace("templates/*.tmpl", committed.join("templates/*.tmpl").to_str().unwrap());
    replace(
        "smtp_smarthost: localhost:587",
        &format!("smtp_smarthost: {}\n  smtp_require_tls: false", mailbox.address),
    );
    replace("group_wait: 30s", "group_wait: 1s");
    let path = folder.join("alertmanager.yml");
    std::fs::write(&path, text).unwrap();
    path
}
