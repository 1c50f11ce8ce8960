use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use telecine_parts::{Collector, Configured, free_port};

const HOSTS: [&[&str]; 2] = [&["one-machine.yaml", "redaction.yaml", "traces.yaml"], &["agent.yaml", "redaction.yaml"]];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("collector")
}

/// The files of a folder of `collector/`, relative to it.
fn files(of: &str) -> BTreeSet<String> {
    let entries =
        fs::read_dir(folder().join(of)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    entries.filter(|name| name.ends_with(".yaml")).map(|name| format!("{of}/{name}")).collect()
}

fn with<'a>(files: &[&'a str], more: &'a str) -> Vec<&'a str> {
    files.iter().copied().chain([more]).collect()
}

/// Nothing that a later release no longer takes.
fn nothing_is_deprecated(said: &str, files: &[impl AsRef<str>]) {
    let files: Vec<&str> = files.iter().map(AsRef::as_ref).collect();
    let outdated = said.lines().filter(|line| {
        let line = line.to_lowercase();
        line.contains("deprecat") || line.contains("will be removed")
    });
    assert_eq!(outdated.collect::<Vec<_>>(), Vec::<&str>::new(), "{files:?}");
}

fn valid(files: &[impl AsRef<str>]) {
    nothing_is_deprecated(&Configured::validate(files).unwrap(), files);
}

#[test]
fn every_command_that_is_written_down() {
    let written = ["README.md", "one-machine.yaml", "agent.yaml", "gateway.yaml"];
    let text: String = written.map(|file| fs::read_to_string(folder().join(file)).unwrap()).concat();
    let mut commands = BTreeSet::new();
    for line in text.lines().filter(|line| line.contains("--config ")) {
        // What is optional, in brackets, is tried source by source.
        let line = line.split('[').next().unwrap().replace("collector/", "");
        let files: Vec<String> = line
            .split("--config ")
            .skip(1)
            .map(|file| file.split_whitespace().next().unwrap().trim_end_matches('`').to_owned())
            .collect();
        commands.insert(files);
    }
    commands.retain(|files| !files.iter().any(|file| file.starts_with("demo/")));
    assert!(commands.len() >= 8, "{commands:?}");
    commands.iter().for_each(|files| valid(files));
}

#[test]
fn every_source_on_one_machine_and_at_an_agent() {
    let sources = files("sources");
    assert!(sources.len() >= 12, "{sources:?}");
    for source in &sources {
        HOSTS.iter().for_each(|host| valid(&with(host, source)));
    }
}

#[test]
fn every_exit_on_one_machine_and_at_a_gateway() {
    for exit in &files("exits") {
        valid(&with(HOSTS[0], exit));
        valid(&with(&["gateway.yaml", "redaction.yaml", "traces.yaml"], exit));
    }
}

#[test]
fn none_starts_without_redaction() {
    let lacking = [&["one-machine.yaml", "traces.yaml"][..], &["agent.yaml"], &["gateway.yaml", "traces.yaml"]];
    for files in lacking {
        let refused = Configured::validate(files).unwrap_err().to_string();
        assert!(refused.contains("redaction"), "{files:?}: {refused}");
    }
}

/// What is validated is not yet started: ports, locks and folders are seen only then.
#[tokio::test]
async fn all_sources_at_once_start_and_say_nothing_of_what_is_outdated() {
    let store = Collector::start().await.unwrap();
    let store = format!("http://{}", store.http());
    let address = || format!("127.0.0.1:{}", free_port().unwrap());
    let (s3, airflow, scrape) = (address(), address(), address());
    let variables = [
        ("TELECINE_METRICS_URL", store.as_str()),
        ("TELECINE_TRACES_URL", &store),
        ("TELECINE_LOGS_URL", &store),
        ("TELECINE_REMOTE_WRITE_URL", &store),
        ("TELECINE_SCRAPE_ENDPOINT", &scrape),
        ("TELECINE_S3_STATSD", &s3),
        ("TELECINE_AIRFLOW_STATSD", &airflow),
    ];
    let sources = files("sources");
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    for host in HOSTS {
        let all: Vec<&str> = host.iter().chain(&sources).copied().collect();
        let mut collector = Configured::start(&all, &variables).await.unwrap();
        let said = collector.output();
        collector.stop().await.unwrap();
        nothing_is_deprecated(&said, &all);
    }
    for exit in ["exits/remote-write.yaml", "exits/scrape.yaml"] {
        let files = ["gateway.yaml", "redaction.yaml", "traces.yaml", exit];
        let collector = Configured::start(&files, &variables).await.unwrap();
        nothing_is_deprecated(&collector.output(), &files);
    }
}
