use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;
use telecine_parts::{Configured, binary, feed};

use crate::yaml::{documents, is_pinned, list, repository, texts};

fn compose() -> Value {
    documents("compose.yaml").remove(0)
}

fn services(compose: &Value) -> impl Iterator<Item = (&String, &Value)> {
    compose["services"].as_object().unwrap().iter()
}

/// Every text in it.
fn all_texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(list) => list.iter().for_each(|value| all_texts(value, found)),
        Value::Object(members) => members.values().for_each(|value| all_texts(value, found)),
        _ => {}
    }
}

#[test]
fn images_are_of_a_release_and_services_say_how_they_are() {
    let compose = compose();
    assert!(services(&compose).count() >= 15);
    for (name, service) in services(&compose) {
        let image = service["image"].as_str().unwrap();
        assert!(is_pinned(image), "{name}: {image}");
        assert!(!texts(&service["healthcheck"]["test"]).is_empty(), "{name} has no health check");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        assert_ne!(service["privileged"], true, "{name}");
    }
    let dockerfile = fs::read_to_string(repository("compose/Dockerfile")).unwrap();
    let mut stages = BTreeSet::new();
    for line in dockerfile.lines().filter_map(|line| line.strip_prefix("FROM ")) {
        let (image, stage) = line.split_once(" AS ").unwrap();
        assert!(stages.contains(image) || is_pinned(image), "{image}");
        stages.insert(stage);
    }
    for (name, service) in services(&compose).filter(|(_, service)| service["build"].is_object()) {
        assert!(stages.contains(service["build"]["target"].as_str().unwrap()), "{name}");
    }
}

#[test]
fn ports_are_of_this_machine_alone() {
    for (name, service) in services(&compose()) {
        for port in texts(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
        }
        assert!(service["network_mode"].is_null(), "{name}");
    }
}

#[test]
fn no_secret_has_a_default() {
    let compose = compose();
    let mut found = Vec::new();
    all_texts(&compose, &mut found);
    let mut wanted = BTreeSet::new();
    for text in found {
        for variable in text.split("${").skip(1) {
            let (name, rest) = variable.split_once(":?").unwrap_or_else(|| panic!("{text}: not demanded"));
            assert!(rest.contains('}'), "{text}");
            wanted.insert(name.to_owned());
        }
    }
    let example = fs::read_to_string(repository("compose/.env.example")).unwrap();
    let named = example.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    let named: BTreeSet<String> = named
        .map(|(name, value)| {
            assert!(value.is_empty() || name == "ALERT_SECRETS", "{name} has a value");
            name.to_owned()
        })
        .collect();
    assert_eq!(wanted, named);
    for (name, service) in services(&compose) {
        for (variable, value) in service["environment"].as_object().into_iter().flatten() {
            let secret = ["PASSWORD", "SECRET", "_PASS", "ACCESS_KEY", "TOKEN", "AUTH"]
                .iter()
                .any(|word| variable.contains(word));
            let value = value.as_str().unwrap_or_default();
            assert!(!secret || value.starts_with("${"), "{name}: {variable}");
        }
    }
}

#[test]
fn what_is_mounted_is_there_and_may_only_be_read() {
    let compose = compose();
    let volumes = compose["volumes"].as_object().unwrap();
    for (name, service) in services(&compose) {
        for mount in texts(&service["volumes"]) {
            let source = mount.split(':').next().unwrap();
            if source.starts_with(['.', '/']) {
                assert!(mount.ends_with(":ro"), "{name}: {mount}");
                assert!(repository(source).exists(), "{name}: {source} is not there");
            } else {
                assert!(volumes.contains_key(source), "{name}: {mount}");
            }
        }
        for needed in service["depends_on"].as_object().into_iter().flatten() {
            assert!(compose["services"][needed.0].is_object(), "{name} waits for {}", needed.0);
        }
    }
}

#[test]
fn prometheus_and_the_collector_take_what_they_are_given() {
    // Debian's promtool is of a release before this setting.
    let configuration = fs::read_to_string(repository("compose/prometheus.yml")).unwrap();
    let without = configuration.replace("  scrape_native_histograms: true\n", "");
    assert_ne!(configuration, without);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prometheus.yml");
    fs::write(&file, without).unwrap();
    let mut promtool = Command::new(binary("promtool").unwrap());
    promtool.args(["check", "config", "--lint=all", "--lint-fatal", "--syntax-only"]).arg(&file);
    feed("promtool", promtool, b"").unwrap();

    let compose = compose();
    let collector = &compose["services"]["collector"];
    let files: Vec<&str> =
        texts(&collector["command"]).iter().map(|argument| argument.strip_prefix("--config=").unwrap()).collect();
    Configured::validate(&files).unwrap();
    let text: String =
        files.iter().map(|file| fs::read_to_string(repository("collector").join(file)).unwrap()).collect();
    for variable in collector["environment"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("${{env:{variable}")), "the collector reads no {variable}");
    }
    // A job is called as its program calls itself, and each target is a service.
    let prometheus = &documents("compose/prometheus.yml")[0];
    for job in list(&prometheus["scrape_configs"]) {
        let target = texts(&job["static_configs"][0]["targets"])[0].split(':').next().unwrap();
        assert!(target == "localhost" || compose["services"][target].is_object(), "{target}");
    }
}
